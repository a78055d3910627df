#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "mediafs/base/clock.h"
#include "store/simulation/random.h"

namespace mediafs::simulation {

/// What has happened in a world: as a number, in which two runs of a seed agree, and in words where somebody
/// wants to read them; and what has been found wrong first.
class Trace {
 public:
  Trace(const Clock& clock, bool in_words) : clock_(clock), began_(clock.now()), in_words_(in_words) {}

  template <typename... Numbers>
  void event(Numbers... numbers) {
    hash_ = mix(hash_, static_cast<std::uint64_t>((clock_.now() - began_).count()));
    ((hash_ = mix(hash_, static_cast<std::uint64_t>(numbers))), ...);
  }
  template <typename... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) {
    if (in_words_) words_.push_back(stamped(fmt::format(format, std::forward<Args>(args)...)));
  }
  /// Only the first counts: what follows may be its consequence.
  template <typename... Args>
  void wrong(fmt::format_string<Args...> format, Args&&... args) {
    if (!finding_.empty()) return;
    finding_ = stamped(fmt::format(format, std::forward<Args>(args)...));
    if (in_words_) words_.push_back("WRONG " + finding_);
  }

  [[nodiscard]] bool all_well() const { return finding_.empty(); }
  [[nodiscard]] const std::string& finding() const { return finding_; }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }
  [[nodiscard]] const std::vector<std::string>& words() const { return words_; }

 private:
  [[nodiscard]] std::string stamped(const std::string& text) const {
    return fmt::format("{:9.3f} s  {}", std::chrono::duration<double>(clock_.now() - began_).count(), text);
  }

  const Clock& clock_;
  const SteadyTime began_;
  const bool in_words_;
  std::uint64_t hash_ = 0;
  std::string finding_;
  std::vector<std::string> words_;
};

}  // namespace mediafs::simulation
