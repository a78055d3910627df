// How often the API is asked: it is far away, it throttles, and each question tells it who looks at what.
#include <sys/stat.h>

#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

using RequestCount = MountTest;

TEST_F(RequestCount, MountingAsksNothing) {
  mount();
  EXPECT_EQ(sh("ls -la $M; df $M").code, 0);
  EXPECT_EQ(api().total_requests(), 0U);
}

TEST_F(RequestCount, StatOpenAndReadingAllOfAFileCostOneRequest) {
  mount();
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{100'000},
                                   std::uint64_t{3'000'000}, 4_MiB, 40_MiB}) {
    const std::string id = media_of(size);
    EXPECT_EQ(stat_error(id), 0);
    read_whole(id);
    EXPECT_EQ(api().requests_for(id), 1U) << size;
  }
}

TEST_F(RequestCount, ItIsAGetOfTheMediaWithNothingElse) {
  mount();
  const std::string id = media_of(100'000);
  read_whole(id);
  const auto requests = api().requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method, "GET");
  EXPECT_EQ(requests[0].path, "/v1/media/" + id);
  EXPECT_EQ(requests[0].range, "");
  EXPECT_TRUE(requests[0].signature_ok);
}

TEST_F(RequestCount, ReadingAgainCostsNone) {
  mount();
  const std::string id = media_of(8_MiB);
  read_whole(id);
  drop_pages(id);
  read_whole(id);
  EXPECT_EQ(api().requests_for(id), 1U);
}

TEST_F(RequestCount, ReadingAfterARemountCostsNone) {
  mount();
  const std::string id = media_of(8_MiB);
  read_whole(id);
  remount();
  EXPECT_EQ(stat_error(id), 0);
  read_whole(id);
  EXPECT_EQ(api().requests_for(id), 1U);
}

TEST_F(RequestCount, WhatIsCachedIsReadWithTheApiDown) {
  mount();
  const std::string id = media_of(8_MiB);
  read_whole(id);
  stop_api();
  drop_pages(id);
  read_whole(id);
}

TEST_F(RequestCount, WhatIsCachedIsReadAfterARemountWithTheApiDown) {
  expect_warnings();  // that the API cannot be reached
  mount();
  const std::string id = media_of(8_MiB);
  read_whole(id);
  unmount();
  stop_api();
  mount();
  read_whole(id);
}

TEST_F(RequestCount, ASmallFileThatIsOnlyLookedAtIsKept) {
  mount();
  const std::string id = media_of(1_MiB);
  ASSERT_EQ(stat_error(id), 0);
  // The body goes on coming after the lookup; it has come when the server has handed all of it out.
  ASSERT_TRUE(eventually([&] { return api().requests().front().sent >= 1_MiB; }));
  read_whole(id);
  EXPECT_EQ(api().requests_for(id), 1U);
}

TEST_F(RequestCount, ALargeFileThatIsOnlyLookedAtIsNotDownloaded) {
  mount();
  const std::string id = media_of(1_GiB);
  ASSERT_EQ(stat_error(id), 0);
  const std::string other = media_of(40_MiB);
  read_whole(other);  // time in which a greedy download would have gone on
  EXPECT_LT(api().requests().front().sent, 64_MiB);
}

TEST_F(RequestCount, ALargeFileThatIsOpenedAtLastIsReadAsWell) {
  mount();
  const std::string id = media_of(40_MiB);
  ASSERT_EQ(stat_error(id), 0);
  // The paused download is dropped after a few seconds; the server sees its connection go.
  ASSERT_TRUE(eventually([&] { return api().requests().front().sent > 0; }));
  read_whole(id);
}

TEST_F(RequestCount, AnUnknownIdIsAskedForOnce) {
  expect_warnings();
  mount();
  const std::string id = kUnknownId;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(stat_error(id), ENOENT);
  EXPECT_EQ(api().requests_for(id), 1U);
}

TEST_F(RequestCount, AnUnknownIdIsAskedForAgainAfterTheNegativeTtl) {
  expect_warnings();
  mount({{"--negative-ttl", "300ms"}});
  const std::string id = kUnknownId;
  ASSERT_EQ(stat_error(id), ENOENT);
  api().put_media(id, "image/png", "here it is");
  EXPECT_TRUE(eventually([&] { return stat_error(id) == 0; }));
  EXPECT_EQ(read(id).bytes, "here it is");
}

TEST_F(RequestCount, WithoutACacheAFileIsReadAsWell) {
  mount({{"--no-cache", kSet}});
  const std::string id = media_of(8_MiB);
  read_whole(id);
  EXPECT_EQ(api().requests_for(id), 1U);
  EXPECT_TRUE(fs::is_empty(cache_dir()));
  drop_pages(id);
  read_whole(id);
}

}  // namespace
}  // namespace mediafs::e2e
