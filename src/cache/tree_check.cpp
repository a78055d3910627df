#include "cache/tree_check.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "cache/database_file.h"
#include "cache/page_nodes.h"
#include "mediafs/base/bytes.h"

namespace mediafs {

namespace {

constexpr std::uint64_t kMostFreeListRecord = 1_GiB;

/// Which pages have been met, each of them once.
class Claims {
 public:
  Claims(std::uint64_t pages_in_file, std::uint64_t last_page)
      : in_file_(pages_in_file), claimed_(last_page + 1) {}

  bool take(std::uint64_t first, std::uint64_t count) {
    if (count > in_file_ || first > in_file_ - count) return false;
    return mark(first, count);
  }
  /// One that nobody uses need not be in the file.
  bool take_free(std::uint64_t page) { return mark(page, 1); }

 private:
  bool mark(std::uint64_t first, std::uint64_t count) {
    if (first < 2 || count > claimed_.size() || first > claimed_.size() - count) return false;
    for (std::uint64_t page = first; page < first + count; ++page) {
      if (claimed_[page]) return false;
      claimed_[page] = true;
    }
    return true;
  }

  std::uint64_t in_file_;
  std::vector<bool> claimed_;
};

/// One tree of the file: the records', or that of the free list.
class TreeWalk {
 public:
  TreeWalk(int fd, std::uint64_t page_size, Claims& claims, const MetaPage& meta, bool is_free_list)
      : fd_(fd), page_size_(page_size), claims_(claims), meta_(meta), is_free_list_(is_free_list) {}

  bool is_sound() {
    const TreeRoot& root = is_free_list_ ? meta_.free_list : meta_.records;
    return root.depth == 0 || walk(root.page, root.depth);
  }

  /// What the free list's records hold; they can be judged once all that is in use has been claimed.
  [[nodiscard]] const std::vector<std::uint64_t>& free_pages() const { return free_pages_; }

 private:
  bool walk(std::uint64_t number, unsigned levels) {
    std::vector<std::byte> page(page_size_);
    PageNodes found;
    if (!claims_.take(number, 1) || !read_at(fd_, number * page_size_, page)) return false;
    if (!take_nodes(page, number, found) || found.is_leaf != (levels == 1)) return false;
    // LMDB asserts it, and knows an exception for the free list alone.
    if (!found.is_leaf && !is_free_list_ && found.nodes.size() < 2) return false;
    return std::all_of(found.nodes.begin(), found.nodes.end(), [&](const PageNode& node) {
      if (!node.key.empty() && !comes_next(node.key, found.is_leaf)) return false;
      return found.is_leaf ? take_value(node) : walk(node.child, levels - 1);
    });
  }

  /// A branch's key is greater than all in front of it, and may be that of the first record behind it.
  bool comes_next(ByteView key, bool is_record) {
    if (is_free_list_ && key.size() != sizeof(std::uint64_t)) return false;
    const int order = compare(key);
    const bool rises = last_key_.empty() || order > 0 || (order == 0 && last_was_branch_ && is_record);
    last_key_ = text_of(key);
    last_was_branch_ = !is_record;
    return rises;
  }

  [[nodiscard]] int compare(ByteView key) const {
    if (!is_free_list_ || last_key_.empty()) return text_of(key).compare(last_key_);
    std::uint64_t now = 0;
    std::uint64_t before = 0;
    std::memcpy(&now, key.data(), sizeof(now));
    std::memcpy(&before, last_key_.data(), sizeof(before));
    return now < before ? -1 : static_cast<int>(now > before);
  }

  bool take_value(const PageNode& node) {
    if (is_free_list_) return take_free_record(node);
    return node.overflow == 0 || claims_.take(node.overflow, pages_of_value(node.size, page_size_));
  }

  bool take_free_record(const PageNode& node) {
    std::uint64_t transaction = 0;
    std::memcpy(&transaction, node.key.data(), sizeof(transaction));
    if (transaction == 0 || transaction > meta_.transaction) return false;
    if (node.overflow == 0) return take_free_pages(node.value);
    PageHeader header{};
    const std::uint64_t offset = node.overflow * page_size_;
    const std::uint64_t needed = pages_of_value(node.size, page_size_);
    if (node.size > kMostFreeListRecord || !claims_.take(node.overflow, 1)) return false;
    if (!read_at(fd_, offset, std::as_writable_bytes(std::span(&header, 1)))) return false;
    // LMDB writes such a record in two steps and may keep pages that the second does not fill.
    if (header.number != node.overflow || header.flags != kOverflowPage || header.run_length() < needed)
      return false;
    if (!claims_.take(node.overflow + 1, header.run_length() - 1)) return false;
    std::vector<std::byte> value(node.size);
    return read_at(fd_, offset + sizeof(header), value) && take_free_pages(value);
  }

  /// Its length and then the pages' numbers, falling. LMDB copies as many as the length says.
  bool take_free_pages(ByteView value) {
    std::vector<std::uint64_t> numbers(value.size() / sizeof(std::uint64_t));
    if (numbers.empty()) return false;
    std::memcpy(numbers.data(), value.data(), numbers.size() * sizeof(std::uint64_t));
    if (numbers[0] >= numbers.size()) return false;
    const auto begin = numbers.begin() + 1;
    const auto end = begin + static_cast<std::ptrdiff_t>(numbers[0]);
    if (std::adjacent_find(begin, end, std::less_equal<>()) != end) return false;
    free_pages_.insert(free_pages_.end(), begin, end);
    return true;
  }

  const int fd_;
  const std::uint64_t page_size_;
  Claims& claims_;
  const MetaPage& meta_;
  const bool is_free_list_;
  std::string last_key_;
  bool last_was_branch_ = false;
  std::vector<std::uint64_t> free_pages_;
};

Error damaged(std::string_view what) {
  return Error{Errc::corrupt, std::string(what)};
}

}  // namespace

Status check_trees(int fd, std::uint64_t file_size, std::uint64_t page_size, const MetaPage& meta) {
  Claims claims(file_size / page_size, meta.last_page);
  TreeWalk records(fd, page_size, claims, meta, /*is_free_list=*/false);
  if (!records.is_sound()) return damaged("a damaged tree");
  TreeWalk free_list(fd, page_size, claims, meta, /*is_free_list=*/true);
  if (!free_list.is_sound()) return damaged("a damaged free list");
  for (const std::uint64_t page : free_list.free_pages()) {
    if (!claims.take_free(page)) return damaged("a page that is free and in use");
  }
  return ok_status();
}

}  // namespace mediafs
