#include "api/media_fetch.h"

#include <charconv>

#include "api/api_error.h"
#include "api/foreign_body.h"
#include "api/refusal.h"
#include "mediafs/base/log.h"
#include "mediafs/crypto/pseudonym.h"
#include "mediafs/crypto/random.h"
#include "mediafs/http/url.h"

namespace mediafs {

namespace {

constexpr std::size_t kMaxErrorBody = 64_KiB;
constexpr std::size_t kLongestShownType = 64;

/// Seconds or a date (RFC 9110 section 10.2.3); nothing where it is neither.
std::optional<Duration> parse_retry_after(std::optional<std::string_view> text, UnixSeconds now) {
  if (!text) return std::nullopt;
  std::int32_t seconds = 0;
  const char* const past = text->data() + text->size();
  const auto [end, error] = std::from_chars(text->data(), past, seconds);
  if (error == std::errc() && end == past) return std::chrono::seconds(seconds);
  if (const auto date = parse_http_date(*text)) return std::chrono::seconds(*date - now);
  return std::nullopt;
}

}  // namespace

/// Takes in one HTTP response for a MediaFetch: passes on the body of a good one, once its beginning has
/// shown that it is one, and collects that of an error.
class MediaFetch::Attempt final : public ResponseSink {
 public:
  explicit Attempt(std::shared_ptr<MediaFetch> fetch) : fetch_(std::move(fetch)) {}

  Flow on_head(const ResponseHead& head) override {
    status_ = head.status;
    if (head.status != 200 && head.status != 206) {
      retry_after_ = parse_retry_after(head.find("retry-after"), fetch_->api_->timer.clock().wall_seconds());
      location_ = head.find("location").value_or("");
      return Flow::go_on;
    }
    auto media = interpret_media_head(head, question());
    if (!media) {
      failure_ = std::move(media).error();
      return Flow::stop;
    }
    media_ = *std::move(media);
    if (media_->offset > 0 && fetch_->request_.verifier) media_->verifier = fetch_->request_.verifier;
    if (!fetch_->api_->verify_signatures) {
      media_->is_signed = false;
      unbinding_ = std::move(media_->verifier);
    }
    return judge_body(/*ended=*/false);
  }

  Flow on_body(ByteView piece) override {
    if (judged_) return pass_body(piece);
    const std::size_t before = collected_.size();
    collected_ += text_of(piece);
    if (!media_) return take_error_body();
    const Flow flow = judge_body(/*ended=*/false);
    if (flow == Flow::pause) collected_.resize(before);  // the piece comes again
    return flow;
  }

  void on_end(Status outcome) override {
    if (media_ && !judged_ && !failure_ && outcome.ok()) {
      const Flow flow = judge_body(/*ended=*/true);
      if (flow == Flow::stop) outcome = Error{Errc::cancelled, "not wanted"};
      if (flow == Flow::pause) outcome = Error{Errc::unavailable, "no memory for a small body"};
    }
    if (head_passed_) {
      if (outcome.ok() && media_->verifier && !media_->verifier->matches()) {
        outcome = Error{Errc::corrupt, "a body that does not match its signature"};
      }
      if (outcome.ok() && unbinding_ && !unbinding_->matches()) {
        log::warning("{}: its signature does not match; it is taken as unsigned",
                     crypto::pseudonym(fetch_->request_.id.text()));
      }
      fetch_->finish(std::move(outcome));
      return;
    }
    const bool cut = !failure_ && !outcome.ok();
    if (cut) failure_ = std::move(outcome).error();
    if (!failure_) failure_ = error_from_body();
    fetch_->attempt_failed({*std::move(failure_), status_, std::move(code_), by_api_, cut, retry_after_});
  }

 private:
  [[nodiscard]] MediaQuestion question() const {
    return {.offset = fetch_->request_.offset,
            .end = fetch_->request_.end,
            .require_signature = fetch_->api_->require_signature,
            .credentials = &credentials()};
  }

  Flow pass_head() {
    head_passed_ = true;
    fetch_->head_arrived();
    return fetch_->sink_->on_head(*media_);
  }

  Flow pass_body(ByteView piece) {
    const Flow flow = fetch_->sink_->on_body(piece);
    if (flow == Flow::go_on && media_->verifier) media_->verifier->update(piece);
    if (flow == Flow::go_on && unbinding_) unbinding_->update(piece);
    return flow;
  }

