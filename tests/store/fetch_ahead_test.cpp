#include "store/fetch_ahead.h"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "mediafs/store/catalog.h"

namespace mediafs {
namespace {

TEST(WorthFetchingAhead, SmallOnesComeFirstAndMemoryBoundsThem) {
  const auto media = [](std::uint64_t size) {
    return std::make_shared<const MediaItem>(
        MediaItem{.id = *MediaId::parse("some-media-00000001"), .size = size});
  };
  const auto sizes = [](const std::vector<MediaItemRef>& items) {
    std::vector<std::uint64_t> out;
    for (const auto& item : items) out.push_back(item->size);
    return out;
  };
  const std::vector<MediaItemRef> items{media(1_GiB), media(2_MiB), media(1_MiB), media(3_MiB)};
  EXPECT_EQ(sizes(worth_fetching_ahead(items, 64_MiB)),
            (std::vector<std::uint64_t>{1_MiB, 2_MiB, 3_MiB, 1_GiB}))
      << "of a large one only the head comes";
  EXPECT_EQ(sizes(worth_fetching_ahead(items, 5_MiB)), (std::vector<std::uint64_t>{1_MiB, 2_MiB}));
  EXPECT_TRUE(worth_fetching_ahead(items, 100).empty());
  MediaItem unsized = *media(0);
  unsized.unsized = true;
  const std::vector<MediaItemRef> one{std::make_shared<const MediaItem>(unsized)};
  EXPECT_TRUE(worth_fetching_ahead(one, kSmallMedia - 1).empty()) << "it may be as large as any";
  EXPECT_EQ(worth_fetching_ahead(one, kSmallMedia).size(), 1U);
}

}  // namespace
}  // namespace mediafs
