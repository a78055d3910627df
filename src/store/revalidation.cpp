#include "store/revalidation.h"

#include <algorithm>
#include <utility>

#include "mediafs/base/log.h"
#include "mediafs/crypto/pseudonym.h"

namespace mediafs {

namespace {

// Of questions that nobody waits for, while the origin does not answer.
constexpr auto kBetweenQuestions = std::chrono::seconds(1);
constexpr std::size_t kMostQuestions = 4;

// What is left of the body when its head has come: so little is let come, for the connection's sake.
constexpr std::uint64_t kWorthTaking = 16 * 1024;

constexpr int kDenialsNeeded = 2;

}  // namespace

bool is_old(UnixSeconds confirmed, UnixSeconds now, Duration age) {
  return now < confirmed || std::chrono::seconds(now - confirmed) >= age;
}

Verdict verdict_on(const Status& answer, int denials) {
  if (answer.ok()) return Verdict::exists;
  if (answer.error().code != Errc::not_found) return Verdict::unknown;
  return denials + 1 < kDenialsNeeded ? Verdict::ask_again : Verdict::gone;
}

/// Takes in one answer, of which the head is enough.
class Revalidation::Probe final : public MediaSink {
 public:
  Probe(Revalidation& asker, MediaId id, std::uint64_t number)
      : asker_(asker), id_(std::move(id)), number_(number) {}

  Flow on_head(const MediaHead& head) override {
    head_seen_ = true;
    short_ = head.end && *head.end - head.offset <= kWorthTaking;
    asker_.answered(id_, number_, head);
    return short_ ? Flow::go_on : Flow::stop;
  }
  Flow on_body(ByteView /*piece*/) override { return short_ ? Flow::go_on : Flow::stop; }
  void on_end(Status outcome) override {
    if (head_seen_) return;
    asker_.answered(id_, number_, outcome ? Error{Errc::protocol, "no answer"} : std::move(outcome).error());
  }

 private:
  Revalidation& asker_;
  const MediaId id_;
  const std::uint64_t number_;
  bool head_seen_ = false;
  bool short_ = false;
};

Revalidation::Revalidation(const Options& options, MediaSource& source, Timer& timer,
                           Consequences consequences)
    : options_(options), source_(source), timer_(timer), consequences_(std::move(consequences)) {}

Revalidation::~Revalidation() = default;

bool Revalidation::is_due(const MediaItem& item) const {
  return is_old(item.confirmed, timer_.clock().wall_seconds(), options_.age);
}

/// While the origin rests, questions go on in small numbers: it may answer again.
bool Revalidation::may_begin() const {
  if (!resting()) return true;
  return questions_.size() < kMostQuestions && timer_.now() >= last_begun_ + kBetweenQuestions;
}

void Revalidation::ask(const MediaItem& item, std::function<void(Status)> done, const std::stop_token& stop) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  if (stopping_) {
    deferred.add([done = std::move(done)] { done(Error{Errc::cancelled, "shutting down"}); });
    return;
  }
  auto found = questions_.find(item.id);
  if (found == questions_.end() && may_begin()) {
    begin(deferred, item);
    found = questions_.find(item.id);
  }
  if (found == questions_.end() || (resting() && !found->second.gone)) {
    deferred.add([done = std::move(done)] { done(ok_status()); });
  } else {
    found->second.waiters.add(std::move(done), stop);
  }
}

void Revalidation::begin(DeferredActions& deferred, const MediaItem& item) {
  Question& question =
      questions_.try_emplace(item.id, timer_, [this, id = item.id](auto waiter) { abandon(id, waiter); })
          .first->second;
  question.number = ++last_number_;
  question.has_bytes = item.size > 0;
  last_begun_ = timer_.now();
  send(deferred, item.id, question);
  timer_.after(options_.patience,
               [this, id = item.id, number = question.number] { lose_patience(id, number); });
}