  /// Of an error no more is read than can be understood; then the connection goes.
  Flow take_error_body() {
    if (collected_.size() < kMaxErrorBody) return Flow::go_on;
    failure_ = error_from_body();
    return Flow::stop;
  }

  /// Passes on what has come of the body, holds it back, or refuses it.
  Flow judge_body(bool ended) {
    const BodyKind kind = kind_of_body({.is_signed = media_->is_signed,
                                        .from_the_start = media_->offset == 0,
                                        .content_type = media_->content_type,
                                        .length = body_length()},
                                       collected_, ended);
    if (kind == BodyKind::undecided) return Flow::go_on;
    failure_ = why_refused(kind);
    if (failure_) return Flow::stop;
    Flow flow = head_passed_ ? Flow::go_on : pass_head();
    if (flow == Flow::go_on && !collected_.empty()) flow = pass_body(bytes_of(collected_));
    judged_ = flow == Flow::go_on;
    if (judged_) collected_ = std::string();
    return flow;
  }

  /// Nothing where the body is what was asked for.
  std::optional<Error> why_refused(BodyKind kind) {
    const FetchRequest& asked = fetch_->request_;
    if (kind == BodyKind::media) return std::nullopt;
    if (kind == BodyKind::api_error) {
      Error said = error_from_body();
      if (code_.empty()) said.code = Errc::outside_api;
      if (said.code == Errc::denied || asked.listing) return said;
    } else if (asked.listing && kind != BodyKind::html_page) {
      return std::nullopt;  // whoever reads it finds out
    } else if (kind == BodyKind::empty) {
      const bool last = asked.existence || fetch_->empty_before_;
      const EmptyBody worth = judge_empty_body(media_->is_signed, asked.listed_size, last);
      if (worth == EmptyBody::believed) return std::nullopt;
      fetch_->empty_before_ = true;
    }
    return in_place_of_media(kind, status_, washed(media_->content_type, credentials(), kLongestShownType),
                             body_length());
  }

  Error error_from_body() {
    const FetchRequest& asked = fetch_->request_;
    const bool of_session = asked.listing && *asked.listing != ListingKind::attempt_media;
    Refusal refusal =
        refusal_of({.status = status_, .location = location_, .body = collected_, .of_session = of_session},
                   credentials());
    code_ = std::move(refusal.code);
    by_api_ = refusal.by_api;
    if (asked.existence && status_ == 400 && refusal.error.code == Errc::not_found)
      refusal.error.code = Errc::invalid_argument;  // it does not like the id: no word on the media
    return std::move(refusal.error);
  }

  [[nodiscard]] std::optional<std::uint64_t> body_length() const {
    return media_->end ? std::optional(*media_->end - media_->offset) : std::nullopt;
  }
  [[nodiscard]] const Credentials& credentials() const { return fetch_->credentials_->all; }

  const std::shared_ptr<MediaFetch> fetch_;
  int status_ = 0;
  std::optional<Duration> retry_after_;
  std::optional<MediaHead> media_;
  std::shared_ptr<BodyVerifier> unbinding_;  // where a signature that does not match is only logged
  bool head_passed_ = false;
  bool judged_ = false;    // to be what was asked for: all of it is passed on
  std::string collected_;  // of an error, or of what is not judged yet
  std::string location_;
  std::string code_;
  bool by_api_ = false;
  std::optional<Error> failure_;
};

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
  std::optional<Gate::Ticket> ticket;
  Gate::Passage passage{
      .deadline = request_.deadline,
      .go = [self = shared_from_this()](const auto& admission) { self->admitted(admission); }};
  {
    const MutexLock lock(mutex_);
    backoff_.reset();
    if (!stopped_) ticket = ticket_ = api_->gate->new_ticket();
    passage.priority = priority_;
  }
  if (!ticket) return finish(stop_reason());
  api_->gate->pass(*ticket, std::move(passage));
  bool too_late = false;
  {
    const MutexLock lock(mutex_);
    if (ticket_ != ticket) return;  // it has passed
    if (!setback_) setback_ = api_->gate->why_it_waits();
    too_late = stopped_ && api_->gate->leave(*ticket);
  }
  if (too_late) finish(stop_reason());
}

