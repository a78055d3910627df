#include "filesystem/session_file.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

/// What the log says of a file of sessions.
std::string logged_of(const std::string& text) {
  const std::string path = testing::TempDir() + "mediafs-session-file-test";
  std::ofstream(path) << text;
  const SystemClock clock;
  SessionFile file(path, clock);
  testing::internal::CaptureStderr();
  file.current();
  std::string log = testing::internal::GetCapturedStderr();
  std::filesystem::remove(path);
  return log;
}

TEST(SessionFile, LinesThatAreNoIdsAreNamedByNumberAndNotByText) {
  const std::string id = "5e551011-0000-4000-8000-000000000001\n";
  const std::string one = logged_of("# ours\n\n" + id + "not an id\n" + id);
  EXPECT_NE(one.find("1 line that is no id: line 4"), std::string::npos) << one;
  EXPECT_EQ(one.find("not an"), std::string::npos) << one;
  const std::string two = logged_of("hush\n" + id + "hush hush\n");
  EXPECT_NE(two.find("2 lines that are no id: lines 1, 3\n"), std::string::npos) << two;
  std::string many;
  for (int i = 0; i < 22; ++i) many += "x\n";
  const std::string named = logged_of(many);
  EXPECT_NE(named.find("lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 12 more"), std::string::npos) << named;
  EXPECT_EQ(logged_of(id).find("no id"), std::string::npos);
}

}  // namespace
}  // namespace mediafs
