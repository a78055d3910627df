#include "api/circuit.h"

#include <utility>

namespace mediafs {

namespace {

constexpr std::size_t kIdsThatTell = 3;

}  // namespace

bool OriginCircuit::failed(SteadyTime now, const MediaId& id) {
  if (open_) return false;
  if (failing_.empty()) failing_since_ = now;
  if (failing_.size() < kIdsThatTell) failing_.insert(id.text());
  return failing_.size() >= kIdsThatTell && now - failing_since_ >= kFailsFor && open();
}

bool OriginCircuit::open() {
  if (std::exchange(open_, true)) return false;
  failing_.clear();
  next_probe_ = SteadyTime::min();  // at once: it may have been chance
  return true;
}

bool OriginCircuit::answered() {
  failing_.clear();
  next_probe_ = SteadyTime::min();
  return std::exchange(open_, false);
}

bool CredentialsCircuit::lets_through(SteadyTime now) {
  if (!is_open()) return true;
  if (now < next_probe_) return false;
  next_probe_ = now + kBetweenProbes;
  return true;
}

bool CredentialsCircuit::denied(SteadyTime now, const MediaId& id, bool of_the_key) {
  if (is_open()) return false;
  if (!of_the_key) {
    forbidden_.insert(id.text());
    if (forbidden_.size() < kIdsThatTell) return false;
  }
  forbidden_.clear();
  on_trial_ = false;
  open_ = true;
  next_probe_ = now + kBetweenProbes;
  return true;
}

bool CredentialsCircuit::accepted() {
  forbidden_.clear();
  on_trial_ = false;
  return std::exchange(open_, false);
}

void CredentialsCircuit::replaced() {
  forbidden_.clear();
  on_trial_ = true;
}

}  // namespace mediafs
