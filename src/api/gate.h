// The one way to the origin: who asks, when, and who waits.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "api/circuit.h"
#include "api/pace.h"
#include "mediafs/api/api_stats.h"
#include "mediafs/api/media_source.h"
#include "mediafs/base/mutex.h"
#include "mediafs/base/timer.h"

namespace mediafs {

/// Every request passes it. While the origin answers, at once; while it refuses, at the pace that it takes;
/// while it does not answer, as one probe a second; while it does not take the credentials, not at all.
/// Readers go first, then listings, then what is fetched ahead, which does not wait while the origin is in
/// trouble but ends with Errc::throttled. Thread-safe; its lock is a leaf but for the timer's.
class Gate : public std::enable_shared_from_this<Gate> {
 public:
  enum class Ticket : std::uint64_t {};

  struct Passage {
    MediaId id;
    Priority priority = Priority::reader;
    SteadyTime deadline;
    bool is_next_secret = false;  // it has passed before, signed with another secret
    /// Called once: when the request is to be sent, with the priority that it has by then; else why it is
    /// not. On the caller's thread, the timer's or that of an answer, without a lock.
    Done<Priority> go;
  };

  /// What has become of a request that passed: one of these for each.
  enum class Outcome {
    answered,     // by the API, to whom it knows
    head_came,    // the same, and a body is on its way: see body()
    next_secret,  // this secret is not taken, and another is tried next: what comes of that counts
    not_the_api,  // answered by somebody else: the origin is there, and nothing is said of the credentials
    refused,      // 429, or 503 with Retry-After
    overloaded,   // 503
    failed,       // no answer, or that something went wrong there
    unreachable,  // no connection
    untrusted,    // a peer that cannot prove who it is; found out without a request
    key_denied,   // 401 or 18xx, of each secret
    id_denied,    // 403, of each secret
    unknown,      // it was not waited for
  };
  struct Answer {
    Outcome outcome = Outcome::unknown;
    const MediaId& id;
    Priority priority = Priority::reader;  // as it passed
    SteadyTime sent;
    std::optional<Duration> retry_after;  // of `refused`
    std::uint64_t credentials = 0;        // which it was signed with
  };

  explicit Gate(Timer& timer) : timer_(timer), since_(timer.clock().wall_seconds()) {}

  /// What names a request here; it may pass several times, one after another.
  Ticket new_ticket() EXCLUDES(mutex_);
  void pass(Ticket ticket, Passage passage) EXCLUDES(mutex_);
  /// True: it waited there, and `go` is never called.
  bool leave(Ticket ticket) EXCLUDES(mutex_);
  /// Somebody waits for it now.
  void hasten(Ticket ticket) EXCLUDES(mutex_);
  void answered(const Answer& answer) EXCLUDES(mutex_);
  /// How a body ended: an origin whose bodies never arrive counts as one that does not answer.
  void body(const MediaId& id, bool well) EXCLUDES(mutex_);
  /// There are new credentials, with this number. What was said of earlier ones does not count against them.
  void credentials_replaced(std::uint64_t number) EXCLUDES(mutex_);

  /// Why requests wait here; nothing where they do not.
  [[nodiscard]] std::optional<Error> why_it_waits() EXCLUDES(mutex_);

  /// What ApiStats says of the API's state, and of who waits here.
  void add_to(ApiStats& stats) EXCLUDES(mutex_);
  /// See ApiClient::on_state_change.
  void on_state_change(std::function<void(ApiStats::State)> listener) { listener_ = std::move(listener); }

 private:
  using Queue = std::map<std::pair<Priority, Ticket>, Passage>;
  using Ready = std::vector<std::function<void()>>;

  [[nodiscard]] bool in_trouble() const REQUIRES(mutex_) {
    return circuit_.is_open() || pace_.is_limited() || credentials_.is_open();
  }
  [[nodiscard]] SteadyTime next() const REQUIRES(mutex_);
  [[nodiscard]] std::optional<Error> refusal(const Passage& passage) REQUIRES(mutex_);
  [[nodiscard]] bool has_room_ahead() const REQUIRES(mutex_);
  void turn_away(Ready& ready) REQUIRES(mutex_);
  void send(Passage passage, Ready& ready) REQUIRES(mutex_);
  Ready let_pass() REQUIRES(mutex_);
  void wake_later() REQUIRES(mutex_);
  void wake() EXCLUDES(mutex_);
  Queue::iterator next_to_pass() REQUIRES(mutex_);
  void take_in(const Answer& answer, Ready& ready) REQUIRES(mutex_);
  void note_pace(const Answer& answer) REQUIRES(mutex_);
  void note_circuit(const Answer& answer, Ready& ready) REQUIRES(mutex_);
  void note_life(const MediaId& id, Ready& ready) REQUIRES(mutex_);
  void note_failure(const MediaId& id, bool no_connection, Ready& ready) REQUIRES(mutex_);
  void note_credentials(const Answer& answer, Ready& ready) REQUIRES(mutex_);
  Queue::iterator find(Ticket ticket) REQUIRES(mutex_);
  [[nodiscard]] ApiStats::State judge_state() const REQUIRES(mutex_);
  void note_state(Ready& ready) REQUIRES(mutex_);
  void announce_throttling(ApiStats::State state, Ready& ready) REQUIRES(mutex_);
  void look_later() REQUIRES(mutex_);
  void look() EXCLUDES(mutex_);
  void tell_state() EXCLUDES(mutex_);
  std::optional<ApiStats::State> next_to_tell() EXCLUDES(mutex_);

  Timer& timer_;
  Mutex mutex_{LockRank::gate};
  OriginCircuit circuit_ GUARDED_BY(mutex_);
  CredentialsCircuit credentials_ GUARDED_BY(mutex_);
  Pace pace_ GUARDED_BY(mutex_);
  Queue waiting_ GUARDED_BY(mutex_);
  std::uint64_t last_ticket_ GUARDED_BY(mutex_) = 0;
  std::size_t ahead_under_way_ GUARDED_BY(mutex_) = 0;
  std::size_t answers_ GUARDED_BY(mutex_) = 0;
  std::uint64_t credentials_number_ GUARDED_BY(mutex_) = 0;
  bool heard_ GUARDED_BY(mutex_) = false;          // anything of whoever is there
  bool was_announced_ GUARDED_BY(mutex_) = false;  // that the circuit is open
  bool throttling_announced_ GUARDED_BY(mutex_) = false;
  std::optional<SteadyTime> wakes_at_ GUARDED_BY(mutex_);

  // What the circuits and the pace say, as it was noted last: gate_state.cpp.
  std::function<void(ApiStats::State)> listener_;  // set before there are requests
  ApiStats::State state_ GUARDED_BY(mutex_) = ApiStats::State::unknown;
  UnixSeconds since_ GUARDED_BY(mutex_);
  ApiStats::State told_ GUARDED_BY(mutex_) = ApiStats::State::unknown;
  bool telling_ GUARDED_BY(mutex_) = false;
  bool looks_later_ GUARDED_BY(mutex_) = false;
};

}  // namespace mediafs
