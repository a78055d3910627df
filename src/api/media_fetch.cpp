#include "api/media_fetch.h"

#include <charconv>

#include "api/api_error.h"
#include "mediafs/base/log.h"
#include "mediafs/crypto/pseudonym.h"
#include "mediafs/crypto/random.h"
#include "mediafs/http/url.h"

namespace mediafs {

namespace {

constexpr std::size_t kMaxErrorBody = 64_KiB;
constexpr std::uint64_t kMaxJsonProbe = 16_KiB;
constexpr std::size_t kMaxLoggedMessage = 200;

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

/// The API's own words, short, and without the id that it may repeat.
std::string loggable(std::string message, const MediaId& id) {
  for (std::size_t at = message.find(id.text()); at != std::string::npos; at = message.find(id.text())) {
    message.replace(at, id.text().size(), "(id)");
  }
  if (message.size() > kMaxLoggedMessage) message.resize(kMaxLoggedMessage);
  return message;
}

/// RFC 9110 section 14.2.
std::string range_of(const FetchRequest& request) {
  const std::string last = request.end ? std::to_string(*request.end - 1) : std::string();
  return fmt::format("bytes={}-{}", request.offset, last);
}

}  // namespace

/// Takes in one HTTP response for a MediaFetch: passes on the body of a good one, collects that of an error.
class MediaFetch::Attempt final : public ResponseSink {
 public:
  explicit Attempt(std::shared_ptr<MediaFetch> fetch) : fetch_(std::move(fetch)) {}

  Flow on_head(const ResponseHead& head) override {
    status_ = head.status;
    if (head.status != 200 && head.status != 206) {
      retry_after_ = parse_retry_after(head.find("retry-after"), fetch_->api_->timer.clock().wall_seconds());
      return Flow::go_on;
    }
    auto media = interpret_media_head(head, question());
    if (!media) {
      failure_ = std::move(media).error();
      return Flow::stop;
    }
    media_ = *std::move(media);
    if (media_->offset > 0 && fetch_->request_.verifier) media_->verifier = fetch_->request_.verifier;
    // The API's way of saying no with a 200: a small JSON object, which would pass for NFC data.
    probe_ = head.status == 200 && media_->content_type == "application/json" &&
             media_->size.value_or(kMaxJsonProbe + 1) <= kMaxJsonProbe && media_->size.value_or(0) > 0;
    return probe_ ? Flow::go_on : pass_head();
  }

  Flow on_body(ByteView piece) override {
    if (probe_) return take_probed(piece);
    if (head_passed_) return pass_body(piece);
    if (collected_.size() + piece.size() <= kMaxErrorBody) collected_ += text_of(piece);
    return Flow::go_on;
  }

  void on_end(Status outcome) override {
    if (head_passed_) {
      if (outcome.ok() && media_->verifier && !media_->verifier->matches()) {
        outcome = Error{Errc::corrupt, "a body that does not match its signature"};
      }
      fetch_->finish(std::move(outcome));
      return;
    }
    if (!failure_ && !outcome.ok()) failure_ = std::move(outcome).error();
    if (!failure_) failure_ = error_from_body(status_);
    fetch_->attempt_failed({*std::move(failure_), status_, std::move(code_), retry_after_});
  }

 private:
  [[nodiscard]] MediaQuestion question() const {
    return {.offset = fetch_->request_.offset,
            .end = fetch_->request_.end,
            .require_signature = fetch_->api_->require_signature,
            .credentials = &fetch_->credentials_->all};
  }

  Flow pass_head() {
    head_passed_ = true;
    fetch_->head_arrived();
    return fetch_->sink_->on_head(*media_);
  }

  Flow pass_body(ByteView piece) {
    const Flow flow = fetch_->sink_->on_body(piece);
    if (flow == Flow::go_on && media_->verifier) media_->verifier->update(piece);
    return flow;
  }

