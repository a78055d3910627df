// Files cut short, put in each other's places, older, foreign: none gives a wrong byte.
#include <sys/stat.h>

#include <random>

#include "cache/damage_fixture.h"
#include "cache/environment.h"
#include "cache/page_nodes.h"
#include "cache/size_limit.h"

namespace mediafs {
namespace {

TEST_F(Damage, NoneAtAllIsNoMiss) {
  open();
  for (std::uint32_t number = 0; number < kMedia; ++number) {
    for (std::uint32_t i = 0; i < kChunksOfEach; ++i)
      ASSERT_EQ(look_up(media(number), i), fill_of(number, i));
  }
  EXPECT_EQ(cache_->load().items.size(), std::size_t{kMedia});
  EXPECT_EQ(cache_->load().listings.size(), 1U);
}

constexpr unsigned kCutsInParts = 5;  // what a fault leaves behind stays in the address space until the end

/// A file, and which part of the lengths.
class CutFiles : public Damage, public testing::WithParamInterface<std::tuple<const char*, unsigned>> {
 protected:
  [[nodiscard]] std::string name() const { return std::get<0>(GetParam()); }

  /// 500 in all, or each that there is, a fifth of them in the normal suite, and fewer for a sanitizer; every
  /// fourth at the end of a page.
  [[nodiscard]] std::vector<std::size_t> lengths(std::size_t size) const {
    const unsigned part = std::get<1>(GetParam());
    std::mt19937 random(part);
    std::vector<std::size_t> out;
    for (std::size_t i = part; i < std::min<std::size_t>(size, 500);
         i += kCutsInParts * MEDIAFS_TEST_SLOWDOWN) {
      const std::size_t length = size <= 500 ? i : random() % size;
      out.push_back(size > 500 && i % 4 == 0 ? length / kPage * kPage : length);
    }
    return out;
  }
};

/// Those that a closed cache leaves behind.
class CutKeptFiles : public CutFiles {};

TEST_P(CutKeptFiles, WhileClosedGiveNoWrongByte) {
  for (const std::size_t length : lengths(intact_.at(name()).size())) {
    restore();
    put(name(), intact_.at(name()).substr(0, length));
    use();
    ASSERT_FALSE(HasFatalFailure()) << length;
  }
}

TEST_P(CutFiles, WhileOpenGiveNoWrongByte) {
  restore();
  ASSERT_NO_FATAL_FAILURE(open());
  const std::size_t size = std::filesystem::file_size(file(name()));
  for (const std::size_t length : lengths(size)) {
    restore();
    ASSERT_NO_FATAL_FAILURE(open());
    std::filesystem::resize_file(file(name()), length);
    expect_right_or_nothing();
    write_some();
    expect_right_or_nothing();
    close();
    use();
    ASSERT_FALSE(HasFatalFailure()) << length;
  }
}

const auto kNameAndPart = [](const auto& tested) {
  std::string name = std::get<0>(tested.param);
  std::replace(name.begin(), name.end(), '-', '_');
  return name + "_" + std::to_string(std::get<1>(tested.param));
};
const auto kKeptFiles = testing::Values("keyring", "state", "lock", "catalog", "chunks");
const auto kAllFiles =
    testing::Values("keyring", "state", "lock", "catalog", "chunks", "catalog-lock", "chunks-lock");
INSTANTIATE_TEST_SUITE_P(Files, CutKeptFiles, testing::Combine(kKeptFiles, testing::Values(0U)),
                         kNameAndPart);
INSTANTIATE_TEST_SUITE_P(Files, CutFiles, testing::Combine(kAllFiles, testing::Values(0U)), kNameAndPart);
INSTANTIATE_TEST_SUITE_P(LongFiles, CutKeptFiles,
                         testing::Combine(kKeptFiles, testing::Range(1U, kCutsInParts)), kNameAndPart);
INSTANTIATE_TEST_SUITE_P(LongFiles, CutFiles, testing::Combine(kAllFiles, testing::Range(1U, kCutsInParts)),
                         kNameAndPart);

TEST_F(Damage, RecordsInEachOthersPlacesGiveNoWrongByte) {
  const std::string intact = intact_.at("chunks");
  std::vector<std::size_t> records;
  for (std::size_t at = 2 * kPage; at < intact.size(); at += kPage) {
    PageHeader header{};
    std::memcpy(&header, intact.data() + at, sizeof(header));
    if (header.number == at / kPage && header.flags == kOverflowPage &&
        header.run_length() == chunk_on_disk(kPage) / kPage)
      records.push_back(at);
  }
  ASSERT_GE(records.size(), 9U);
  for (const std::size_t one : records) {
    for (std::size_t i = 0; i < records.size(); i += MEDIAFS_TEST_SLOWDOWN) {
      const std::size_t other = records[i];
      for (const std::size_t headers : {std::size_t{0}, sizeof(PageHeader)}) {
        std::string bytes = intact;
        bytes.replace(one + headers, chunk_on_disk(kPage) - headers, intact, other + headers,
                      chunk_on_disk(kPage) - headers);
        bytes.replace(other + headers, chunk_on_disk(kPage) - headers, intact, one + headers,
                      chunk_on_disk(kPage) - headers);
        restore();
        put("chunks", bytes);
        use();
        ASSERT_FALSE(HasFatalFailure()) << one << ' ' << other;
      }
    }
  }
}

/// Each file alone, and each pair, from before the last writes.
TEST_F(Damage, OlderFilesThatArePutBackGiveNoWrongByte) {
  const Files older = intact_;
  open();
  write_some();
  for (std::uint32_t number = 0; number < kMedia; ++number) {
    cache_->drop(media(number).id, media(number).revision);
    cache_->forget_item(media(number).id);
  }
  for (std::uint32_t i = 0; i < 20; ++i) store(item("yet-another-media-1"), i, 'y');
  cache_->settle();
  close();
  const Files newer = files();
  for (unsigned mask = 0; mask < (1U << older.size()); ++mask) {
    Files mixed = newer;
    unsigned number = 0;
    for (const auto& [name, bytes] : older) {
      if ((mask >> number++ & 1U) != 0) mixed[name] = bytes;
    }
    put_all(mixed);
    use();
    ASSERT_FALSE(HasFatalFailure()) << mask;
  }
}

TEST_F(Damage, ForeignFilesGiveNoWrongByte) {
  const std::string lmdb = folder() + "/lmdb";
  {
    auto other = *Environment::open(lmdb, 64_MiB);
    ASSERT_TRUE(other
                    ->write([](Environment::Writer& writer) {
                      return writer.put(bytes_of(std::string_view("a key")),
                                        bytes_of(std::string(9000, 'v')));
                    })
                    .ok());
  }
  std::stringstream foreign;
  foreign << std::ifstream(lmdb, std::ios::binary).rdbuf();
  for (const auto& [name, bytes] : intact_) {
    for (const std::string& other : {std::string("a text of somebody's\n"), std::string(64 * kPage, '\0'),
                                     std::string(), foreign.str(), intact_.at("chunks")}) {
      restore();
      put(name, other);
      use();
      ASSERT_FALSE(HasFatalFailure()) << name;
    }
  }
}

TEST_F(Damage, WhatIsNoFileGivesNoWrongByte) {
  const std::vector<std::function<void(const std::string&)>> kinds{
      [](const std::string& path) { std::filesystem::create_directories(path + "/and/below"); },
      [](const std::string& path) { std::filesystem::create_symlink("/dev/zero", path); },
      [](const std::string& path) { std::filesystem::create_symlink("nowhere", path); },
      [](const std::string& path) { ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0); }};
  for (const std::string name :
       {"keyring", "state", "lock", "catalog", "chunks", "catalog-lock", "chunks-lock", "catalog.new",
        "chunks.new-lock", "keyring.new", "state.new", "chunks.bad"}) {
    for (const auto& make : kinds) {
      restore();
      std::filesystem::remove_all(file(name));
      make(file(name));
      use();
      ASSERT_FALSE(HasFatalFailure()) << name;
    }
  }
}

}  // namespace
}  // namespace mediafs
