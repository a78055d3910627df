#pragma once

#include <cstddef>
#include <cstdint>

namespace mediafs::simulation {

/// Two numbers made one, whose bits depend on all of both (the end of MurmurHash3, with other constants).
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t z = a * 0x9e3779b97f4a7c15 + b + 0x632be59bd9b4e019;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/// What is drawn depends on the seed alone, on every machine: the standard's distributions do not promise
/// that.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() { return mix(++state_, 0); }
  /// In [0, n). REQUIRES: n > 0.
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  /// In [least, most].
  std::uint64_t between(std::uint64_t least, std::uint64_t most) { return least + below(most - least + 1); }
  /// In so many of a thousand cases.
  bool in_1000(std::uint64_t cases) { return below(1000) < cases; }
  double fraction() { return static_cast<double>(next() >> 11) / static_cast<double>(1ULL << 53); }
  template <typename T, std::size_t N>
  const T& pick(const T (&all)[N]) {
    return all[below(N)];
  }

 private:
  std::uint64_t state_;
};

}  // namespace mediafs::simulation