void Revalidation::send(DeferredActions& deferred, const MediaId& id, Question& question) {
  log::debug("media {}: is it still there?", crypto::pseudonym(id.text()));
  const bool asks_for_a_byte =
      question.has_bytes && question.denials == 0;  // a denied range is no word on it
  FetchRequest request{.id = id,
                       .end = asks_for_a_byte ? std::optional<std::uint64_t>(1) : std::nullopt,
                       .existence = true,
                       .listed_size = question.has_bytes ? 1 : 0,
                       .deadline = timer_.now() + options_.deadline};
  question.fetch = source_.fetch(std::move(request), std::make_shared<Probe>(*this, id, question.number));
  deferred.add([fetch = question.fetch] { fetch->begin(); });
}

void Revalidation::answer(DeferredActions& deferred, Question& question, const Status& outcome) {
  for (Answered& done : question.waiters.take_all())
    deferred.add([done = std::move(done), outcome] { done(outcome); });
}

void Revalidation::answered(const MediaId& id, std::uint64_t number, const Result<MediaHead>& head) {
  const Status said = head ? ok_status() : Status(head.error());
  switch (judge(id, number, said)) {
    case Verdict::exists:
      consequences_.exists(id, *head);  // before anybody can ask again
      return end(id, number, ok_status());
    case Verdict::gone:
      return consequences_.gone(
          id, [this, id, number] { end(id, number, Error{Errc::not_found, "gone at the origin"}); });
    case Verdict::unknown:
      return end(id, number, ok_status());
    case Verdict::ask_again:
      break;
  }
}

/// What the answer means, where it is still wanted; a second question is on its way then if one is needed.
Verdict Revalidation::judge(const MediaId& id, std::uint64_t number, const Status& said) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  const auto found = questions_.find(id);
  if (found == questions_.end() || found->second.number != number || stopping_) return Verdict::unknown;
  Question& question = found->second;
  const Verdict verdict = verdict_on(said, question.denials);
  if (verdict != Verdict::unknown) rests_until_ = SteadyTime::min();  // it answers
  if (verdict == Verdict::ask_again) {
    ++question.denials;
    send(deferred, id, question);
  } else if (verdict == Verdict::gone) {
    question.gone = true;
    log::info("media {}: gone at the origin, erased here", crypto::pseudonym(id.text()));
  } else if (verdict == Verdict::unknown) {
    if (!resting()) {
      log::warning("media {}: whether it is still there cannot be learnt: {} ({})",
                   crypto::pseudonym(id.text()), to_string(said.error().code), said.error().context);
    }
    rests_until_ = timer_.now() + options_.rest;
  }
  return verdict;
}

void Revalidation::end(const MediaId& id, std::uint64_t number, const Status& outcome) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  const auto found = questions_.find(id);
  if (found == questions_.end() || found->second.number != number) return;
  answer(deferred, found->second, outcome);
  questions_.erase(found);
}

/// The question goes on; who waits for it does not.
void Revalidation::lose_patience(const MediaId& id, std::uint64_t number) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  const auto found = questions_.find(id);
  if (found == questions_.end() || found->second.number != number) return;
  if (found->second.gone)
    return answer(deferred, found->second, Error{Errc::not_found, "gone at the origin"});
  if (!resting()) log::warning("the origin does not say in time whether media are still there");
  rests_until_ = timer_.now() + options_.rest;
  answer(deferred, found->second, ok_status());
}

void Revalidation::abandon(const MediaId& id, std::uint64_t waiter) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  const auto found = questions_.find(id);
  if (found == questions_.end()) return;
  const auto done = found->second.waiters.take(waiter);
  if (!done) return;
  deferred.add([done = *done] { done(Error{Errc::cancelled, "nobody waits any more"}); });
}

void Revalidation::stop() {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  stopping_ = true;
  for (auto& [id, question] : questions_) {
    deferred.add([fetch = question.fetch] { fetch->cancel(); });
    answer(deferred, question, Error{Errc::cancelled, "shutting down"});
  }
}

}  // namespace mediafs
