// Whether the origin still has what is kept here: media are erased there, and must be forgotten here then.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>

#include "mediafs/api/media_source.h"
#include "mediafs/base/mutex.h"
#include "mediafs/base/timer.h"
#include "mediafs/model/media_item.h"
#include "store/deferred_actions.h"
#include "store/waiting_list.h"

namespace mediafs {

/// Whether the origin's word that a media exists has become old. One of a time that has yet to come is: the
/// clock has been set back, by nobody knows how much.
bool is_old(UnixSeconds confirmed, UnixSeconds now, Duration age);

/// What an answer means, and what is to be done.
enum class Verdict {
  exists,
  ask_again,  // it says that there is no such media: believed when it says so twice
  gone,
  unknown,  // it says nothing of the media, which stays as it is
};

/// `answer`: success, or why there is no media; `denials` before it said that there is none.
Verdict verdict_on(const Status& answer, int denials);

/// Asks, once for all who open a media; nobody waits long for it. Thread-safe.
class Revalidation {
 public:
  struct Options {
    Duration age{86'400'000};   // how long the origin's word counts
    Duration patience{2'000};   // the longest that an open waits
    Duration rest{30'000};      // for how long no open waits after a question that came to nothing
    Duration deadline{30'000};  // of one question
  };

  /// What is done with an answer; neither may block. `gone` calls `then` when nothing of the media is left.
  struct Consequences {
    std::function<void(const MediaId&, const MediaHead&)> exists;
    std::function<void(const MediaId&, std::function<void()> then)> gone;
  };

  /// Both must outlive this object, and it every question: see stop().
  Revalidation(const Options& options, MediaSource& source, Timer& timer, Consequences consequences);
  ~Revalidation();
  Revalidation(const Revalidation&) = delete;
  Revalidation& operator=(const Revalidation&) = delete;

  [[nodiscard]] bool is_due(const MediaItem& item) const;

  /// `done` gets Errc::not_found where the media is gone, and has been erased here; success where it may be
  /// opened: it exists, or that cannot be learnt in time. REQUIRES: is_due(item).
  void ask(const MediaItem& item, std::function<void(Status)> done, const std::stop_token& stop)
      EXCLUDES(mutex_);

  /// Ends every wait and every question with Errc::cancelled.
  void stop() EXCLUDES(mutex_);

 private:
  class Probe;

  using Answered = std::function<void(Status)>;
  struct Question {
    Question(Timer& timer, WaitingList<Answered>::Told on_stop)
        : waiters(timer, {.on_stop = std::move(on_stop)}) {}

    std::uint64_t number = 0;
    bool has_bytes = false;  // the first of which can be asked for
    std::shared_ptr<Fetch> fetch;
    int denials = 0;
    bool gone = false;  // and being erased
    WaitingList<Answered> waiters;
  };

  [[nodiscard]] bool resting() const REQUIRES(mutex_) { return timer_.now() < rests_until_; }
  [[nodiscard]] bool may_begin() const REQUIRES(mutex_);
  void begin(DeferredActions& deferred, const MediaItem& item) REQUIRES(mutex_);
  void send(DeferredActions& deferred, const MediaId& id, Question& question) REQUIRES(mutex_);
  static void answer(DeferredActions& deferred, Question& question, const Status& outcome);
  void answered(const MediaId& id, std::uint64_t number, const Result<MediaHead>& head) EXCLUDES(mutex_);
  Verdict judge(const MediaId& id, std::uint64_t number, const Status& said) EXCLUDES(mutex_);
  void end(const MediaId& id, std::uint64_t number, const Status& outcome) EXCLUDES(mutex_);
  void lose_patience(const MediaId& id, std::uint64_t number) EXCLUDES(mutex_);
  void abandon(const MediaId& id, std::uint64_t waiter) EXCLUDES(mutex_);

  const Options options_;
  MediaSource& source_;
  Timer& timer_;
  const Consequences consequences_;

  Mutex mutex_{LockRank::revalidation};  // the timer's may be taken under it
  std::unordered_map<MediaId, Question> questions_ GUARDED_BY(mutex_);
  std::uint64_t last_number_ GUARDED_BY(mutex_) = 0;
  SteadyTime rests_until_ GUARDED_BY(mutex_) = SteadyTime::min();
  SteadyTime last_begun_ GUARDED_BY(mutex_) = SteadyTime::min();
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace mediafs
