#include "api/media_attempt.h"

#include <charconv>

#include "api/refusal.h"
#include "mediafs/base/log.h"
#include "mediafs/crypto/pseudonym.h"
#include "mediafs/http/url.h"

namespace mediafs {

namespace {

constexpr std::size_t kProgress = 128_KiB;  // as the store counts it: a chunk
constexpr std::size_t kMaxErrorBody = 64_KiB;
constexpr std::size_t kLongestShownType = 64;

/// Seconds or a date (RFC 9110 section 10.2.3); nothing where it is neither.
std::optional<Duration> parse_retry_after(std::optional<std::string_view> text, UnixSeconds now) {
  if (!text) return std::nullopt;
  std::int32_t seconds = 0;
  const char* const past = text->data() + text->size();
  const auto [end, error] = std::from_chars(text->data(), past, seconds);
  if (error == std::errc::result_out_of_range && end == past)
    return text->starts_with('-') ? Duration::zero() : kLongestRetryAfter;
  if (error == std::errc() && end == past) return std::chrono::seconds(seconds);
  if (const auto date = parse_http_date(*text)) return std::chrono::seconds(*date - now);
  return std::nullopt;
}

}  // namespace

Flow MediaFetch::Attempt::on_head(const ResponseHead& head) {
  status_ = head.status;
  count_head();
  if (asks_to_wait())
    retry_after_ = parse_retry_after(head.find("retry-after"), fetch_->api_->timer.clock().wall_seconds());
  if (head.status != 200 && head.status != 206) {
    location_ = head.find("location").value_or("");
    error_origin_ = origin_of(head, question());
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

Flow MediaFetch::Attempt::on_body(ByteView piece) {
  const Flow flow = take_body(piece);
  if (flow == Flow::pause) return flow;  // it comes again
  counters().received(piece.size());
  received_ += piece.size();
  return flow;
}

Flow MediaFetch::Attempt::take_body(ByteView piece) {
  if (judged_) return pass_body(piece);
  const std::size_t before = collected_.size();
  collected_ += text_of(piece);
  if (!media_) return take_error_body();
  const Flow flow = judge_body(/*ended=*/false);
  if (flow == Flow::pause) collected_.resize(before);  // the piece comes again
  return flow;
}

void MediaFetch::Attempt::on_end(Status outcome) {
  count_end(outcome);
  if (media_ && !judged_ && !failure_ && outcome.ok()) {
    const Flow flow = judge_body(/*ended=*/true);
    if (flow == Flow::stop) outcome = Error{Errc::cancelled, "not wanted"};
    if (flow == Flow::pause) {
      body_ended(ok_status());  // the want is ours
      outcome = Error{Errc::unavailable, "no memory for a small body"};
    }
  }
  if (head_passed_) {
    if (outcome.ok() && media_->verifier && !media_->verifier->matches()) {
      counters().signature_mismatched();
      outcome = Error{Errc::corrupt, "a body that does not match its signature"};
    }
    if (outcome.ok() && unbinding_ && !unbinding_->matches()) {
      counters().signature_mismatched();
      log::warning("{}: its signature does not match; it is taken as unsigned",
                   crypto::pseudonym(fetch_->request_.id.text()));
    }
    body_ended(outcome);
    if (!outcome.ok()) counters().failed(outcome.error());
    fetch_->finish(std::move(outcome));
    return;
  }
  const bool broke_off = !outcome.ok() && (outcome.error().code == Errc::cancelled || !asks_to_wait());
  const bool cut = !failure_ && broke_off;
  if (cut) failure_ = std::move(outcome).error();
  if (!failure_) failure_ = error_from_body();
  fetch_->attempt_failed({*std::move(failure_), status_, std::move(code_), by_api_, cut, retry_after_});
}

MediaQuestion MediaFetch::Attempt::question() const {
  return {.offset = fetch_->request_.offset,
          .end = fetch_->request_.end,
          .require_signature = fetch_->api_->require_signature,
          .credentials = &credentials()};
}

void MediaFetch::Attempt::count_head() {
  const Endpoint endpoint = fetch_->endpoint();
  counters().answered(endpoint, status_, sent_);
  lasted_ = endpoint == Endpoint::media;  // a listing lasts until its end
  if (lasted_) counters().lasted(endpoint, sent_);
}

void MediaFetch::Attempt::count_end(const Status& outcome) {
  const Endpoint endpoint = fetch_->endpoint();
  if (status_ == 0)
    counters().unanswered(endpoint, outcome.ok() ? Errc::internal : fetch_->cause_of(outcome.error().code),
                          sent_);
  if (!lasted_) counters().lasted(endpoint, sent_);
  const auto took = std::chrono::duration_cast<Duration>(fetch_->api_->timer.now() - sent_);
  log::debug("{} {}: HTTP {}, {} bytes in {} ms, {}", name_of(endpoint),
             crypto::pseudonym(fetch_->request_.id.text()), status_, received_, took.count(),
             outcome.ok() ? "complete" : to_string(outcome.error().code));
}

Flow MediaFetch::Attempt::pass_head() {
  head_passed_ = true;
  fetch_->head_arrived();
  return fetch_->sink_->on_head(*media_);
}

/// A body of which much has come shows an origin that is alive; else its end tells.
void MediaFetch::Attempt::body_ended(const Status& outcome) {
  if (std::exchange(alive_, true)) return;
  const bool well = outcome.ok() || outcome.error().code == Errc::cancelled;
  fetch_->api_->gate->body(fetch_->request_.id, well);
}

Flow MediaFetch::Attempt::pass_body(ByteView piece) {
  const Flow flow = fetch_->sink_->on_body(piece);
  passed_ += flow == Flow::go_on ? piece.size() : 0;
  if (passed_ >= kProgress) body_ended(ok_status());
  if (flow == Flow::go_on && media_->verifier) media_->verifier->update(piece);
  if (flow == Flow::go_on && unbinding_) unbinding_->update(piece);
  return flow;
}

/// Of an error no more is read than can be understood; then the connection goes.
Flow MediaFetch::Attempt::take_error_body() {
  if (collected_.size() < kMaxErrorBody) return Flow::go_on;
  failure_ = error_from_body();
  return Flow::stop;
}

/// Passes on what has come of the body, holds it back, or refuses it.
Flow MediaFetch::Attempt::judge_body(bool ended) {
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
std::optional<Error> MediaFetch::Attempt::why_refused(BodyKind kind) {
  const FetchRequest& asked = fetch_->request_;
  if (kind == BodyKind::media) return std::nullopt;
  if (kind == BodyKind::api_error) {
    if (status_ == 200) error_origin_.verifier = media_->verifier;  // which has seen nothing as yet
    Error said = error_from_body();
    if (code_.empty()) said.code = Errc::outside_api;
    if (said.code == Errc::denied || (asked.listing && by_api_)) return said;
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

bool MediaFetch::Attempt::is_proved_foreign() {
  if (error_origin_.contradicts) return true;
  if (!error_origin_.verifier || !fetch_->api_->verify_signatures) return false;
  error_origin_.verifier->update(bytes_of(collected_));
  const bool matches = std::exchange(error_origin_.verifier, nullptr)->matches();
  if (!matches) counters().signature_mismatched();
  return !matches;
}

Error MediaFetch::Attempt::error_from_body() {
  const FetchRequest& asked = fetch_->request_;
  const bool of_session = asked.listing && *asked.listing != ListingKind::attempt_media;
  // What cannot be the API's is a gateway's, whatever form it has.
  const std::string_view body = is_proved_foreign() ? std::string_view() : collected_;
  Refusal refusal = refusal_of(
      {.status = status_, .location = location_, .body = body, .of_session = of_session}, credentials());
  code_ = std::move(refusal.code);
  by_api_ = refusal.by_api;
  return std::move(refusal.error);
}

}  // namespace mediafs
