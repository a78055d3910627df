#include "api/circuit.h"

#include <utility>

namespace mediafs {

namespace {

constexpr std::size_t kIdsThatTell = 3;
constexpr std::size_t kFailuresThatTell = 3;
constexpr std::size_t kMostRemembered = 10'000;

}  // namespace

bool OriginCircuit::failed(SteadyTime now, const MediaId& id) {
  if (own_.has(now, id)) return false;
  if (failing_.empty()) failing_since_ = now;
  ++failures_;
  if (failing_.size() < kMostRemembered) failing_.insert(id.text());
  return failing_.size() >= kIdsThatTell && now - failing_since_ >= kFailsFor && open();
}

bool OriginCircuit::open() {
  if (std::exchange(open_, true)) return false;
  next_probe_ = SteadyTime::min();  // at once: it may have been chance
  return true;
}

bool OriginCircuit::answered(SteadyTime now, const MediaId& id) {
  failing_.erase(id.text());
  own_.add(now, failing_);
  own_.forget(id);
  failing_.clear();
  failures_ = 0;
  untrusted_ = false;
  next_probe_ = SteadyTime::min();
  return std::exchange(open_, false);
}

std::optional<SteadyTime> OriginCircuit::is_down_from() const {
  if (open_ || untrusted_) return SteadyTime::min();
  if (failures_ < kFailuresThatTell) return std::nullopt;
  return failing_since_ + kFailsFor;
}

bool CredentialsCircuit::lets_through(SteadyTime now, const MediaId& id) const {
  return !is_open() || now >= (is_known_to_be_forbidden(now, id) ? next_probe_of_known_ : next_probe_);
}

void CredentialsCircuit::sent(SteadyTime now, const MediaId& id) {
  if (!is_open()) return;
  (is_known_to_be_forbidden(now, id) ? next_probe_of_known_ : next_probe_) = now + kBetweenProbes;
}

bool CredentialsCircuit::denied(SteadyTime now, const MediaId& id, bool of_the_key) {
  if (is_open() || own_.has(now, id)) return false;
  next_probe_ = next_probe_of_known_ = now + kBetweenProbes;
  if (of_the_key) {
    denied_.insert(id.text());
  } else {
    if (forbidden_.size() < kMostRemembered) forbidden_.insert(id.text());
    if (forbidden_.size() < kIdsThatTell) return false;
    next_probe_ = now;  // by another id: it may be these alone
  }
  on_trial_ = false;
  open_ = true;
  opened_ = now;
  return true;
}

bool CredentialsCircuit::accepted(SteadyTime now, SteadyTime sent, const MediaId& id) {
  if (is_open() && sent < opened_) return false;
  for (std::set<std::string>* const held : {&forbidden_, &denied_}) {
    held->erase(id.text());
    own_.add(now, *held);
    held->clear();
  }
  own_.forget(id);
  on_trial_ = false;
  return std::exchange(open_, false);
}

void CredentialsCircuit::replaced() {
  forbidden_.clear();
  denied_.clear();
  own_.clear();
  on_trial_ = true;
}

}  // namespace mediafs
