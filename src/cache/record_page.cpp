#include "cache/record_page.h"

#include <cstring>

#include "cache/page_format.h"

namespace mediafs {

namespace {

PageHeader page_of(const MDB_val& value) {
  PageHeader page{};
  std::memcpy(&page, static_cast<const char*>(value.mv_data) - sizeof(page), sizeof(page));
  return page;
}

}  // namespace

bool has_its_own_pages(const MDB_val& key, const MDB_val& value) {
  const auto* const name = static_cast<const char*>(key.mv_data);
  NodeHeader node{};
  std::memcpy(&node, name - sizeof(node), sizeof(node));
  if ((node.flags & kBigNode) == 0) return true;
  std::uint64_t number = 0;
  std::memcpy(&number, name + key.mv_size, sizeof(number));
  const PageHeader page = page_of(value);
  return page.number == number && (page.flags & ~kDirtyPage) == kOverflowPage &&
         page.run_length() == pages_of_value(value.mv_size, page_size());
}

std::uint64_t end_in_file(const MDB_val& value) {
  if (value.mv_size < page_size()) return 0;
  return (page_of(value).number + pages_of_value(value.mv_size, page_size())) * page_size();
}

}  // namespace mediafs
