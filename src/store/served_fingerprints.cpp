#include "mediafs/store/served_fingerprints.h"

#include <atomic>

#include "mediafs/crypto/random.h"

namespace mediafs {

namespace {

constexpr std::size_t kMostSteps = 8;

/// Never 0. Revisions are drawn at random, so that their sums with indices are as good as hashes.
std::uint64_t name_of(ChunkKey key) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;  // spreads neighbours
  const auto sum = static_cast<std::uint64_t>(key.revision) + static_cast<std::uint64_t>(key.index) * kOdd;
  return sum == 0 ? 1 : sum;
}

}  // namespace

struct ServedFingerprints::Place {
  std::uint64_t name;  // written last; 0: free
  std::uint64_t print;
};

ServedFingerprints::ServedFingerprints(MutableBytes hand_over) : hand_over_(hand_over) {
  if (seed() == 0) seed() = crypto::random_number() | 1;
}

std::uint64_t& ServedFingerprints::seed() const {
  return *reinterpret_cast<std::uint64_t*>(hand_over_.data());
}

ServedFingerprints::Place& ServedFingerprints::place(std::uint64_t name, std::size_t step) const {
  return reinterpret_cast<Place*>(hand_over_.subspan(4096).data())[(name + step) % kPlaces];
}

void ServedFingerprints::note(ChunkKey key, ByteView chunk) {
  const std::uint64_t name = name_of(key);
  Place* chosen = &place(name, 0);  // which gives way where all are taken
  for (std::size_t step = 0; step < kMostSteps; ++step) {
    Place& there = place(name, step);
    const std::uint64_t taken = std::atomic_ref(there.name).load();
    if (taken != 0 && taken != name) continue;
    chosen = &there;
    break;
  }
  std::atomic_ref(chosen->name) = 0;
  std::atomic_ref(chosen->print) = fingerprint(chunk, seed());
  std::atomic_ref(chosen->name) = name;
}

std::optional<bool> ServedFingerprints::agrees(ChunkKey key, ByteView chunk) const {
  const std::uint64_t name = name_of(key);
  for (std::size_t step = 0; step < kMostSteps; ++step) {
    Place& there = place(name, step);
    if (std::atomic_ref(there.name) == name)
      return std::atomic_ref(there.print) == fingerprint(chunk, seed());
  }
  return std::nullopt;
}

}  // namespace mediafs
