// Bodies without Content-Length: their size is found before anybody is told one.
#include <sys/stat.h>

#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

class Unsized : public MountTest {
 protected:
  Unsized() { api_options.content_length = false; }

  std::uint64_t size_of(const std::string& id) {
    struct stat status{};
    return ::stat(file(id).c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : ~0ULL;
  }
};

TEST_F(Unsized, StatTellsTheRealSize) {
  mount();
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, 128_KiB, 128_KiB + 1, 8_MiB}) {
    EXPECT_EQ(size_of(media_of(size)), size);
  }
}

TEST_F(Unsized, ReadingCostsOneRequestInAll) {
  mount();
  const std::string id = media_of(8_MiB);
  EXPECT_EQ(stat_error(id), 0);
  read_whole(id);
  EXPECT_EQ(api().requests_for(id), 1U);
  remount();
  read_whole(id);
  EXPECT_EQ(api().requests_for(id), 1U);
}

TEST_F(Unsized, ABodyUntilTheConnectionClosesCountsWhenItsSignatureVerifies) {
  const std::string id = media_of(100'000);
  api().set_rules(id + " * close-delimited");
  mount();
  EXPECT_EQ(size_of(id), 100'000U);
  read_whole(id);
}

TEST_F(Unsized, ABodyBeyondTheCapIsRefusedAndNeverShort) {
  expect_warnings();
  mount({{"--max-unsized", "1M"}, {"--deadline", "20s"}});
  const std::string small = media_of(1_MiB);
  const std::string large = media_of(1_MiB + 1);
  read_whole(small);
  EXPECT_EQ(stat_error(large), EFBIG);
  EXPECT_EQ(read(large).bytes, "");
}

TEST_F(Unsized, ASlowBodyIsWaitedForWithinTheDeadline) {
  api_options.bandwidth = 2_MiB;
  mount();
  read_whole(media_of(2_MiB));
}

TEST_F(Unsized, ABodyThatStallsIsNeverAnEmptyFile) {
  expect_warnings();
  const std::string id = media_of(1_MiB);
  api().set_rules(id + " * no-length + stall 100000");
  mount({{"--deadline", "1s"}});
  EXPECT_EQ(stat_error(id), ETIMEDOUT);
}

}  // namespace
}  // namespace mediafs::e2e
