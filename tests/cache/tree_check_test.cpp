// Sound files pass, whatever was done to them; damaged ones do not.
#include "cache/tree_check.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "cache/database_file.h"
#include "cache/environment.h"
#include "cache/meta_page.h"
#include "cache/page_nodes.h"

namespace mediafs {
namespace {

class TreeCheckTest : public testing::Test {
 protected:
  static inline const std::size_t kPage = page_size();

  TreeCheckTest() { path_ = std::string(::mkdtemp(folder_.data())) + "/data"; }
  ~TreeCheckTest() override { std::filesystem::remove_all(folder_); }

  /// As the cache writes: records of a few sizes, replaced, and erased by their prefix.
  void write_at_random(std::mt19937& random, int transactions) {
    auto environment = *Environment::open(path_, 256_MiB);
    for (int i = 0; i < transactions; ++i) {
      ASSERT_TRUE(environment
                      ->write([&](Environment::Writer& writer) -> Status {
                        for (int job = 0; job < 20; ++job) {
                          if (Status done = write_one(random, writer); !done) return done;
                        }
                        return ok_status();
                      })
                      .ok());
    }
  }
  static Status write_one(std::mt19937& random, Environment::Writer& writer) {
    constexpr std::size_t kSizes[] = {16, 300, 1960, 5000, 131'296};
    const std::string prefix = "media" + std::to_string(random() % 300) + "-padded-to-be-long";
    if (random() % 8 == 0) {
      const auto erased = writer.erase_prefix(bytes_of(prefix), 64);
      return erased ? ok_status() : Status(erased.error());
    }
    const std::string value(kSizes[random() % 5], 'v');
    return writer.put(bytes_of(prefix + std::to_string(random() % 5)), bytes_of(value));
  }

  std::string content() const {
    std::stringstream out;
    out << std::ifstream(path_, std::ios::binary).rdbuf();
    return out.str();
  }
  bool is_sound(const std::string& bytes) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
    return check_database(path_).ok();
  }
  static std::size_t root_of(const std::string& file) {
    return sound_meta(bytes_of(file), file.size(), kPage)->records.page * kPage;
  }

  static bool is_tree_page(const std::string& file, std::size_t page) {
    PageHeader header{};
    std::memcpy(&header, file.data() + page * kPage, sizeof(header));
    return header.flags == kBranchPage || header.flags == kLeafPage;
  }

  std::string folder_ = testing::TempDir() + "mediafs-tree-XXXXXX";
  std::string path_;
};

TEST_F(TreeCheckTest, FilesThatWereUsedHardAreSound) {
  std::mt19937 random(1);
  for (int round = 0; round < 30; ++round) {
    write_at_random(random, 1 + static_cast<int>(random() % 30));
    const auto sound = check_database(path_);
    ASSERT_TRUE(sound.ok()) << round << ": " << sound.error().context;
  }
}

TEST_F(TreeCheckTest, AnEmptyFileOfOursIsSound) {
  static_cast<void>(*Environment::open(path_, 256_MiB));
  EXPECT_TRUE(check_database(path_).ok());
}

TEST_F(TreeCheckTest, ATreeThatLeadsBackIntoItselfIsNotSound) {
  std::mt19937 random(2);
  write_at_random(random, 200);
  std::string file = content();
  const std::size_t branch = root_of(file);
  const std::string page = file.substr(branch, kPage);
  PageNodes nodes;
  ASSERT_TRUE(take_nodes(bytes_of(page), branch / kPage, nodes));
  ASSERT_FALSE(nodes.is_leaf);
  std::uint16_t first = 0;
  std::uint16_t second = 0;
  std::memcpy(&first, page.data() + 16, 2);
  std::memcpy(&second, page.data() + 18, 2);
  file.replace(branch + second, 6, page.substr(first, 6));  // both lead to the first one's child
  EXPECT_FALSE(is_sound(file));
}

TEST_F(TreeCheckTest, ACutFileIsNotSoundWherePagesOfTheTreeAreGone) {
  std::mt19937 random(3);
  write_at_random(random, 50);
  const std::string file = content();
  for (std::size_t size = 0; size < file.size() / 2; size += 13 * kPage + 7) {
    EXPECT_FALSE(is_sound(file.substr(0, size))) << size;
  }
}

TEST_F(TreeCheckTest, OtherFilesAreNotSound) {
  EXPECT_FALSE(is_sound(""));
  EXPECT_FALSE(is_sound(std::string(10 * kPage, '\0')));
  EXPECT_FALSE(is_sound(std::string(10 * kPage, 'x')));
}

/// Whatever bit of a tree's page is flipped: what passes can be read and written by LMDB without a fault.
TEST_F(TreeCheckTest, WhatPassesDoesNotBreakLmdb) {
  std::mt19937 random(4);
  write_at_random(random, 12);
  const std::string intact = content();
  int passed = 0;
  for (int i = 0; i < 250 / MEDIAFS_TEST_SLOWDOWN; ++i) {
    std::string file = intact;
    std::size_t page = 0;
    do page = random() % (file.size() / kPage);
    while (!is_tree_page(file, page));
    const std::size_t offset = random() % 8 == 0 ? random() % kPage : random() % 64;
    file[page * kPage + offset] = static_cast<char>(file[page * kPage + offset] ^ (1 << (random() % 8)));
    if (!is_sound(file)) continue;
    ++passed;
    std::mt19937 writes(static_cast<unsigned>(i));
    auto environment = Environment::open(path_, 256_MiB);
    ASSERT_TRUE(environment.ok());
    for (int job = 0; job < 20; ++job) {
      static_cast<void>(
          (*environment)->write([&](Environment::Writer& writer) { return write_one(writes, writer); }));
    }
    static_cast<void>((*environment)->for_each([](ByteView, ByteView) { return true; }));
  }
  EXPECT_GT(passed, 0);
}

}  // namespace
}  // namespace mediafs
