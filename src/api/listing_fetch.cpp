#include "api/listing_fetch.h"

#include <fmt/format.h>

#include "api/media_fetch.h"
#include "mediafs/api/listing.h"
#include "mediafs/base/log.h"
#include "mediafs/crypto/pseudonym.h"
#include "mediafs/crypto/random.h"

namespace mediafs {

namespace {

/// Of bodies, all fetches together: what a few hostile listings may take, and many thousand others.
constexpr std::size_t kMostTogether = 2 * kMaxListingBytes;

}  // namespace

ListingFetch::ListingFetch(std::shared_ptr<ApiShared> api, ListingKey key, Priority priority,
                           SteadyTime deadline, Done<Listing> done)
    : api_(std::move(api)),
      key_(std::move(key)),
      deadline_(deadline),
      priority_(priority),
      done_(std::move(done)) {}

ListingFetch::~ListingFetch() {
  let_go_of_body();
}

void ListingFetch::let_go_of_body() {
  api_->listing_bytes -= body_.size();
  body_ = std::string();
}

void ListingFetch::begin() {
  {
    const MutexLock lock(mutex_);
    time_up_ = api_->timer.at(deadline_, [self = weak_from_this()] {
      if (const auto fetch = self.lock()) fetch->end_with(Errc::timed_out);
    });
  }
  start_attempt();
}

void ListingFetch::cancel() {
  end_with(Errc::cancelled);
}

void ListingFetch::hasten() {
  std::shared_ptr<Fetch> fetch;
  {
    const MutexLock lock(mutex_);
    priority_ = Priority::reader;
    fetch = fetch_;
  }
  if (fetch) fetch->hasten();
}

Priority ListingFetch::priority() {
  const MutexLock lock(mutex_);
  return priority_;
}

void ListingFetch::start_attempt() {
  head_seen_ = too_large_ = no_room_ = false;
  const Priority priority_now = priority();
  auto fetch = std::make_shared<MediaFetch>(api_, api_->base.listing(key_),
                                            FetchRequest{.id = key_.id,
                                                         .listing = key_.kind,
                                                         .fresh_connection = fresh_,
                                                         .priority = priority_now,
                                                         .deadline = deadline_},
                                            shared_from_this());
  {
    const MutexLock lock(mutex_);
    backoff_.reset();
    last_retry_error_.reset();
    fetch_ = fetch;
    if (ended_) fetch->cancel();
  }
  if (priority() != priority_now) fetch->hasten();
  fetch->begin();
}

void ListingFetch::end_with(Errc why) {
  const MutexLock lock(mutex_);
  if (ended_ || !done_) return;
  ended_ = why;
  if (fetch_ && !last_retry_error_) last_retry_error_ = fetch_->last_retry_error();
  if (fetch_) fetch_->cancel();
  // It waits between two attempts: begun now, the next one finds that it must not be sent.
  if (backoff_ && api_->timer.cancel(*backoff_)) {
    api_->timer.post([self = shared_from_this()] { self->start_attempt(); });
  }
}

Flow ListingFetch::on_head(const MediaHead& head) {
  head_seen_ = true;
  if (head.size.value_or(0) <= kMaxListingBytes) return Flow::go_on;
  too_large_ = true;
  return Flow::stop;
}

Flow ListingFetch::on_body(ByteView piece) {
  too_large_ = body_.size() + piece.size() > kMaxListingBytes;
  no_room_ = api_->listing_bytes + piece.size() > kMostTogether;
  if (too_large_ || no_room_) return Flow::stop;
  api_->listing_bytes += piece.size();
  body_ += text_of(piece);
  return Flow::go_on;
}

void ListingFetch::on_end(Status outcome) {
  auto result = result_of(outcome);
  if (!result && head_seen_) api_->counters.failed(result.error());
  let_go_of_body();
  // Not every integration lists attempts: by the API's own word there are none then, which is no failure.
  if (!result && result.error().code == Errc::not_found && key_.kind == ListingKind::session_attempts)
    result = Listing{.key = key_};
  if (!result) {
    if (const auto delay = delay_after(result.error())) {
      log::debug("listing {}: {}; again in {} ms", crypto::pseudonym(key_.id.text()), result.error().context,
                 delay->count());
      const MutexLock lock(mutex_);
      fetch_.reset();
      last_retry_error_ = result.error();
      const Duration pause = ended_ ? Duration::zero() : *delay;
      backoff_ = api_->timer.after(pause, [self = shared_from_this()] { self->start_attempt(); });
      return;
    }
  }
  finish(std::move(result));
}

Result<Listing> ListingFetch::result_of(const Status& outcome) {
  {
    const MutexLock lock(mutex_);
    if (ended_ == Errc::timed_out)  // it did not stall where it failed
      return last_retry_error_.value_or(Error{Errc::timed_out, "no listing within the deadline"});
    if (ended_) return Error{*ended_, "cancelled"};
  }
  if (too_large_)
    return Error{Errc::outside_api, fmt::format("a listing of more than {} bytes", kMaxListingBytes)};
  if (no_room_) return Error{Errc::unavailable, "too many large listings at a time"};
  if (!outcome) return why_broken(outcome.error());
  auto parsed = parse_listing(key_, body_);
  if (!parsed) return std::move(parsed).error();
  if (const LeftOut& left_out = parsed->left_out; left_out.all() > 0) {
    log::warning(
        "listing {}: {} entries are left out: {} without an id, {} with one that cannot be, {} with the "
        "listing's own",
        crypto::pseudonym(key_.id.text()), left_out.all(), left_out.without_id, left_out.impossible_id,
        left_out.own_id);
  }
  return std::move(parsed->listing);
}

/// A body that breaks off is a bad listing, and not an origin that cannot be reached.
Error ListingFetch::why_broken(const Error& error) const {
  if (!head_seen_ || error.code != Errc::unavailable) return error;
  return {Errc::protocol, "a listing that was cut: " + error.context};
}

/// What comes before a head has been tried as often as it should be.
std::optional<Duration> ListingFetch::delay_after(const Error& error) {
  const MutexLock lock(mutex_);
  if (ended_ || !head_seen_) return std::nullopt;
  fresh_ = true;
  return delay_before_retry({.failure = error.code,
                             .failures = failures_.add(error.code),
                             .left = std::chrono::duration_cast<Duration>(deadline_ - api_->timer.now()),
                             .retry_after = std::nullopt,
                             .jitter = crypto::random_fraction()});
}

void ListingFetch::finish(Result<Listing> result) {
  Done<Listing> done;
  {
    const MutexLock lock(mutex_);
    if (time_up_) api_->timer.cancel(*time_up_);
    fetch_.reset();
    done = std::exchange(done_, nullptr);
  }
  if (done) done(std::move(result));
}

}  // namespace mediafs
