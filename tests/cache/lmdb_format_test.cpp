#include "cache/lmdb_format.h"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cache/database_file.h"
#include "cache/environment.h"

namespace mediafs {
namespace {

TEST(LmdbVersion, TheOneWhosePagesAreKnownIsTaken) {
  EXPECT_TRUE(check_lmdb_version(0, 9).ok());
  EXPECT_TRUE(check_lmdb_in_use().ok());
}

TEST(LmdbVersion, AnyOtherIsRefusedAndBothAreNamed) {
  for (const auto& [major, minor] : {std::pair(0, 8), std::pair(0, 10), std::pair(1, 0), std::pair(1, 9)}) {
    const Status known = check_lmdb_version(major, minor);
    ASSERT_FALSE(known.ok()) << major << '.' << minor;
    EXPECT_EQ(known.error().code, Errc::internal) << "not damage: a file must not be set aside for it";
    EXPECT_THAT(known.error().context, testing::HasSubstr("needs LMDB 0.9"));
    EXPECT_THAT(known.error().context,
                testing::HasSubstr("is LMDB " + std::to_string(major) + "." + std::to_string(minor)));
  }
}

MetaPage meta_read() {
  return {.free_list = {.pad = 16384},
          .records = {.depth = 3, .branch_pages = 4, .leaf_pages = 50, .overflow_pages = 600, .entries = 70},
          .last_page = 800,
          .transaction = 9};
}
const MDB_stat kStat{.ms_psize = 16384,
                     .ms_depth = 3,
                     .ms_branch_pages = 4,
                     .ms_leaf_pages = 50,
                     .ms_overflow_pages = 600,
                     .ms_entries = 70};
MDB_envinfo info() {
  MDB_envinfo out{};
  out.me_last_pgno = 800;
  out.me_last_txnid = 9;
  return out;
}

TEST(LmdbFormat, WhatIsReadIsWhatLmdbSays) {
  EXPECT_TRUE(check_same(meta_read(), kStat, info()).ok());
}

struct AnotherField {
  const char* name;
  void (*change)(MetaPage&);
};

class LmdbFormatField : public testing::TestWithParam<AnotherField> {};

TEST_P(LmdbFormatField, ThatIsReadOtherwiseIsAnotherFormat) {
  MetaPage read = meta_read();
  GetParam().change(read);
  const Status same = check_same(read, kStat, info());
  ASSERT_FALSE(same.ok());
  EXPECT_EQ(same.error().code, Errc::internal);
  EXPECT_THAT(same.error().context, testing::HasSubstr("otherwise than LMDB 0.9"));
}

INSTANTIATE_TEST_SUITE_P(
    All, LmdbFormatField,
    testing::Values(AnotherField{"PageSize", [](MetaPage& meta) { meta.free_list.pad = 4096; }},
                    AnotherField{"Depth", [](MetaPage& meta) { ++meta.records.depth; }},
                    AnotherField{"BranchPages", [](MetaPage& meta) { ++meta.records.branch_pages; }},
                    AnotherField{"LeafPages", [](MetaPage& meta) { ++meta.records.leaf_pages; }},
                    AnotherField{"OverflowPages", [](MetaPage& meta) { ++meta.records.overflow_pages; }},
                    AnotherField{"Entries", [](MetaPage& meta) { ++meta.records.entries; }},
                    AnotherField{"LastPage", [](MetaPage& meta) { ++meta.last_page; }},
                    AnotherField{"Transaction", [](MetaPage& meta) { ++meta.transaction; }}),
    [](const auto& tested) { return tested.param.name; });

/// The LMDB that is installed, and files that it has really written: each opening compares them.
TEST(LmdbFormat, OfTheLmdbThatIsHereIsReadAsItIs) {
  std::string folder = testing::TempDir() + "mediafs-format-XXXXXX";
  const std::string path = std::string(::mkdtemp(folder.data())) + "/data";
  for (int records : {0, 1, 300}) {
    auto environment = Environment::open(path, 64_MiB);
    ASSERT_TRUE(environment.ok()) << environment.error().context;
    EXPECT_EQ((*environment)->page_size(), page_size());
    ASSERT_TRUE((*environment)
                    ->write([&](Environment::Writer& writer) -> Status {
                      for (int i = 0; i < records; ++i) {
                        const std::string name = "key" + std::to_string(i);
                        const std::string value(static_cast<std::size_t>(i) * 100, 'v');
                        if (Status put = writer.put(bytes_of(name), bytes_of(value)); !put) return put;
                      }
                      return ok_status();
                    })
                    .ok());
    environment->reset();
    const auto read = check_database(path);
    ASSERT_TRUE(read.ok()) << read.error().context;
    EXPECT_EQ(read->records.entries, static_cast<std::uint64_t>(records));
    EXPECT_EQ(read->free_list.pad, page_size());
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace mediafs
