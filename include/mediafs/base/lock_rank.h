// In which order locks are taken, and what holds each thread to it.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mediafs {

/// Every Mutex has a rank. A thread takes a lock only while all that it holds come before it in this list,
/// and none while it holds a leaf. So nobody holds two locks of one rank at once, such as two downloads'.
/// docs/internals/locks.md says which are taken under which.
enum class LockRank : std::uint8_t {
  cache_command,  // one cache command at a time, without a server
  erase_service,  // cli's EraseService: whole erasures
  cache_erase,    // the cache's part of one
  answers,        // of listings, which are taken in one at a time
  media_store,    // the table of downloads
  download,       // one for each media that something is under way for
  listing_store,
  filesystem,
  listing_fetch,
  media_fetch,
  gate,
  revalidation,
  cache_read_gate,
  keyring_file,
  housekeeping,  // while the catalog is told of what has been evicted
  transport,     // of requests that are to go out: leads on to the timer in tests alone
  // From here on leaves.
  catalog,
  journal,
  cache_writer,
  ledger,
  keyring,
  environment,
  chunk_memory,
  hedged_read,
  node_table,
  open_files,
  directory_read_ahead,
  session_file,
  api_shared,
  api_counters,
  interrupts,     // with libfuse's own locks held
  control_lines,  // of an answer
  timer,
  buffer_pool,
  intended_leaks,  // of what LMDB has left after a fault
  log_counts,
};

inline constexpr LockRank kFirstLeaf = LockRank::catalog;
inline constexpr LockRank kLastRank = LockRank::log_counts;

constexpr bool is_leaf(LockRank rank) {
  return rank >= kFirstLeaf;
}

/// As it is written above.
std::string_view to_string(LockRank rank);

/// The ranks of the locks that one thread holds.
class HeldRanks {
 public:
  /// One that is held and forbids to take `rank`.
  [[nodiscard]] constexpr std::optional<LockRank> in_the_way_of(LockRank rank) const {
    if (held_ == 0) return std::nullopt;
    const auto highest = static_cast<LockRank>(std::bit_width(held_) - 1);
    if (highest < rank && !is_leaf(highest)) return std::nullopt;
    return highest;
  }
  /// A lock of that rank is about to be taken. Where it must not be, both are named on stderr, and the
  /// process aborts.
  void take(LockRank rank) {
    if (const auto held = in_the_way_of(rank)) refuse(*held, rank);
    held_ |= bit(rank);
  }
  /// In whatever order.
  void give_back(LockRank rank) { held_ &= ~bit(rank); }

 private:
  static constexpr std::uint64_t bit(LockRank rank) {
    return std::uint64_t{1} << static_cast<unsigned>(rank);
  }
  [[noreturn]] static void refuse(LockRank held, LockRank wanted);

  std::uint64_t held_ = 0;
};
static_assert(static_cast<unsigned>(kLastRank) < 64);

}  // namespace mediafs
