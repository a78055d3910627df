// When the origin is not asked for a while, since it does not answer or does not take the credentials:
// decisions alone, no effects.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "mediafs/base/clock.h"
#include "mediafs/model/media_id.h"

namespace mediafs {

/// Ids whose failures count against themselves only, for a while: at the end of an outage, too, some ids have
/// failed while others are answered. Bounded in number.
class OwnFaults {
 public:
  static constexpr std::chrono::seconds kHeldFor{60};

  void add(SteadyTime now, const std::set<std::string>& ids) {
    for (const std::string& id : ids) {
      if (until_.size() < kMost) until_[id] = now + kHeldFor;
    }
  }
  void forget(const MediaId& id) { until_.erase(id.text()); }
  void clear() { until_.clear(); }
  [[nodiscard]] bool has(SteadyTime now, const MediaId& id) const {
    const auto found = until_.find(id.text());
    return found != until_.end() && now < found->second;
  }

 private:
  static constexpr std::size_t kMost = 10'000;
  std::map<std::string, SteadyTime> until_;
};

/// A circuit breaker around the origin. Open, it lets one probe through a second; the first answer closes it.
/// Guarded by its owner.
class OriginCircuit {
 public:
  static constexpr Duration kBetweenProbes{1'000};
  static constexpr Duration kFailsFor{500};

  [[nodiscard]] bool is_open() const { return open_; }
  /// When the next probe may be sent; the past while the circuit is closed.
  [[nodiscard]] SteadyTime next_probe() const { return next_probe_; }

  /// Something has been sent.
  void sent(SteadyTime now) {
    if (open_) next_probe_ = now + kBetweenProbes;
  }
  /// No connection can be had. True: that has opened it.
  bool unreachable() { return open(); }
  /// No answer, or that something went wrong there. True: three ids have had that, for a while with no answer
  /// in between (else it may be chance), and that has opened it. An id that has failed while others were
  /// answered counts no more until it is answered itself.
  bool failed(SteadyTime now, const MediaId& id);
  /// The peer could not prove who it is. That opens nothing: it is final for who asked.
  void untrusted() { untrusted_ = true; }
  /// True: that has closed it.
  bool answered(SteadyTime now, const MediaId& id);
  /// From when on an operator is told that nothing is answered, unless something is before. Sooner than it
  /// opens: three failures tell, be it of one id alone. Nothing where there is too little to tell by.
  [[nodiscard]] std::optional<SteadyTime> is_down_from() const;
  /// Whether a probe for this id would say little about the origin.
  [[nodiscard]] bool is_known_to_fail(SteadyTime now, const MediaId& id) const {
    return failing_.contains(id.text()) || own_.has(now, id);
  }

 private:
  bool open();

  bool open_ = false;
  std::set<std::string> failing_;  // ids, since the last answer
  OwnFaults own_;
  std::size_t failures_ = 0;  // the same, but for those of own_
  SteadyTime failing_since_{};
  bool untrusted_ = false;  // since the last answer
  SteadyTime next_probe_ = SteadyTime::min();
};

/// The same for the credentials. Open, everything is denied without asking, but for one probe now and then.
class CredentialsCircuit {
 public:
  static constexpr Duration kBetweenProbes{30'000};

  [[nodiscard]] bool is_open() const { return open_ && !on_trial_; }
  /// New ones are there after some that were denied, and nothing is known of them yet.
  [[nodiscard]] bool waits_for_trial() const { return open_ && on_trial_; }
  /// Whether to ask: a probe, where it is open. Ids that are known to be forbidden have probes of their own,
  /// so that they take none from others.
  [[nodiscard]] bool lets_through(SteadyTime now, const MediaId& id) const;
  /// It is asked for.
  void sent(SteadyTime now, const MediaId& id);

  /// Each secret has been tried. `of_the_key`: 401 or a code 18xx; else it is a 403, which is of that id
  /// alone until three have it with nothing accepted in between. Either is of that id alone for a while where
  /// others are accepted after it. True: that has opened it.
  bool denied(SteadyTime now, const MediaId& id, bool of_the_key);
  /// The API has answered as it does to whom it knows, to what was `sent` then: before it opened that says
  /// nothing. True: that has closed it.
  bool accepted(SteadyTime now, SteadyTime sent, const MediaId& id);
  /// There are new credentials. They count as good until the first answer to them says otherwise.
  void replaced();

 private:
  [[nodiscard]] bool is_known_to_be_forbidden(SteadyTime now, const MediaId& id) const {
    return forbidden_.contains(id.text()) || own_.has(now, id);
  }

  bool open_ = false;
  bool on_trial_ = false;            // of the new ones
  std::set<std::string> forbidden_;  // ids, since something was accepted last
  std::set<std::string> denied_;     // the same, by a word against the key
  OwnFaults own_;
  SteadyTime opened_ = SteadyTime::min();
  SteadyTime next_probe_ = SteadyTime::min();
  SteadyTime next_probe_of_known_ = SteadyTime::min();
};

}  // namespace mediafs
