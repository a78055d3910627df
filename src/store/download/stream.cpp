#include "store/download/stream.h"

#include <algorithm>
#include <chrono>

#include "mediafs/base/log.h"

namespace mediafs {

std::uint64_t SpeedMeter::speed(std::uint64_t position, SteadyTime now) const {
  constexpr auto kLongEnoughToTell = std::chrono::milliseconds(20);
  if (now - since_ < kLongEnoughToTell) return 0;
  const double seconds = std::chrono::duration<double>(now - since_).count();
  return std::max<std::uint64_t>(static_cast<std::uint64_t>(static_cast<double>(position - from_) / seconds),
                                 1);
}

Stream::Stream(std::weak_ptr<StreamListener> listener, std::uint64_t from, std::uint64_t to)
    : listener_(std::move(listener)), chunks_(from), end_(to) {}

Flow Stream::on_head(const MediaHead& head) {
  const auto listener = listener_.lock();
  return listener ? listener->stream_head(*this, head) : Flow::stop;
}

Flow Stream::on_body(ByteView piece) {
  const auto listener = listener_.lock();
  return listener ? listener->stream_body(*this, piece) : Flow::stop;
}

void Stream::on_end(Status outcome) {
  if (const auto listener = listener_.lock()) listener->stream_end(*this, std::move(outcome));
}

StreamFacts Stream::facts(SteadyTime now) const {
  const std::uint64_t position = chunks_.position();
  const bool flowing = state_ == StreamState::flowing;
  return {.state = state_,
          .place = {.position = position,
                    .end = end_,
                    .bytes_per_second = flowing ? speed_.speed(position, now) : 0},
          .held = chunks_.held(),
          .holds_back = body_.holds_back,
          .paused_since = paused_since_,
          .lacks_memory = memory_.waits(),
          .may_be_hastened = ahead_ && !hastened_};
}

std::optional<Error> Stream::retry_error(SteadyTime now) const {
  if (state_ == StreamState::retrying) return retry_error_;
  if (fetch_) {
    if (auto error = fetch_->last_retry_error()) return error;
  }
  if (!is_live(state_) || !history_.only_repeats(chunks_.position())) return std::nullopt;
  // A GET whose head does not come is what is waited for, unless it has only just been sent.
  const bool hangs = state_ == StreamState::requested && now - requested_ >= kLastTry;
  return hangs ? std::nullopt : history_.last_error();
}

void Stream::enter(StreamState next) {
  if (next == state_) return;
  log::debug("stream at {}: {} -> {}", chunks_.position(), to_string(state_), to_string(next));
  state_ = next;
}

void Stream::request(std::shared_ptr<Fetch> fetch, bool ahead, SteadyTime now) {
  fetch_ = std::move(fetch);
  memory_ = MemoryWait();  // of this GET alone
  ahead_ = ahead;
  hastened_ = false;
  requested_ = now;
  enter(StreamState::requested);
}

void Stream::hasten() {
  hastened_ = true;
}

void Stream::begin_body(StreamBody body, std::uint64_t end, SteadyTime now) {
  body_ = std::move(body);
  end_ = end;
  speed_.start(chunks_.position(), now);
  enter(StreamState::flowing);
}

void Stream::pause(SteadyTime now) {
  paused_since_ = now;
  enter(StreamState::paused);
}

void Stream::flow(SteadyTime now) {
  if (state_ != StreamState::paused) return;
  speed_.start(chunks_.position(), now);
  enter(StreamState::flowing);
}

void Stream::cancel() {
  enter(StreamState::cancelled);
}

void Stream::get_ended() {
  fetch_.reset();
  enter(StreamState::ended);
}

void Stream::retry_later(const Error& why) {
  retry_error_ = why;
  enter(StreamState::retrying);
}

void Stream::end() {
  chunks_.release_buffers();
  enter(StreamState::ended);
}

PartialChunk Stream::restart_at(std::uint64_t position) {
  PartialChunk partial = chunks_.restart_at(position);
  if (body_.holds_back) partial.bytes.reset();  // nobody has seen any of it
  body_ = {};
  end_ = kToTheEnd;
  return partial;
}

}  // namespace mediafs
