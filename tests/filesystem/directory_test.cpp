#include "mediafs/filesystem/directory.h"

#include <set>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

NodeNumber hashed(std::uint64_t number) {
  return NodeNumber{static_cast<std::uint64_t>(kFirstHashedNode) + number};
}

Directory directory_of_numbers(const std::vector<std::uint64_t>& numbers) {
  std::vector<DirectoryEntry> entries{{"sessions", kSessionsNode, FileType::directory},
                                      {"attempts", kAttemptsNode, FileType::directory}};
  for (const std::uint64_t number : numbers)
    entries.push_back({"media" + std::to_string(number), hashed(number), FileType::regular});
  return make_directory(kRootNode, kRootNode, std::move(entries));
}

/// The names behind a place, `count` of them, and the place of the last.
std::vector<std::string> names_after(const Directory& directory, std::uint64_t& place, std::size_t count) {
  std::vector<std::string> names;
  for (const std::uint32_t index : directory.after(place)) {
    if (names.size() == count) break;
    names.push_back(directory.entries[index].name);
    place = directory.entries[index].place;
  }
  return names;
}

TEST(DirectoryTest, IsListedWholeInAnyPieces) {
  const Directory directory = directory_of_numbers({7, 3, 9, 1, 0, 5});
  for (std::size_t piece = 1; piece < 10; ++piece) {
    std::vector<std::string> all;
    std::uint64_t place = 0;
    for (auto names = names_after(directory, place, piece); !names.empty();
         names = names_after(directory, place, piece))
      all.insert(all.end(), names.begin(), names.end());
    EXPECT_EQ(all.size(), directory.entries.size()) << piece;
    EXPECT_EQ(std::set(all.begin(), all.end()).size(), all.size()) << piece;
    EXPECT_EQ(all[0], ".");
    EXPECT_EQ(all[1], "..");
  }
}

TEST(DirectoryTest, WhoIsInTheMiddleOfItGoesOnRightlyInOneWithOtherEntries) {
  std::uint64_t place = 0;
  const auto first = names_after(directory_of_numbers({1, 3, 5, 7, 9}), place, 6);
  ASSERT_EQ(first.back(), "media3");
  // Two have come and two have gone, the last that was seen among these.
  const auto rest = names_after(directory_of_numbers({1, 2, 5, 6, 9}), place, 99);
  EXPECT_EQ(rest, (std::vector<std::string>{"media5", "media6", "media9"}));
}

}  // namespace
}  // namespace mediafs
