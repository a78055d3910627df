// How LMDB lays out its pages (data version 1, 64 bits, the machine's byte order), as far as the checks here
// need it.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "mediafs/base/bytes.h"

namespace mediafs {

inline constexpr std::uint16_t kBranchPage = 0x01;
inline constexpr std::uint16_t kLeafPage = 0x02;
inline constexpr std::uint16_t kOverflowPage = 0x04;
inline constexpr std::uint16_t kMetaPage = 0x08;
inline constexpr std::uint16_t kDirtyPage = 0x10;  // in memory only

struct PageHeader {
  std::uint64_t number;
  std::uint16_t pad;
  std::uint16_t flags;
  std::uint16_t lower;  // where the node pointers end; the page's header counts
  std::uint16_t upper;  // where the nodes begin

  /// Of an overflow page: how many pages the value takes, this one included.
  [[nodiscard]] std::uint32_t run_length() const {
    return static_cast<std::uint32_t>(lower) | static_cast<std::uint32_t>(upper) << 16;
  }
};
static_assert(sizeof(PageHeader) == 16);

/// Of a record on a leaf: its size is low | high << 16. On a branch: the child is low | high << 16 | flags <<
/// 32.
struct NodeHeader {
  std::uint16_t low;
  std::uint16_t high;
  std::uint16_t flags;
  std::uint16_t key_size;
};
static_assert(sizeof(NodeHeader) == 8);

inline constexpr std::uint16_t kBigNode =
    0x01;  // behind the key stands the number of its first overflow page

struct TreeRoot {
  std::uint32_t pad;  // of the free list: the file's page size
  std::uint16_t flags;
  std::uint16_t depth;
  std::uint64_t branch_pages;
  std::uint64_t leaf_pages;
  std::uint64_t overflow_pages;
  std::uint64_t entries;
  std::uint64_t page;
};
static_assert(sizeof(TreeRoot) == 48);

inline constexpr std::uint64_t kNoPage = ~std::uint64_t{0};  // the root of an empty tree

/// Behind the header of pages 0 and 1; the one with the later transaction counts.
struct MetaPage {
  std::uint32_t magic;
  std::uint32_t version;
  std::uint64_t address;
  std::uint64_t map_size;
  TreeRoot free_list;
  TreeRoot records;
  std::uint64_t last_page;
  std::uint64_t transaction;
};
static_assert(sizeof(MetaPage) == 136);

inline constexpr std::uint32_t kLmdbMagic = 0xBEEFC0DE;
inline constexpr std::uint32_t kLmdbVersion = 1;
inline constexpr std::size_t kMostKey = 511;

/// LMDB makes its pages as large as the machine's, but places in a page have 16 bits.
constexpr std::uint64_t page_size_on(std::uint64_t machine) {
  return std::min<std::uint64_t>(machine, 32_KiB);
}
/// Of a database that is made here; others are not opened.
inline std::uint64_t page_size() {
  static const auto machine = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return page_size_on(machine);
}

constexpr std::uint64_t pages_of_value(std::uint64_t size, std::uint64_t page_size) {
  return (sizeof(PageHeader) - 1 + size) / page_size + 1;
}

}  // namespace mediafs
