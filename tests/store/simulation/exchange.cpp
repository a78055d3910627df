#include "store/simulation/exchange.h"

#include <algorithm>

#include "mediafs/model/chunk.h"
#include "store/simulation/true_bytes.h"

namespace mediafs::simulation {

namespace {

/// As HttpClient's: a body that stands still for so long is given up.
constexpr Duration kStallTimeout{10'000};

/// Said of a range, it is no word on the whole.
bool may_be_of_the_range(Errc code) {
  return is_denial(code) || code == Errc::not_found_by_gateway || code == Errc::invalid_argument ||
         code == Errc::denied || code == Errc::protocol || code == Errc::outside_api;
}

}  // namespace

void SimulatedOrigin::Exchange::later(SteadyTime::duration delay, Next next) {
  origin_.timer_.after(delay, [self = shared_from_this(), turn = ++turn_, next] {
    if (self->turn_ == turn && self->sink_) (self.get()->*next)();
  });
}

void SimulatedOrigin::Exchange::begin() {
  if (std::exchange(begun_, true)) origin_.trace_.wrong("{}: a request was begun twice", media_.what);
  number_ = ++origin_.last_number_;
  ++media_.requests;
  origin_.began(shared_from_this());
  plan_ = draw_plan(origin_.random_, origin_.weather_, media_.versions.back().size);
  origin_.trace_.event(1, number_, request_.offset, request_.end.value_or(0));
  origin_.trace_.say("  GET {} {} from {} to {}{}", number_, media_.what, request_.offset,
                     request_.end ? std::to_string(*request_.end) : "the end",
                     request_.existence ? ": is it there?" : "");
  if (cancelled_) return later(Duration(0), &Exchange::end_cancelled);
  if (plan_.start == Plan::Start::hangs) {
    const SteadyTime deadline = std::max(request_.deadline, origin_.timer_.now());
    return later(deadline - origin_.timer_.now(), &Exchange::give_up);
  }
  const SteadyTime::duration left = request_.deadline - origin_.timer_.now();
  if (plan_.head_delay >= left) return later(left, &Exchange::give_up);
  later(plan_.head_delay, &Exchange::send_head);
}

void SimulatedOrigin::Exchange::cancel() {
  if (cancelled_ || !sink_) return;
  cancelled_ = true;
  if (!begun_) return;
  // What is on its way may still come before the end does.
  origin_.timer_.after(Duration(origin_.random_.below(20)), [self = shared_from_this()] {
    if (self->sink_) self->end_cancelled();
  });
}

void SimulatedOrigin::Exchange::resume() {
  if (!std::exchange(paused_, false)) {
    resumed_ = true;
  } else if (!stalled_) {
    later(Duration(0), &Exchange::send_piece);
  }
}

bool SimulatedOrigin::Exchange::brings(const std::string& etag, ByteRange range) const {
  constexpr std::uint64_t kSoon = 3_MiB;
  if (!head_sent_ || media_.versions[version_].etag != etag || position_ == end_) return false;
  return chunk_at(position_) <= chunk_at(range.offset) && range.offset <= position_ + kSoon &&
         range.end() <= end_;
}

std::optional<Error> SimulatedOrigin::Exchange::last_retry_error() {
  const bool tries_again = begun_ && !head_sent_ && plan_.start != Plan::Start::fails;
  if (!tries_again || plan_.failure == Errc::internal) return std::nullopt;
  return Error{plan_.failure, "as the weather is"};
}

void SimulatedOrigin::Exchange::heal() {
  if (cancelled_ || stopped_) return;
  const bool waits = !head_sent_ && plan_.start == Plan::Start::hangs;
  const bool waits_long = !head_sent_ && plan_.head_delay > Duration(1'500);
  const bool was_stalled = stalled_;
  const bool was_slow = plan_.slow();
  note_what_lasts();
  const auto delay = plan_.head_delay;
  plan_ = draw_plan(origin_.random_, calm(), 0);
  if (!waits && !waits_long) plan_.head_delay = delay;
  if (waits || waits_long) later(Duration(1), &Exchange::send_head);
  if (was_stalled) later(Duration(1), &Exchange::give_up);
  if (was_slow && head_sent_ && !paused_ && !stalled_) later(Duration(1), &Exchange::send_piece);
}

void SimulatedOrigin::Exchange::note_what_lasts() {
  const SteadyTime now = origin_.timer_.now();
  if (const auto why = last_retry_error()) media_.failures.note(why->code, now);
  const bool waits = !head_sent_ && (plan_.start == Plan::Start::hangs || plan_.head_delay > Duration(1'500));
  if (waits || stalled_ || (head_sent_ && plan_.slow())) media_.failures.note(Errc::timed_out, now);
}

bool SimulatedOrigin::Exchange::fails_before_head() {
  if (!media_.present) {
    fail(Errc::not_found);
  } else if (plan_.start == Plan::Start::fails) {
    const bool turned_away = request_.priority == Priority::ahead && !hastened_;
    fail(turned_away ? Errc::throttled : plan_.failure);
  } else if (is_range() && plan_.range_failure != Errc::internal) {
    fail(plan_.range_failure);
  } else {
    return false;
  }
  return true;
}

void SimulatedOrigin::Exchange::send_head() {
  if (fails_before_head()) return;
  const MediaHead head = make_head();
  head_sent_ = true;
  media_.heads[version_] = origin_.timer_.now();
  origin_.trace_.event(2, number_, head.offset, head.size.value_or(0));
  origin_.trace_.say("  head of {}: {} version {}, bytes {} to {}{}{}", number_, media_.what, version_,
                     position_, end_, head.size ? "" : ", no length", head.etag.empty() ? ", no tag" : "");
  if (sink_->on_head(head) == Flow::stop) {
    stopped_ = true;
    return later(Duration(0), &Exchange::end_cancelled);
  }
  later(Duration(0), &Exchange::send_piece);
}

MediaHead SimulatedOrigin::Exchange::make_head() {
  version_ = media_.current();
  const Version& now = media_.versions[version_];
  const bool asked_part = is_range() || request_.end;
  const bool same = request_.offset == 0 || request_.if_range == now.etag || plan_.foreign;
  partial_ = asked_part && media_.ranges && same && !plan_.whole && request_.offset < now.size;
  first_ = position_ = partial_ ? request_.offset : 0;
  end_ = partial_ ? std::min(request_.end.value_or(now.size), now.size) : now.size;
  MediaHead head{.offset = first_,
                 .ranges = media_.ranges,
                 .content_type = "video/mp4",
                 .etag = now.etag,
                 .is_signed = now.is_signed};
  if (partial_ || (media_.sized && !plan_.unsized)) {
    head.size = now.size;
    head.end = end_;
  } else {
    media_.sent_unsized[version_] = true;
  }
  if (now.is_signed && first_ == 0 && !partial_) {
    verifier_ = std::make_shared<Verifier>(version_);
  } else if (first_ > 0) {
    verifier_ = std::static_pointer_cast<Verifier>(request_.verifier);
  }
  head.verifier = verifier_;
  if (!verifier_) plan_.flip_after = Plan::kNowhere;  // nobody could tell
  if (!head.size || request_.existence)
    plan_.too_long = plan_.too_short = false;  // its framing tells where it ends
  return head;
}

/// True: nothing comes just now, or ever.
bool SimulatedOrigin::Exchange::interrupted() {
  const std::uint64_t done = position_ - first_;
  if (done >= plan_.cut_after && position_ < end_) {
    if (plan_.changes) origin_.change_(media_, origin_.random_);
    fail(plan_.cut);
    return true;
  }
  if (done < plan_.stall_after || position_ >= end_) return false;
  stalled_ = true;
  later(kStallTimeout, &Exchange::give_up);
  return true;
}

std::size_t SimulatedOrigin::Exchange::next_length() const {
  const std::uint64_t done = position_ - first_;
  std::uint64_t length =
      plan_.crumbs > 0 ? static_cast<std::uint64_t>(1 + plan_.crumbs * plan_.crumbs * 7) : plan_.piece;
  if (plan_.slow())
    length = std::min<std::uint64_t>(length, std::max<std::uint64_t>(plan_.bytes_per_second / 4, 1));
  for (const std::uint64_t place : {plan_.cut_after, plan_.stall_after}) {
    if (place > done) length = std::min(length, place - done);
  }
  return static_cast<std::size_t>(std::min(length, end_ - position_));
}

void SimulatedOrigin::Exchange::send_piece() {
  if (interrupted()) return;
  if (position_ == end_) return end_body();
  const std::size_t length = next_length();
  if (plan_.too_short && position_ + length == end_) {
    media_.tampered = origin_.timer_.now();
    media_.failures.note(verifier_ ? Errc::corrupt : Errc::protocol, origin_.timer_.now());
    return end(verifier_ ? Status(Error{Errc::corrupt, "a body that does not match its signature"})
                         : ok_status());
  }
  pass(length);
}

void SimulatedOrigin::Exchange::pass(std::size_t length) {
  const MutableBytes piece(origin_.scratch_.data(), length);
  fill(media_.versions[version_].seed, position_, piece);
  note_before_passing(length);
  resumed_ = false;
  const Flow flow = sink_->on_body(piece);
  origin_.trace_.event(3, number_, position_, length, flow);
  if (flow == Flow::go_on) return took(length);
  if (flow == Flow::stop) {
    stopped_ = true;
    return later(Duration(0), &Exchange::end_cancelled);
  }
  origin_.trace_.say("  {} pauses at {}", number_, position_);
  paused_ = !resumed_;
  if (resumed_) later(Duration(0), &Exchange::send_piece);
}

/// Spoils the piece if it is to be, and notes what the store knows by it, before it can tell anybody.
void SimulatedOrigin::Exchange::note_before_passing(std::size_t length) {
  const std::uint64_t flip =
      plan_.flip_after == Plan::kNowhere ? plan_.flip_after : first_ + plan_.flip_after;
  if (flip >= position_ && flip < position_ + length) {
    origin_.scratch_[flip - position_] ^= std::byte{0x10};
    media_.flipped[{version_, flip}] = origin_.timer_.now();
    media_.tampered = origin_.timer_.now();
  }
  const Version& version = media_.versions[version_];
  if (!version.is_signed || verifier_ || version.size == 0) return;
  const std::uint64_t last_chunk = (version.size - 1) / kChunkSize * kChunkSize;
  if (position_ + length > last_chunk) media_.unproved_tails[version_] = true;
}

void SimulatedOrigin::Exchange::took(std::size_t length) {
  const std::uint64_t flip =
      plan_.flip_after == Plan::kNowhere ? plan_.flip_after : first_ + plan_.flip_after;
  if (verifier_) {
    const bool flipped = flip >= position_ && flip < position_ + length;
    if (flipped || verifier_->position != position_ || verifier_->version != version_)
      verifier_->wrong = true;
    verifier_->position += length;
  }
  position_ += length;
  media_.bytes += length;
  if (plan_.crumbs > 0) --plan_.crumbs;
  const std::uint64_t nanoseconds = length * 1'000'000'000 / plan_.bytes_per_second;
  later(std::chrono::nanoseconds(nanoseconds), &Exchange::send_piece);
}

void SimulatedOrigin::Exchange::end_body() {
  const SteadyTime now = origin_.timer_.now();
  if (std::exchange(plan_.too_long, false)) {
    media_.tampered = now;
    media_.failures.note(Errc::protocol, now);
    const std::byte extra[10] = {};
    if (sink_->on_body(extra) != Flow::stop)
      origin_.trace_.wrong("{}: bytes beyond its end are taken", media_.what);
    stopped_ = true;
    return later(Duration(0), &Exchange::end_cancelled);
  }
  if (verifier_ && (verifier_->wrong || verifier_->position != media_.versions[version_].size))
    return fail(Errc::corrupt);
  if (verifier_) media_.proved[version_] = now;
  end(ok_status());
}

void SimulatedOrigin::Exchange::fail(Errc code) {
  Errc said = code;
  if (!head_sent_ && code == Errc::timed_out) said = last_retry_error().value_or(Error{code, {}}).code;
  const bool of_range = is_range() && !head_sent_ && may_be_of_the_range(said);
  (of_range ? media_.range_failures : media_.failures).note(said, origin_.timer_.now());
  end(Error{said, "as the weather is"});
}

void SimulatedOrigin::Exchange::end(Status outcome) {
  const auto self = shared_from_this();
  origin_.trace_.event(4, number_, outcome.ok() ? 1000 : static_cast<int>(outcome.error().code));
  origin_.trace_.say("  end of {} at {}: {}", number_, position_,
                     outcome.ok() ? "whole" : to_string(outcome.error().code));
  note_what_lasts();
  const auto sink = std::exchange(sink_, nullptr);
  origin_.ended(this);
  note_end(outcome);
  sink->on_end(std::move(outcome));
}

/// What the store has to do about it.
void SimulatedOrigin::Exchange::note_end(const Status& outcome) {
  if (cancelled_ || stopped_ || request_.existence) return;
  const SteadyTime now = origin_.timer_.now();
  std::erase_if(media_.retries, [&](SteadyTime when) { return when + std::chrono::minutes(1) < now; });
  media_.retries.push_back(head_sent_ ? now + kShortestPause : now);
  const bool is_large = media_.versions[version_].size > kSmallMedia;
  if (head_sent_ && is_large && !outcome.ok() && outcome.error().code == Errc::corrupt)
    media_.disproved[version_] = now;
}

}  // namespace mediafs::simulation