/// The gate has let it pass, or turned it away.
void MediaFetch::admitted(const Result<Priority>& admission) {
  int number = 0;
  {
    const MutexLock lock(mutex_);
    ticket_.reset();
    if (!stopped_ && admission) {
      number = ++attempts_;
      setback_.reset();
    }
  }
  if (admission) {
    passed_as_ = *admission;
    sent_ = api_->timer.now();
    reported_ = false;
  }
  if (number > 0) return send(number);
  report(Gate::Outcome::unknown);
  if (admission || is_stopped()) return finish(stop_reason());
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
  report(Gate::Outcome::answered);
  const MutexLock lock(mutex_);
  if (deadline_) api_->timer.cancel(*deadline_);
  deadline_.reset();
}

bool MediaFetch::is_stopped() {
  const MutexLock lock(mutex_);
  return stopped_.has_value();
}

Error MediaFetch::stop_reason() {
  const MutexLock lock(mutex_);
  const Errc why = stopped_.value_or(Errc::cancelled);
  if (why == Errc::timed_out && setback_) return *setback_;  // it did not stall, it failed
  return {why, why == Errc::timed_out ? "no answer within the deadline" : "cancelled"};
}

void MediaFetch::attempt_failed(Failure failure) {
  const bool denied = failure.error.code == Errc::denied;
  const bool others_may_do = denied && turn_to_other_credentials();
  report(others_may_do ? Gate::Outcome::not_the_api : outcome_of(failure), failure.retry_after);
  std::optional<Duration> delay;
  bool stopped = false;
  {
    const MutexLock lock(mutex_);
    transfer_.reset();
    stopped = stopped_.has_value();
    if (!stopped) delay = others_may_do ? Duration::zero() : pause_after(failure);
    if (delay) setback_ = failure.error;
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
  return true;
}

/// What it says of the origin.
Gate::Outcome MediaFetch::outcome_of(const Failure& failure) {
  using Outcome = Gate::Outcome;
  switch (failure.error.code) {
    case Errc::unreachable:
      return Outcome::unreachable;
    case Errc::cancelled:
      return stop_reason().code == Errc::cancelled ? Outcome::unknown : Outcome::failed;
    case Errc::untrusted:  // that is final, and is found out without a request
    case Errc::internal:
      return Outcome::unknown;
    case Errc::throttled:
      return Outcome::refused;
    case Errc::denied:
      return failure.status == 403 && !is_authorization_code(failure.code) ? Outcome::id_denied
                                                                           : Outcome::key_denied;
    case Errc::unavailable:
      if (failure.status != 503 || failure.cut) return Outcome::failed;
      return failure.retry_after ? Outcome::refused : Outcome::overloaded;
    case Errc::timed_out:
    case Errc::protocol:
    case Errc::corrupt:
      return Outcome::failed;
    default:
      return failure.by_api ? Outcome::answered : Outcome::not_the_api;
  }
}

/// Once for each attempt that has passed the gate.
void MediaFetch::report(Gate::Outcome outcome, std::optional<Duration> retry_after) {
  if (std::exchange(reported_, true)) return;
  api_->gate->answered({.outcome = outcome,
                        .id = request_.id,
                        .priority = passed_as_,
                        .sent = sent_,
                        .retry_after = retry_after});
}

/// Before the next attempt, if there is to be one.
std::optional<Duration> MediaFetch::pause_after(const Failure& failure) {
  if (request_.existence || priority_ == Priority::ahead) return std::nullopt;
  fresh_ = true;
  return delay_before_retry(
      {.failure = failure.error.code,
       .failures = failures_.add(failure.error.code),
       .left = std::chrono::duration_cast<Duration>(request_.deadline - api_->timer.now()),
       .retry_after = failure.retry_after,
       .jitter = crypto::random_fraction()});
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

std::optional<Error> MediaFetch::setback() {
  const MutexLock lock(mutex_);
  return setback_;
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
  if (stopped_) return;
  stopped_ = why;
  if (transfer_) api_->http.cancel(*transfer_);
  // Before an attempt: that one finds out that it is not to be, now instead of later.
  const bool waits_in_gate = ticket_ && api_->gate->leave(*ticket_);
  if (waits_in_gate || (backoff_ && api_->timer.cancel(*backoff_))) {
    api_->timer.post([self = shared_from_this()] { self->start_attempt(); });
  }
}

}  // namespace mediafs
