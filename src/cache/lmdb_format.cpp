#include "cache/lmdb_format.h"

#include <fmt/format.h>

namespace mediafs {

namespace {

constexpr int kMajor = 0;
constexpr int kMinor = 9;

}  // namespace

Status check_lmdb_version(int major, int minor) {
  if (major == kMajor && minor == kMinor) return ok_status();
  return Error{
      Errc::internal,
      fmt::format("the cache needs LMDB {}.{}, whose files it checks, and this machine's is LMDB {}.{}",
                  kMajor, kMinor, major, minor)};
}

Status check_lmdb_in_use() {
  int major = 0;
  int minor = 0;
  mdb_version(&major, &minor, nullptr);
  return check_lmdb_version(major, minor);
}

Error unknown_format(std::string_view what) {
  return Error{Errc::internal,
               fmt::format("this machine's LMDB lays out its files otherwise than LMDB {}.{} does ({})",
                           kMajor, kMinor, what)};
}

Status check_same(const MetaPage& read, const MDB_stat& stat, const MDB_envinfo& info) {
  if (stat.ms_psize != read.free_list.pad) return unknown_format("page size");
  if (stat.ms_depth != read.records.depth) return unknown_format("depth");
  const bool same_pages = stat.ms_branch_pages == read.records.branch_pages &&
                          stat.ms_leaf_pages == read.records.leaf_pages &&
                          stat.ms_overflow_pages == read.records.overflow_pages;
  if (!same_pages) return unknown_format("number of pages");
  if (stat.ms_entries != read.records.entries) return unknown_format("number of records");
  if (info.me_last_pgno != read.last_page) return unknown_format("last page");
  if (info.me_last_txnid != read.transaction) return unknown_format("last transaction");
  return ok_status();
}

}  // namespace mediafs