  Flow take_probed(ByteView piece) {
    const std::size_t before = collected_.size();
    collected_ += text_of(piece);
    if (collected_.size() < *media_->size) return Flow::go_on;
    if (const auto said = parse_api_error(collected_); said && !said->code.empty()) {
      failure_ = error_from_body(400);
      return Flow::stop;
    }
    Flow flow = head_passed_ ? Flow::go_on : pass_head();
    if (flow == Flow::go_on) flow = pass_body(bytes_of(collected_));
    if (flow == Flow::pause) collected_.resize(before);  // the last piece comes again
    return flow;
  }

  Error error_from_body(int status) {
    const auto said = parse_api_error(collected_);
    if (said) code_ = said->code;
    std::string context = fmt::format("HTTP {}", status_);
    if (said) {
      context += fmt::format(", code {}: {}",
                             said->code.empty() ? "none" : loggable(said->code, fetch_->request_.id),
                             loggable(said->message, fetch_->request_.id));
    }
    Errc meaning = meaning_of(status, code_);
    if (fetch_->request_.existence && status == 400 && meaning == Errc::not_found)
      meaning = Errc::invalid_argument;  // the API does not like the id, which is no word on the media
    return {meaning, std::move(context)};
  }

  const std::shared_ptr<MediaFetch> fetch_;
  int status_ = 0;
  std::optional<Duration> retry_after_;
  std::optional<MediaHead> media_;
  bool head_passed_ = false;
  bool probe_ = false;     // a small JSON body: read whole before its head is believed
  std::string collected_;  // of an error or of a probed body
  std::string code_;
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
      fresh_(request_.fresh_connection) {}

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
    add("Range", range_of(request_));
    if (!request_.if_range.empty()) add("If-Range", request_.if_range);
  }
  return http;
}

void MediaFetch::start_attempt() {
  int number = 0;
  {
    const MutexLock lock(mutex_);
    if (!stopped_) {
      number = ++attempts_;
      setback_.reset();
    }
  }
  if (number == 0) return finish(stop_reason());
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
  const MutexLock lock(mutex_);
  if (deadline_) api_->timer.cancel(*deadline_);
  deadline_.reset();
}

Error MediaFetch::stop_reason() {
  const MutexLock lock(mutex_);
  const Errc why = stopped_.value_or(Errc::cancelled);
  if (why == Errc::timed_out && setback_) return *setback_;  // it did not stall, it failed
  return {why, why == Errc::timed_out ? "no answer within the deadline" : "cancelled"};
}

void MediaFetch::attempt_failed(Failure failure) {
  std::optional<Duration> delay;
  bool stopped = false;
  {
    const MutexLock lock(mutex_);
    transfer_.reset();
    if (!stopped_) delay = next_attempt_after(failure);
    if (delay) setback_ = failure.error;
    stopped = stopped_.has_value();
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

std::optional<Duration> MediaFetch::next_attempt_after(const Failure& failure) {
  if (is_authorization_failure(failure.status, failure.code)) {
    if (api_->credentials() != credentials_) return Duration::zero();  // they have been replaced since
    const std::size_t secrets = credentials_->all.shared_secrets.size();
    if (secrets_tried_ < secrets) {
      ++secrets_tried_;
      secret_ = (secret_ + 1) % secrets;
      return Duration::zero();
    }
  }
  if (request_.existence) return std::nullopt;
  fresh_ = true;
  return delay_before_retry(
      {.failure = failure.error.code,
       .attempts = attempts_,
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

void MediaFetch::stop(Errc why) {
  const MutexLock lock(mutex_);
  if (stopped_) return;
  stopped_ = why;
  if (transfer_) api_->http.cancel(*transfer_);
  // Between two attempts: the next one finds out that it is not to be, now instead of later.
  if (backoff_ && api_->timer.cancel(*backoff_)) {
    api_->timer.post([self = shared_from_this()] { self->start_attempt(); });
  }
}

}  // namespace mediafs
