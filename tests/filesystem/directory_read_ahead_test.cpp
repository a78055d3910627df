#include "filesystem/directory_read_ahead.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "filesystem/filesystem_fixture.h"

namespace mediafs {
namespace {

using testing::Contains;

NodeNumber file(std::uint64_t i) {
  return NodeNumber{1000 + i};
}

/// Names in the order of the numbers, or against it.
Directory directory_of(std::uint64_t files, bool same_order = true) {
  std::vector<DirectoryEntry> entries{{"subdirectory", NodeNumber{5000}, FileType::directory}};
  for (std::uint64_t i = 0; i < files; ++i)
    entries.push_back({std::to_string(100'000 + i), file(same_order ? i : files - 1 - i), FileType::regular});
  return make_directory(kRootNode, kRootNode, std::move(entries));
}

TEST(DirectoryReadAhead, TwoInOrderShowIt) {
  DirectoryReadAhead read_ahead;
  read_ahead.begin(directory_of(100));
  EXPECT_TRUE(read_ahead.opened(file(10)).empty());
  const auto next = read_ahead.opened(file(11));
  ASSERT_EQ(next.size(), 8U);
  EXPECT_EQ(next.front(), file(12));
  EXPECT_EQ(next.back(), file(19));
}

TEST(DirectoryReadAhead, TheVeryFirstFileShowsItToo) {
  DirectoryReadAhead read_ahead;
  read_ahead.begin(directory_of(100));
  EXPECT_EQ(read_ahead.opened(file(0)).size(), 8U);
}

TEST(DirectoryReadAhead, TheLongerItGoesOnTheMoreIsExpected) {
  DirectoryReadAhead read_ahead;
  read_ahead.begin(directory_of(100));
  std::vector<std::size_t> sizes;
  for (std::uint64_t i = 0; i < 5; ++i) sizes.push_back(read_ahead.opened(file(i)).size());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{8, 16, 32, 32, 32}));
}

TEST(DirectoryReadAhead, GoesByNameOrByNumber) {
  DirectoryReadAhead read_ahead;
  read_ahead.begin(directory_of(100, /*same_order=*/false));
  read_ahead.opened(file(10));
  EXPECT_THAT(read_ahead.opened(file(11)), Contains(file(12))) << "as cp -r does";
  read_ahead.begin(directory_of(100, /*same_order=*/false));
  read_ahead.opened(file(90));
  EXPECT_THAT(read_ahead.opened(file(89)), Contains(file(88))) << "as the directory is listed";
}

TEST(DirectoryReadAhead, AFewMayBeLeftOutButOrderMatters) {
  DirectoryReadAhead read_ahead;
  read_ahead.begin(directory_of(100));
  read_ahead.opened(file(3));
  EXPECT_EQ(read_ahead.opened(file(5)).front(), file(6));
  EXPECT_TRUE(read_ahead.opened(file(4)).empty()) << "back";
  EXPECT_TRUE(read_ahead.opened(file(80)).empty()) << "far away";
  EXPECT_EQ(read_ahead.opened(file(6)).front(), file(7));
}

TEST(DirectoryReadAhead, EndsWithTheDirectory) {
  DirectoryReadAhead read_ahead;
  read_ahead.begin(directory_of(3));
  read_ahead.opened(file(0));
  EXPECT_EQ(read_ahead.opened(file(1)).size(), 1U);
  EXPECT_TRUE(read_ahead.opened(file(2)).empty());
}

TEST(DirectoryReadAhead, SomebodyElseWhoListsTheDirectoryDisturbsNothing) {
  DirectoryReadAhead read_ahead;
  read_ahead.begin(directory_of(100));
  read_ahead.opened(file(20 - 8));
  read_ahead.opened(file(20));
  read_ahead.begin(directory_of(100));
  EXPECT_EQ(read_ahead.opened(file(21)).front(), file(22));
}

class FetchAhead : public FilesystemFixture {
 protected:
  FetchAhead() : FilesystemFixture({.memory = 64_MiB}, /*with_cache=*/false) {}

  static std::string id(int i) { return "gen-000001000000-walk" + std::to_string(1000 + i); }

  /// Makes files known, more of them than memory holds, and forgets what came of them.
  void know(int files) {
    for (int i = 0; i < files; ++i) {
      ASSERT_TRUE(look_up(id(i)).ok());
      ASSERT_TRUE(happens([&] { return store_->under_way() == 0; }));
    }
    server_.reset();
  }
  void open_in_order(int files) {
    static_cast<void>(open_directory(kRootNode));
    for (int i = 0; i < files; ++i) ASSERT_TRUE(open(node_number_of(id_of(id(i)))).ok());
  }
};

TEST_F(FetchAhead, FilesThatAreOpenedInOrderBringTheNextOnes) {
  know(45);
  open_in_order(2);
  for (int i = 2; i < 10; ++i) EXPECT_TRUE(server_.wait_for_requests(id(i), 1)) << i;
  EXPECT_EQ(server_.requests_for(id(10)), 0U);
  ASSERT_TRUE(happens([&] { return store_->under_way() == 2; })) << "only those that are open";
  for (int i = 2; i < 10; ++i) {
    const auto version = open(node_number_of(id_of(id(i))));
    EXPECT_EQ(*length_read(node_number_of(id_of(id(i))), version->handle, {0, 4096}), 4096U);
    EXPECT_EQ(server_.requests_for(id(i)), 1U);
  }
}

TEST_F(FetchAhead, CanBeSwitchedOff) {
  filesystem_options_ = Filesystem::Options{.fetch_ahead = false};
  show();
  know(12);
  open_in_order(5);
  for (int i = 5; i < 12; ++i) EXPECT_EQ(server_.requests_for(id(i)), 0U);
}

}  // namespace
}  // namespace mediafs
