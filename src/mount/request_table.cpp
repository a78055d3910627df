#include "mount/request_table.h"

namespace mediafs {

namespace {

// The kernel counts up in steps of two, so that neighbours meet only when a request has waited for 131,072
// others; a search of more places than this would cost more than the request.
constexpr std::size_t kMostSteps = 4096;

}  // namespace

std::atomic_ref<std::uint64_t> RequestTable::place(std::uint64_t number, std::size_t step) const {
  return std::atomic_ref(places_[(number / 2 + step) % kPlaces]);
}

void RequestTable::add(std::uint64_t number) {
  for (std::size_t step = 0; step < kMostSteps; ++step) {
    std::uint64_t free = 0;
    if (place(number, step).compare_exchange_strong(free, number)) return;
  }
}

void RequestTable::remove(std::uint64_t number) {
  for (std::size_t step = 0; step < kMostSteps; ++step) {
    std::uint64_t there = number;
    if (place(number, step).compare_exchange_strong(there, 0)) return;
  }
}

std::vector<std::uint64_t> RequestTable::all() const {
  std::vector<std::uint64_t> numbers;
  for (std::size_t i = 0; i < kPlaces; ++i) {
    const std::uint64_t number = std::atomic_ref(places_[i]).load();
    if (number != 0) numbers.push_back(number);
  }
  return numbers;
}

bool RequestTable::empty() const {
  for (std::size_t i = 0; i < kPlaces; ++i) {
    if (std::atomic_ref(places_[i]).load() != 0) return false;
  }
  return true;
}

}  // namespace mediafs
