#include "store/stream.h"

#include "store/download.h"

namespace mediafs {

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
