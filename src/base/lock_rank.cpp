#include "mediafs/base/lock_rank.h"

#include <cstdio>
#include <cstdlib>
#include <iterator>

namespace mediafs {

namespace {

constexpr std::string_view kNames[] = {
    "cache_command",   "erase_service",  "cache_erase",
    "answers",         "media_store",    "download",
    "listing_store",   "filesystem",     "listing_fetch",
    "media_fetch",     "gate",           "revalidation",
    "cache_read_gate", "keyring_file",   "housekeeping",
    "transport",       "catalog",        "journal",
    "cache_writer",    "ledger",         "keyring",
    "environment",     "chunk_memory",   "hedged_read",
    "node_table",      "open_files",     "directory_read_ahead",
    "session_file",    "api_shared",     "api_counters",
    "interrupts",      "control_lines",  "timer",
    "buffer_pool",     "intended_leaks", "log_counts",
};
static_assert(std::size(kNames) == static_cast<std::size_t>(kLastRank) + 1);

}  // namespace

std::string_view to_string(LockRank rank) {
  const auto place = static_cast<std::size_t>(rank);
  return place < std::size(kNames) ? kNames[place] : "unknown";
}

void HeldRanks::refuse(LockRank held, LockRank wanted) {
  const std::string_view first = to_string(held);
  const std::string_view then = to_string(wanted);
  std::fprintf(stderr, "lock order: %.*s is taken under %.*s%s\n", static_cast<int>(then.size()), then.data(),
               static_cast<int>(first.size()), first.data(), is_leaf(held) ? ", a leaf" : "");
  std::abort();
}

}  // namespace mediafs
