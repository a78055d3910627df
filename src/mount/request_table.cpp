#include "mount/request_table.h"

namespace mediafs {

namespace {

// The kernel counts up in steps of two, so that neighbours meet only when a request has waited for 131,072
// others; a search of more places than this would cost more than the request.
constexpr std::size_t kMostSteps = 4096;

std::size_t place_of(std::uint64_t number, std::size_t step) {
  return (number / 2 + step) % RequestTable::kPlaces;
}

}  // namespace

std::optional<std::size_t> RequestTable::add(std::uint64_t number) {
  for (std::size_t step = 0; step < kMostSteps; ++step) {
    const std::size_t place = place_of(number, step);
    std::uint64_t free = 0;
    if (at(place).compare_exchange_strong(free, number)) return place;
  }
  return std::nullopt;
}

std::optional<std::size_t> RequestTable::find(std::uint64_t number) const {
  for (std::size_t step = 0; step < kMostSteps; ++step) {
    const std::size_t place = place_of(number, step);
    if (at(place).load() == number) return place;
  }
  return std::nullopt;
}

void RequestTable::remove(std::uint64_t number) {
  for (std::size_t step = 0; step < kMostSteps; ++step) {
    std::uint64_t there = number;
    if (at(place_of(number, step)).compare_exchange_strong(there, 0)) return;
  }
}

std::vector<std::uint64_t> RequestTable::all() const {
  std::vector<std::uint64_t> numbers;
  for (std::size_t i = 0; i < kPlaces; ++i) {
    const std::uint64_t number = at(i).load();
    if (number != 0) numbers.push_back(number);
  }
  return numbers;
}

bool RequestTable::empty() const {
  for (std::size_t i = 0; i < kPlaces; ++i) {
    if (at(i).load() != 0) return false;
  }
  return true;
}

}  // namespace mediafs
