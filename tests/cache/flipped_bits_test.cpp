// Every single bit of a cache's files flipped in turn.
#include <fcntl.h>
#include <unistd.h>

#include <functional>
#include <optional>
#include <random>

#include "cache/damage_fixture.h"
#include "cache/page_nodes.h"
#include "cache/sealing.h"
#include "cache/size_limit.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {
namespace {

constexpr std::uint32_t kSlotsInUse = 6;
constexpr std::size_t kKeyringHeader = 4096;

void flip(std::string& bytes, std::size_t bit) {
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
}

class FlippedBits : public Damage, public testing::WithParamInterface<unsigned> {};

TEST_P(FlippedBits, GiveNoWrongByte) {
  std::mt19937 random(GetParam());
  for (int i = 0; i < 500 / MEDIAFS_TEST_SLOWDOWN; ++i) {
    restore();
    auto file = intact_.begin();
    std::advance(file, random() % intact_.size());
    if (file->second.empty()) continue;
    // Half of them where the structure is: most of a file is chunks.
    const std::size_t within =
        random() % 2 == 0 ? file->second.size() : std::min<std::size_t>(file->second.size(), 2 * kPage);
    std::string bytes = file->second;
    flip(bytes, random() % (within * 8));
    put(file->first, bytes);
    use();
    ASSERT_FALSE(HasFatalFailure()) << file->first;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, FlippedBits, testing::Values(1U));
INSTANTIATE_TEST_SUITE_P(LongSeeds, FlippedBits, testing::Values(2U, 3U, 4U));

/// The bits of a page of a tree that mean something to LMDB, and of its values one for every 64 bytes: those
/// are sealed, so that any one stands for all.
void add_bits_of_tree_page(const std::string& page, std::size_t offset, std::vector<std::size_t>& bits) {
  PageNodes found;
  std::set<std::size_t> bytes;
  for (std::size_t at = 0; at < kPage; at += 64) bytes.insert(at);
  PageHeader header{};
  std::memcpy(&header, page.data(), sizeof(header));
  if (take_nodes(bytes_of(page), header.number, found)) {
    for (std::size_t at = 0; at < header.lower; ++at) bytes.insert(at);
    for (const PageNode& node : found.nodes) {
      const auto key = static_cast<std::size_t>(text_of(node.key).data() - page.data());
      if (node.key.empty()) continue;
      const std::size_t behind = node.overflow != 0 || node.key.size() == 8 ? 8 + node.value.size() : 0;
      for (std::size_t at = key - 8; at < std::min(key + node.key.size() + behind, kPage); ++at)
        bytes.insert(at);
    }
  }
  for (const std::size_t at : bytes) {
    const bool sampled = at % 64 == 0 && at >= header.lower;
    for (std::size_t bit = 0; bit < (sampled ? 1U : 8U); ++bit) bits.push_back((offset + at) * 8 + bit);
  }
}

/// All bits of small files; of a database all that LMDB reads as structure. Left out: most bits of sealed
/// values, and pages that no tree has any more but for one bit in 64 bytes.
std::vector<std::size_t> bits_worth_flipping(const std::string& file) {
  std::vector<std::size_t> bits;
  const auto add = [&](std::size_t from, std::size_t to, std::size_t step) {
    for (std::size_t at = from; at < to; at += step) {
      for (std::size_t bit = 0; bit < (step == 1 ? 8U : 1U); ++bit) bits.push_back(at * 8 + bit);
    }
  };
  if (file.starts_with("mfscache")) {  // the keyring: its header, the slots in use, and of the others some
    add(0, 192, 1);
    add(192, kKeyringHeader, 64);
    add(kKeyringHeader, kKeyringHeader + std::size_t{kSlotsInUse} * 64, 1);
    add(kKeyringHeader + std::size_t{kSlotsInUse} * 64, file.size(), 64);
    return bits;
  }
  if (file.size() < 2 * kPage) {
    add(0, file.size(), 1);
    return bits;
  }
  for (std::size_t offset = 0; offset < file.size(); offset += kPage) {
    PageHeader header{};
    std::memcpy(&header, file.data() + offset, sizeof(header));
    if (offset < 2 * kPage) {
      add(offset, offset + sizeof(PageHeader) + sizeof(MetaPage), 1);
    } else if (header.number == offset / kPage && header.flags == kOverflowPage) {
      add(offset, offset + sizeof(PageHeader), 1);
      add(offset + 64, offset + kPage, 64);
    } else if (header.number == offset / kPage) {
      add_bits_of_tree_page(file.substr(offset, kPage), offset, bits);
    } else {
      add(offset, offset + kPage, 64);
    }
  }
  return bits;
}

constexpr std::size_t kFlipsInParts = 8;  // minutes each, and as many at a time as there are processors

class LongFlippedBits : public Damage,
                        public testing::WithParamInterface<std::tuple<const char*, std::size_t>> {};

TEST_P(LongFlippedBits, EachThatMattersGivesNoWrongByte) {
  const auto [name, part] = GetParam();
  const std::string intact = intact_.at(name);
  const std::vector<std::size_t> bits = bits_worth_flipping(intact);
  for (std::size_t i = part; i < bits.size(); i += kFlipsInParts) {
    restore();
    std::string bytes = intact;
    flip(bytes, bits[i]);
    put(name, bytes);
    use();
    ASSERT_FALSE(HasFatalFailure()) << name << " bit " << bits[i];
  }
  RecordProperty("bits", static_cast<int>(bits.size() / kFlipsInParts));
}

INSTANTIATE_TEST_SUITE_P(Files, LongFlippedBits,
                         testing::Combine(testing::Values("keyring", "state", "catalog", "chunks"),
                                          testing::Range(std::size_t{0}, kFlipsInParts)),
                         [](const auto& tested) {
                           return std::string(std::get<0>(tested.param)) + "_" +
                                  std::to_string(std::get<1>(tested.param));
                         });

/// Those that are left out above: each bit of a sealed value, one of eight in each byte, flipped in the file
/// of an open cache, which has it in its map at once.
class LongSealedBits : public Damage, public testing::WithParamInterface<unsigned> {
 protected:
  void SetUp() override {
    Damage::SetUp();
    ASSERT_NO_FATAL_FAILURE(reopen("chunks"));
  }
  void reopen(const std::string& name) {
    restore();
    open();
    name_of_file_ = name;
    out_ = UniqueFd(::open(file(name).c_str(), O_RDWR | O_CLOEXEC));
    ASSERT_TRUE(out_);
  }
  /// Runs `look` while the bit is another.
  void with_flipped(std::size_t at, const std::function<void()>& look) {
    const char was = intact_.at(name_of_file_)[at];
    const auto is = static_cast<char>(was ^ (1 << GetParam()));
    ASSERT_EQ(::pwrite(out_.get(), &is, 1, static_cast<off_t>(at)), 1);
    look();
    ASSERT_EQ(::pwrite(out_.get(), &was, 1, static_cast<off_t>(at)), 1);
  }
  bool reads_piece(std::uint32_t number, std::uint32_t index, std::size_t piece) {
    return cache_->read_chunk(media(number), ChunkIndex{index}, {piece * kPieceSize, kPieceSize}, room_);
  }
  /// Whose record begins there; nothing where it is nobody's any more.
  std::optional<std::pair<std::uint32_t, std::uint32_t>> owner_of(std::size_t record) {
    std::optional<std::pair<std::uint32_t, std::uint32_t>> owner;
    with_flipped(record, [&] {
      for (std::uint32_t number = 0; number < kMedia; ++number) {
        for (std::uint32_t i = 0; i < kChunksOfEach; ++i) {
          if (!reads_piece(number, i, 0)) owner = {number, i};
        }
      }
    });
    return owner;
  }
  [[nodiscard]] std::vector<std::size_t> records() const {
    const std::string& intact = intact_.at("chunks");
    std::vector<std::size_t> found;
    for (std::size_t at = 2 * kPage; at < intact.size(); at += kPage) {
      PageHeader header{};
      std::memcpy(&header, intact.data() + at, sizeof(header));
      if (header.number == at / kPage && header.flags == kOverflowPage &&
          header.run_length() == chunk_on_disk(kPage) / kPage)
        found.push_back(at + sizeof(header));
    }
    return found;
  }

 private:
  std::string name_of_file_;
  UniqueFd out_;
  std::vector<std::byte> room_ = std::vector<std::byte>(kChunkSize);
};

TEST_P(LongSealedBits, EachOfAChunkMakesItAMiss) {
  std::size_t owned = 0;
  for (const std::size_t record : records()) {
    const auto owner = owner_of(record);
    if (!owner) continue;
    ++owned;
    for (std::size_t at = 0; at < kChunkRecordSize; ++at) {
      with_flipped(record + at, [&] {
        ASSERT_FALSE(reads_piece(owner->first, owner->second, at / kSealedPieceSize)) << record << ' ' << at;
      });
      ASSERT_FALSE(HasFatalFailure());
    }
    ASSERT_EQ(look_up(media(owner->first), owner->second), fill_of(owner->first, owner->second));
  }
  EXPECT_EQ(owned, std::size_t{kMedia} * kChunksOfEach);
}

TEST_P(LongSealedBits, EachOfTheCatalogGivesNothingWrong) {
  const std::string& intact = intact_.at("catalog");
  std::size_t flipped = 0;
  for (std::size_t page = 2 * kPage; page < intact.size(); page += kPage) {
    PageNodes found;
    if (!take_nodes(bytes_of(intact).subspan(page, kPage), page / kPage, found) || !found.is_leaf) continue;
    ASSERT_NO_FATAL_FAILURE(reopen("catalog"));
    for (const PageNode& node : found.nodes) {
      const auto begin = static_cast<std::size_t>(text_of(node.value).data() - intact.data());
      for (std::size_t at = begin; at < begin + node.value.size(); ++at, ++flipped) {
        with_flipped(at, [&] { expect_right_or_nothing(); });
        ASSERT_FALSE(HasFatalFailure()) << at;
      }
    }
  }
  EXPECT_GT(flipped, 5'000U);
}

INSTANTIATE_TEST_SUITE_P(InEachByte, LongSealedBits, testing::Range(0U, 8U));

}  // namespace
}  // namespace mediafs
