#include "mediafs/base/lock_rank.h"

#include <cstdio>
#include <cstdlib>

namespace mediafs {

std::string_view to_string(LockRank rank) {
  switch (rank) {
    case LockRank::cache_command:
      return "cache_command";
    case LockRank::erasing:
      return "erasing";
    case LockRank::cache_erasing:
      return "cache_erasing";
    case LockRank::answers:
      return "answers";
    case LockRank::media_store:
      return "media_store";
    case LockRank::download:
      return "download";
    case LockRank::listing_store:
      return "listing_store";
    case LockRank::filesystem:
      return "filesystem";
    case LockRank::listing_fetch:
      return "listing_fetch";
    case LockRank::media_fetch:
      return "media_fetch";
    case LockRank::gate:
      return "gate";
    case LockRank::revalidation:
      return "revalidation";
    case LockRank::timed_lookups:
      return "timed_lookups";
    case LockRank::keyring_file:
      return "keyring_file";
    case LockRank::housekeeping:
      return "housekeeping";
    case LockRank::transport:
      return "transport";
    case LockRank::catalog:
      return "catalog";
    case LockRank::journal:
      return "journal";
    case LockRank::cache_writer:
      return "cache_writer";
    case LockRank::ledger:
      return "ledger";
    case LockRank::keyring:
      return "keyring";
    case LockRank::environment:
      return "environment";
    case LockRank::chunk_memory:
      return "chunk_memory";
    case LockRank::handed_over_read:
      return "handed_over_read";
    case LockRank::node_table:
      return "node_table";
    case LockRank::open_files:
      return "open_files";
    case LockRank::listing_walks:
      return "listing_walks";
    case LockRank::session_file:
      return "session_file";
    case LockRank::api_shared:
      return "api_shared";
    case LockRank::interrupts:
      return "interrupts";
    case LockRank::control_socket:
      return "control_socket";
    case LockRank::timer:
      return "timer";
    case LockRank::buffer_pool:
      return "buffer_pool";
    case LockRank::graveyard:
      return "graveyard";
    case LockRank::log_counts:
      return "log_counts";
  }
  return "unknown";
}

void HeldRanks::refuse(LockRank held, LockRank wanted) {
  const std::string_view first = to_string(held);
  const std::string_view then = to_string(wanted);
  std::fprintf(stderr, "lock order: %.*s is taken under %.*s%s\n", static_cast<int>(then.size()), then.data(),
               static_cast<int>(first.size()), first.data(), is_leaf(held) ? ", a leaf" : "");
  std::abort();
}

}  // namespace mediafs
