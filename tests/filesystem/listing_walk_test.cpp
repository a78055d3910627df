#include "filesystem/listing_walk.h"

#include <gtest/gtest.h>

#include "filesystem/filesystem_fixture.h"

namespace mediafs {
namespace {

NodeNumber file(std::uint64_t i) {
  return NodeNumber{1000 + i};
}

DirectorySnapshot listing_of(std::uint64_t files) {
  auto entries = std::make_shared<std::vector<DirectoryEntry>>();
  entries->push_back({".", {.node = kRootNode, .directory = true}});
  entries->push_back({"..", {.node = kRootNode, .directory = true}});
  for (std::uint64_t i = 0; i < files; ++i) entries->push_back({std::to_string(i), {.node = file(i)}});
  return entries;
}

TEST(ListingWalk, TwoInOrderShowIt) {
  ListingWalks walks;
  walks.begin(listing_of(100));
  EXPECT_TRUE(walks.opened(file(0)).empty());
  const auto next = walks.opened(file(1));
  ASSERT_EQ(next.size(), 8U);
  EXPECT_EQ(next.front(), file(2));
  EXPECT_EQ(next.back(), file(9));
}

TEST(ListingWalk, AFewMayBeLeftOutButOrderMatters) {
  ListingWalks walks;
  walks.begin(listing_of(100));
  walks.opened(file(3));
  EXPECT_EQ(walks.opened(file(5)).front(), file(6));
  EXPECT_TRUE(walks.opened(file(4)).empty()) << "back";
  EXPECT_TRUE(walks.opened(file(80)).empty()) << "far away";
  EXPECT_EQ(walks.opened(file(6)).front(), file(7));
}

TEST(ListingWalk, EndsWithTheDirectory) {
  ListingWalks walks;
  walks.begin(listing_of(3));
  walks.opened(file(0));
  EXPECT_EQ(walks.opened(file(1)).size(), 1U);
  EXPECT_TRUE(walks.opened(file(2)).empty());
}

TEST(ListingWalk, SomebodyElseWhoListsTheDirectoryDisturbsNothing) {
  ListingWalks walks;
  walks.begin(listing_of(100));
  walks.opened(file(20 - 8));
  walks.opened(file(20));
  walks.begin(listing_of(100));
  EXPECT_EQ(walks.opened(file(21)).front(), file(22));
}

class FetchAhead : public FilesystemFixture {
 protected:
  FetchAhead() : FilesystemFixture({.memory = 64_MiB}, /*with_cache=*/false) {}

  static std::string id(int i) { return "gen-000001000000-walk" + std::to_string(1000 + i); }

  /// Makes files known, more of them than memory holds, and forgets what came of them.
  void know(int files) {
    for (int i = 0; i < files; ++i) {
      ASSERT_TRUE(look_up(id(i)).ok());
      ASSERT_TRUE(e2e::eventually([&] { return store_->under_way() == 0; }));
    }
    server_.reset();
  }
  void open_in_order(int files) {
    static_cast<void>(files_->open_directory(kRootNode));
    for (int i = 0; i < files; ++i) ASSERT_TRUE(files_->open(node_number_of(id_of(id(i)))).ok());
  }
};

TEST_F(FetchAhead, FilesThatAreOpenedInOrderBringTheNextOnes) {
  know(45);
  open_in_order(2);
  for (int i = 2; i < 10; ++i) EXPECT_TRUE(server_.wait_for_requests(id(i), 1)) << i;
  EXPECT_EQ(server_.requests_for(id(10)), 0U);
  ASSERT_TRUE(e2e::eventually([&] { return store_->under_way() == 2; })) << "only those that are open";
  for (int i = 2; i < 10; ++i) {
    const auto version = files_->open(node_number_of(id_of(id(i))));
    EXPECT_EQ(*length_read(node_number_of(id_of(id(i))), version->version, {0, 4096}), 4096U);
    EXPECT_EQ(server_.requests_for(id(i)), 1U);
  }
}

TEST_F(FetchAhead, CanBeSwitchedOff) {
  files_.emplace(Filesystem::Options{.fetch_ahead = false}, *catalog_, *store_);
  know(12);
  open_in_order(5);
  for (int i = 5; i < 12; ++i) EXPECT_EQ(server_.requests_for(id(i)), 0U);
}

}  // namespace
}  // namespace mediafs
