#include "store/stream.h"

#include "store/download.h"

namespace mediafs {

void Stream::let_go() {
  filling.reset();
  spare.clear();
  held.clear();
}

StreamPlace Stream::place() const {
  const SteadyTime now = steady_now();
  const auto elapsed =
      now > began ? std::chrono::duration_cast<std::chrono::milliseconds>(now - began).count() : 0;
  const std::uint64_t speed =
      elapsed > 0 ? (position - first) * 1000 / static_cast<std::uint64_t>(elapsed) : 0;
  return {.position = position, .end = end, .bytes_per_second = speed};
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
