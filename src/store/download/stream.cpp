#include "store/download/stream.h"

#include <algorithm>

#include "store/download/download.h"

namespace mediafs {

void Stream::let_go() {
  filling.reset();
  spare.clear();
  held.clear();
}

StreamPlace Stream::place(SteadyTime now) const {
  constexpr auto kLongEnoughToTell = std::chrono::milliseconds(20);
  const auto elapsed = now - began;
  if (paused || !head_seen || elapsed < kLongEnoughToTell) return {.position = position, .end = end};
  const double seconds = std::chrono::duration<double>(elapsed).count();
  const auto speed = static_cast<std::uint64_t>(static_cast<double>(position - first) / seconds);
  return {.position = position, .end = end, .bytes_per_second = std::max<std::uint64_t>(speed, 1)};
}

Flow Stream::on_head(const MediaHead& head) {
  return download_->stream_head(*this, head);
}
Flow Stream::on_body(ByteView piece) {
  return download_->stream_body(*this, piece);
}
void Stream::on_end(Status outcome) {
  download_->stream_end(*this, std::move(outcome));
}

}  // namespace mediafs
