// Download, the part that decides what to do when a stream breaks.
#include <algorithm>

#include "mediafs/api/retry.h"
#include "mediafs/base/log.h"
#include "mediafs/crypto/pseudonym.h"
#include "mediafs/crypto/random.h"
#include "store/download/download.h"
#include "store/transient.h"

namespace mediafs {

namespace {

constexpr auto kRememberFailure = std::chrono::seconds(1);

/// A gateway may have a word of its own for a range; what the API has to say of the media, such as that it
/// has been erased, it says of the whole too.
bool may_be_for_the_range(Errc code) {
  switch (code) {
    case Errc::not_found:
    case Errc::not_found_by_gateway:
    case Errc::impossible_id:
    case Errc::invalid_argument:
    case Errc::denied:
    case Errc::protocol:
    case Errc::outside_api:
      return true;
    default:
      return false;
  }
}

}  // namespace

/// For another attempt to come forward.
Duration Download::time_left(const Stream& stream) const {
  const auto failing = context_->timer.now() - stream.failing_since.value_or(context_->timer.now());
  return context_->options.deadline - std::chrono::duration_cast<Duration>(failing);
}

/// All retries have been made by now.
void Download::end_without_head(DeferredActions& deferred, Stream& stream, const Error& error) {
  if (stream.position > 0 && may_be_for_the_range(error.code)) {
    ranges_refused_ = true;  // it may do better with the whole
    if (others_bring_all(stream)) return;
    return restart_later(stream.shared_from_this(), Duration::zero(), error);
  }
  if (stream.ahead && is_transient(error.code)) return;           // who waits by now has it begun anew
  if (may_be_for_the_range(error.code)) ranges_refused_ = false;  // it was not: the whole has it too
  if (is_denial(error.code) && !item_) context_->catalog.note_absent(id_, context_->options.negative_ttl);
  fail(deferred, error);
}

/// A stream that ended before its time. Its bytes up to `position` are good unless the error says otherwise.
void Download::recover(DeferredActions& deferred, Stream& stream, const Error& error) {
  if (stream.cancelled && !context_->stopping) return;
  if (!stream.head_seen || error.code == Errc::cancelled) return end_without_head(deferred, stream, error);
  if (error.code == Errc::corrupt) {
    if (!stream.holds_back) {  // readers have had some of it
      version_changed(deferred, Errc::corrupt, nullptr);
      remember_failure(error);  // also where nobody waits just now: it is what their open version ended by
      return fail(deferred, error);
    }
    stream.position = 0;  // none of it can be told right from wrong
    stream.held.clear();
  }
  // Progress is a chunk or more: an origin that gives ten bytes and hangs up each time is broken.
  if (!stream.only_repeats()) {
    stream.failures = {};
    stream.failing_since.reset();
  }
  stream.broke_at = std::max(stream.broke_at, stream.position);
  if (!stream.failing_since) stream.failing_since = context_->timer.now();
  const auto delay = delay_before_retry({.failure = error.code,
                                         .failures = stream.failures.add(error.code),
                                         .left = time_left(stream),
                                         .retry_after = std::nullopt,
                                         .jitter = crypto::random_fraction()});
  if (!delay) return fail(deferred, error);
  stream.last_retry_error = error;
  if (worth_going_on(stream)) restart_later(stream.shared_from_this(), *delay, error);
}

void Download::restart_later(const std::shared_ptr<Stream>& broken, Duration delay, const Error& why) {
  broken_.push_back(broken);
  last_retry_error_ = why;
  context_->timer.after(delay, [self = weak_from_this(), broken] {
    if (const auto download = self.lock()) download->restart(broken);
  });
}

void Download::restart(const std::shared_ptr<Stream>& broken) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  const bool planned = std::erase(broken_, broken) > 0;
  if (broken_.empty()) last_retry_error_.reset();
  if (!planned) return notice_idleness(deferred);  // the media has been erased since
  if (context_->stopping) return fail(deferred, Error{Errc::cancelled, "shutting down"});
  const auto stream = successor_of(*broken);
  if (worth_going_on(*stream) && !is_coming(stream->filling_chunk()))
    start_stream(deferred, stream, /*fresh=*/true);
  ensure_streams(deferred);  // whoever waits for other chunks is not left without one
  notice_idleness(deferred);
}

/// Goes on where the broken stream left off, if it can be proved to be the same version; else from the start.
std::shared_ptr<Stream> Download::successor_of(Stream& broken) {
  auto stream = std::make_shared<Stream>(shared_from_this());
  stream->failures = broken.failures;
  stream->failing_since = broken.failing_since;
  stream->last_retry_error = broken.last_retry_error;
  stream->broke_at = broken.broke_at;
  const bool same_version = broken.revision == revision_;
  if (same_version && has_ranges() && broken.position > 0 &&
      broken.position < std::min(broken.end, item_->size)) {
    stream->revision = revision_;
    stream->position = broken.position;
    stream->end = broken.end;
    stream->filling = std::move(broken.filling);
    stream->filled = broken.filled;
    stream->spare = std::move(broken.spare);
    stream->held = std::move(broken.held);
    stream->verifier = std::move(broken.verifier);
    stream->holds_back = broken.holds_back;
  } else if (same_version && broken.filling && !broken.holds_back) {
    seen_.leave_remnant(broken.filling_chunk(), std::move(broken.filling), broken.filled);
  }
  return stream;
}

/// The kernel repeats a failed read page by page, and each must not be a request or wait for a deadline of
/// its own.
void Download::remember_failure(const Error& error, ByteRange of) {
  failure_ = Failure{error, context_->timer.now() + kRememberFailure, of};
  context_->timer.at(failure_->until, [self = weak_from_this()] {
    const auto download = self.lock();
    if (download && download->idle()) download->context_->idle(download->id_);
  });
}

/// Tells everybody who waits for what no other stream brings; remembers it for a moment.
void Download::fail(DeferredActions& deferred, const Error& error) {
  const auto level = is_denial(error.code) ? log::Level::info : log::Level::warning;
  if (error.code != Errc::cancelled && log::enabled(level)) {
    log::write(level, fmt::format("media {}: {} ({})", crypto::pseudonym(id_.text()), to_string(error.code),
                                  error.context));
  }
  const bool for_one_caller = error.code == Errc::not_found_by_gateway;
  if (!waiters_->none() && !for_one_caller) remember_failure(error);  // else nobody would ask again at once
  waiters_->answer_finders(deferred, error);
  waiters_->fail_reads(deferred, error, [this](const PendingRead& read) REQUIRES(mutex_) {
    return context_->stopping || !is_coming(read.first_missing());
  });
}

}  // namespace mediafs
