#include "api/media_fetch.h"

#include <algorithm>

#include "api/media_attempt.h"
#include "mediafs/base/log.h"
#include "mediafs/crypto/pseudonym.h"
#include "mediafs/crypto/random.h"

namespace mediafs {

namespace {

constexpr std::string_view kNoAnswer = "no answer within the deadline";

}  // namespace

MediaFetch::MediaFetch(std::shared_ptr<ApiShared> api, std::string url, FetchRequest request,
                       std::shared_ptr<MediaSink> sink)
    : api_(std::move(api)),
      url_(std::move(url)),
      request_(std::move(request)),
      sink_(std::move(sink)),
      credentials_(api_->credentials()),
      secret_(credentials_->working),
      fresh_(request_.fresh_connection),
      priority_(request_.priority) {}

void MediaFetch::begin() {
  {
    const MutexLock lock(mutex_);
    deadline_ =
        api_->timer.at(request_.deadline, [self = shared_from_this()] { self->stop(Errc::timed_out); });
  }
  start_attempt();
}

HttpRequest MediaFetch::signed_request() const {
  const Credentials& credentials = credentials_->all;
  HttpRequest http{.url = url_, .headers = {}, .fresh_connection = fresh_};
  const auto add = [&http](std::string_view name, std::string_view value) {
    http.headers.emplace_back(fmt::format("{}: {}", name, value));
  };
  add("X-AUTH-CLIENT", credentials.api_key.reveal());
  add("X-HMAC-SIGNATURE", sign(credentials.shared_secrets[secret_], request_.id).reveal());
  add("Accept-Encoding", "identity");
  add("User-Agent", "mediafs");
  if (request_.offset > 0 || request_.end) {
    add("Range", range_of(request_.offset, request_.end));
    if (!request_.if_range.empty()) add("If-Range", request_.if_range);
  }
  return http;
}

void MediaFetch::start_attempt() {
  const auto self = shared_from_this();  // it may end in the gate, and whoever holds it let it go
  std::optional<Gate::Ticket> ticket;
  Gate::Passage passage{.id = request_.id,
                        .deadline = request_.deadline,
                        .is_next_secret = std::exchange(turned_, false),
                        .go = nullptr};
  {
    const MutexLock lock(mutex_);
    backoff_.reset();
    if (!stopped_) ticket = ticket_ = api_->gate->new_ticket();
    passage.priority = priority_;
  }
  if (!ticket) return finish(stop_reason());
  passage.go = [self, asked_as = passage.priority](const Result<Priority>& admission) {
    self->admitted(asked_as, admission);
  };
  api_->gate->pass(*ticket, std::move(passage));
  bool too_late = false;
  {
    const MutexLock lock(mutex_);
    if (ticket_ != ticket) return;  // it has passed
    if (!last_retry_error_) last_retry_error_ = api_->gate->why_it_waits();
    too_late = stopped_ && api_->gate->leave(*ticket);
  }
  if (too_late) finish(stop_reason());
}

/// The gate has let it pass, or turned it away.
void MediaFetch::admitted(Priority asked_as, const Result<Priority>& admission) {
  int number = 0;
  bool hastened = false;
  {
    const MutexLock lock(mutex_);
    ticket_.reset();
    if (!stopped_ && admission) {
      number = ++attempts_;
      // One that begins this late has not stalled when the deadline ends it.
      if (request_.deadline - api_->timer.now() > kLastTry) last_retry_error_.reset();
    }
    hastened = !stopped_ && priority_ != asked_as;
  }
  if (admission) {
    passed_as_ = *admission;
    sent_ = api_->timer.now();
    reported_ = false;
  }
  if (number > 0) return send(number);
  report(Gate::Outcome::unknown);
  if (admission || stopped()) return finish(stop_reason());
  if (hastened) return start_attempt();  // it was turned away for what it is no more
  finish(admission.error());
}

void MediaFetch::send(int number) {
  take_newest_credentials();
  const TransferId transfer =
      api_->http.start(signed_request(), std::make_shared<Attempt>(shared_from_this()));
  bool too_late = false;
  bool resume = false;
  {
    const MutexLock lock(mutex_);
    if (number == attempts_) transfer_ = transfer;  // else the attempt has failed by now, and another runs
    too_late = stopped_.has_value();
    resume = std::exchange(resume_early_, false);
  }
  if (too_late) api_->http.cancel(transfer);
  if (resume) api_->http.resume(transfer);
}

void MediaFetch::take_newest_credentials() {
  auto newest = api_->credentials();
  if (newest == credentials_) return;
  credentials_ = std::move(newest);
  secret_ = credentials_->working;
  secrets_tried_ = 1;
}

void MediaFetch::head_arrived() {
  credentials_->working = secret_;
  report(Gate::Outcome::head_came);
  const MutexLock lock(mutex_);
  if (deadline_) api_->timer.cancel(*deadline_);
  deadline_.reset();
}

std::optional<Errc> MediaFetch::stopped() {
  const MutexLock lock(mutex_);
  return stopped_;
}

Errc MediaFetch::cause_of(Errc end) {
  return end == Errc::cancelled ? stopped().value_or(end) : end;
}

Endpoint MediaFetch::endpoint() const {
  if (!request_.listing) return Endpoint::media;
  switch (*request_.listing) {
    case ListingKind::session_media:
      return Endpoint::session_media;
    case ListingKind::session_attempts:
      return Endpoint::session_attempts;
    case ListingKind::attempt_media:
      break;
  }
  return Endpoint::attempt_media;
}

Error MediaFetch::stop_reason() {
  const MutexLock lock(mutex_);
  const Errc why = stopped_.value_or(Errc::cancelled);
  if (why == Errc::timed_out && last_retry_error_) return *last_retry_error_;  // it did not stall, it failed
  return {why, std::string(why == Errc::timed_out ? kNoAnswer : "cancelled")};
}

void MediaFetch::attempt_failed(FailedAttempt failure) {
  if (cause_of(failure.error.code) == Errc::timed_out)
    failure.error = {Errc::timed_out, std::string(kNoAnswer)};
  const bool denied = failure.error.code == Errc::denied;
  const bool others_may_do = denied && turn_to_other_credentials();
  const Gate::Outcome outcome = others_may_do ? Gate::Outcome::next_secret : outcome_of(failure);
  if (!others_may_do && outcome != Gate::Outcome::answered) api_->counters.failed(failure.error);
  report(outcome, failure.retry_after);
  std::optional<Duration> delay;
  bool stopped = false;
  {
    const MutexLock lock(mutex_);
    transfer_.reset();
    stopped = stopped_.has_value();
    if (!stopped) delay = others_may_do ? Duration::zero() : pause_after(failure);
    if (delay) last_retry_error_ = failure.error;
  }
  if (stopped) return finish(stop_reason());
  if (!delay) return finish(std::move(failure.error));
  log::debug("media {}: {}; again in {} ms", crypto::pseudonym(request_.id.text()), failure.error.context,
             delay->count());
  if (*delay == Duration::zero()) return start_attempt();
  const MutexLock lock(mutex_);
  const Duration pause = stopped_ ? Duration::zero() : *delay;  // cancelled since: tell the sink at once
  backoff_ = api_->timer.after(pause, [self = shared_from_this()] { self->start_attempt(); });
}

/// To the next of the secrets, if one has not been tried, or to what has taken the place of them all.
bool MediaFetch::turn_to_other_credentials() {
  if (api_->credentials() != credentials_) return true;
  const std::size_t secrets = credentials_->all.shared_secrets.size();
  if (secrets_tried_ >= secrets) return false;
  ++secrets_tried_;
  secret_ = (secret_ + 1) % secrets;
  turned_ = true;
  return true;
}

/// Once for each attempt that has passed the gate.
void MediaFetch::report(Gate::Outcome outcome, std::optional<Duration> retry_after) {
  if (std::exchange(reported_, true)) return;
  if (outcome == Gate::Outcome::answered || outcome == Gate::Outcome::head_came) api_->counters.succeeded();
  api_->gate->answered({.outcome = outcome,
                        .id = request_.id,
                        .priority = passed_as_,
                        .sent = sent_,
                        .retry_after = retry_after,
                        .credentials = credentials_->number});
}

/// Before the next attempt, if there is to be one.
std::optional<Duration> MediaFetch::pause_after(const FailedAttempt& failure) {
  if (request_.existence || priority_ == Priority::ahead) return std::nullopt;
  fresh_ = true;
  auto delay =
      delay_before_retry({.failure = failure.error.code,
                          .failures = failures_.add(failure.error.code),
                          .left = std::chrono::duration_cast<Duration>(request_.deadline - api_->timer.now()),
                          .retry_after = failure.retry_after,
                          .jitter = crypto::random_fraction()});
  // It is the gate then that spares the origin, and somebody has to wait there for a probe to be sent.
  if (delay && api_->gate->why_it_waits()) delay = std::min<Duration>(*delay, OriginCircuit::kBetweenProbes);
  return delay;
}

void MediaFetch::finish(Status outcome) {
  {
    const MutexLock lock(mutex_);
    if (deadline_) api_->timer.cancel(*deadline_);
    deadline_.reset();
    transfer_.reset();
  }
  sink_->on_end(std::move(outcome));
}

void MediaFetch::resume() {
  const MutexLock lock(mutex_);
  if (transfer_) {
    api_->http.resume(*transfer_);
  } else {
    resume_early_ = true;  // it may have paused before whoever starts it has its number
  }
}

std::optional<Error> MediaFetch::last_retry_error() {
  const MutexLock lock(mutex_);
  return last_retry_error_;
}

void MediaFetch::cancel() {
  stop(Errc::cancelled);
}

void MediaFetch::hasten() {
  std::optional<Gate::Ticket> ticket;
  {
    const MutexLock lock(mutex_);
    priority_ = Priority::reader;
    ticket = ticket_;
  }
  if (ticket) api_->gate->hasten(*ticket);
}

void MediaFetch::stop(Errc why) {
  const MutexLock lock(mutex_);
  const bool is_in_time = why == Errc::timed_out && !deadline_;  // a head has come meanwhile
  if (stopped_ || is_in_time) return;
  stopped_ = why;
  if (transfer_) api_->http.cancel(*transfer_);
  // It waits to begin an attempt: begun now, the attempt finds that it must not be sent.
  const bool waits_in_gate = ticket_ && api_->gate->leave(*ticket_);
  if (waits_in_gate || (backoff_ && api_->timer.cancel(*backoff_))) {
    api_->timer.post([self = shared_from_this()] { self->start_attempt(); });
  }
}

}  // namespace mediafs
