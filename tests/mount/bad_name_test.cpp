// Names that cannot be ids: there is no such file, the API never hears of them, and nothing else suffers.
#include <gmock/gmock.h>

#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

const std::string kFitting = "0123456789abcdef";

/// Those that the kernel itself passes on; each is outside [0-9A-Za-z][0-9A-Za-z_-]{15,127}.
std::vector<std::string> names_that_cannot_be_ids() {
  std::vector<std::string> names{"a",
                                 ".hidden",
                                 "..." + kFitting,
                                 ".Trash",
                                 ".Trash-0",
                                 ".xdg-volume-info",
                                 "autorun.inf",
                                 "desktop.ini",
                                 "Thumbs.db",
                                 "lost+found",
                                 kFitting.substr(0, 15),
                                 std::string(129, 'a'),
                                 std::string(255, 'a'),
                                 "-" + kFitting,
                                 "_" + kFitting,
                                 kFitting + " ",
                                 " " + kFitting,
                                 kFitting + "\n",
                                 kFitting + "\t",
                                 kFitting + "\x01",
                                 kFitting + "\x7f",
                                 kFitting + "\r\nX-Injected: 1",
                                 "..%2f..%2f" + kFitting,
                                 "%2e%2e%2f" + kFitting,
                                 kFitting + "%00",
                                 kFitting + "%2fmedia",
                                 kFitting + "?query=1",
                                 kFitting + "#fragment",
                                 kFitting + ";a=b",
                                 kFitting + "\\..\\..",
                                 kFitting + "@host",
                                 "http:" + kFitting,
                                 R"({"id":"05cfc122-15d8-4838"})",
                                 "\xc3\xa9" + kFitting,
                                 "\xff\xfe" + kFitting,
                                 "\xe2\x80\xae" + kFitting,
                                 "0123456789abcde\xd0\xb0"};
  return names;
}

using BadName = MountTest;

TEST_F(BadName, IsAbsentAndCostsNoRequest) {
  mount();
  for (const std::string& name : names_that_cannot_be_ids()) {
    EXPECT_EQ(stat_error(name), ENOENT) << name;
    EXPECT_EQ(read(name).error, ENOENT) << name;
  }
  EXPECT_EQ(api().total_requests(), 0U);
  read_whole(media_of(1'000));
}

TEST_F(BadName, LongerThan255BytesIsTooLong) {
  mount();
  // From 1,024 characters on the kernel says it itself.
  for (const std::size_t length : {256U, 1'000U, 1'025U, 4'000U, 10'000U})
    EXPECT_EQ(stat_error(std::string(length, 'a')), ENAMETOOLONG) << length;
  EXPECT_EQ(api().total_requests(), 0U);
  read_whole(media_of(1'000));
}

TEST_F(BadName, ASlashIsAPathAndNothingIsBelowAFile) {
  mount();
  EXPECT_EQ(stat_error("v1/media/" + kFitting), ENOENT);
  EXPECT_EQ(stat_error("../../../../etc/passwd"), 0);  // the kernel's doing: it has left the mount
  EXPECT_EQ(api().total_requests(), 0U);
  EXPECT_EQ(stat_error(media_of(1'000) + "/../" + media_of(1'000)), ENOTDIR);
}

TEST_F(BadName, TheShortestAndTheLongestIdAreAskedFor) {
  mount();
  for (const std::string& id : {std::string(16, 'a'), std::string(128, 'Z'), "0-_" + kFitting}) {
    api().put_media(id, "image/png", "here");
    EXPECT_EQ(read(id).bytes, "here") << id;
  }
}

TEST_F(BadName, InUpperCaseAnIdIsTheSameFileAndAnErasureMissesNoName) {
  const std::string id = "05cfc122-15d8-4838-bbf1-7b26a736b2d2";
  const std::string upper = "05CFC122-15D8-4838-BBF1-7B26A736B2D2";
  api().put_media(id, "image/jpeg", "here");
  mount();
  EXPECT_TRUE(read(upper).bytes == "here");
  EXPECT_TRUE(read(id).bytes == "here");
  EXPECT_EQ(sh("cd $M; stat -c %i " + id + " " + upper + " " + upper + ".jpg | sort -u | wc -l").out, "1\n");
  EXPECT_EQ(api().requests_for(id), 1U);
  EXPECT_EQ(api().total_requests(), 1U);
  EXPECT_THAT(sh("ls $M").out, ::testing::Not(::testing::HasSubstr(upper)));
  api().remove(id);
  const Outcome erased = mediafs({"cache", "erase", upper, "--cache-dir", cache_dir().string(),
                                  "--credentials", credentials().string()});
  EXPECT_EQ(erased.out, "erased 1\n") << erased;
  for (const std::string& name : {id, upper, upper + ".jpg"})
    EXPECT_TRUE(eventually([&] { return stat_error(name) == ENOENT; })) << name;
}

TEST_F(BadName, CaseMattersWhereAnIdIsNoUuid) {
  expect_warnings();
  mount();
  api().put_media("abcdefghijklmnop", "image/png", "lower");
  EXPECT_EQ(read("abcdefghijklmnop").bytes, "lower");
  EXPECT_EQ(stat_error("ABCDEFGHIJKLMNOP"), ENOENT);
}

}  // namespace
}  // namespace mediafs::e2e
