#include "cache/meta_page.h"

#include <cstring>
#include <string>

namespace mediafs {

namespace {

constexpr std::uint16_t kFreeListFlags = 0x4000 | 0x08;  // MDB_NOSUBDIR | MDB_INTEGERKEY
constexpr std::uint16_t kMostDepth = 32;                 // LMDB's cursors have room for no more
constexpr std::uint64_t kMostMap = std::uint64_t{1} << 47;
constexpr std::uint64_t kMostTransaction = std::uint64_t{1} << 62;

Error unsound(std::string_view what) {
  return Error{Errc::corrupt, std::string(what)};
}

bool is_sound(const TreeRoot& tree, std::uint64_t last_page) {
  if (tree.depth > kMostDepth) return false;
  if (tree.depth == 0) return tree.page == kNoPage;
  return tree.page >= 2 && tree.page <= last_page;
}

Status check(const PageHeader& header, const MetaPage& meta, std::uint64_t number, std::uint64_t page_size) {
  if (meta.magic != kLmdbMagic) return unsound("not an LMDB file");
  if (meta.version != kLmdbVersion) return unsound("an LMDB file of another version");
  if (header.flags != kMetaPage || header.number != number) return unsound("a meta page without its mark");
  if (meta.free_list.pad != page_size) return unsound("another page size");
  if (meta.free_list.flags != kFreeListFlags || meta.records.flags != 0) return unsound("other flags");
  if (meta.map_size > kMostMap || meta.map_size % page_size != 0) return unsound("a map size that cannot be");
  if (meta.transaction > kMostTransaction) return unsound("a transaction number that cannot be");
  return ok_status();
}

}  // namespace

Result<MetaPage> sound_meta(ByteView head, std::uint64_t file_size, std::uint64_t page_size) {
  if (file_size < 2 * page_size || head.size() < 2 * page_size) return unsound("less than two pages");
  MetaPage latest{};
  for (std::uint64_t number = 0; number < 2; ++number) {
    PageHeader header{};
    MetaPage meta{};
    const ByteView page = head.subspan(number * page_size, sizeof(header) + sizeof(meta));
    std::memcpy(&header, page.data(), sizeof(header));
    std::memcpy(&meta, page.data() + sizeof(header), sizeof(meta));
    if (Status checked = check(header, meta, number, page_size); !checked) return checked.error();
    if (number == 0 || meta.transaction > latest.transaction) latest = meta;
  }
  if (latest.last_page < 1 || latest.last_page >= file_size / page_size + kUnwrittenPages) {
    return unsound("a last page that is not in the file");
  }
  if (!is_sound(latest.free_list, latest.last_page) || !is_sound(latest.records, latest.last_page)) {
    return unsound("a root that is not in the file");
  }
  return latest;
}

}  // namespace mediafs
