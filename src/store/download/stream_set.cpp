#include "store/download/stream_set.h"

#include <algorithm>

namespace mediafs {

std::size_t StreamSet::index_of(const Stream& stream) const {
  const auto found = std::find_if(streams_.begin(), streams_.end(),
                                  [&](const std::shared_ptr<Stream>& one) { return one.get() == &stream; });
  return static_cast<std::size_t>(found - streams_.begin());
}

void StreamSet::remove(Stream& stream) {
  stream.end();
  std::erase_if(streams_, [&](const std::shared_ptr<Stream>& one) { return one.get() == &stream; });
}

void StreamSet::cancel(DeferredActions& deferred, Stream& stream) {
  stream.cancel();
  deferred.add([fetch = stream.fetch()] { fetch->cancel(); });
}

void StreamSet::cancel_all(DeferredActions& deferred, const Stream* except) {
  for (const auto& stream : streams_) {
    if (is_live(stream->state()) && stream.get() != except) cancel(deferred, *stream);
  }
}

void StreamSet::drop_retrying() {
  std::erase_if(streams_, [](const std::shared_ptr<Stream>& stream) {
    if (stream->state() != StreamState::retrying) return false;
    stream->end();
    return true;
  });
}

std::optional<Error> StreamSet::retry_error(SteadyTime now) const {
  for (const auto& stream : streams_) {
    if (auto error = stream->retry_error(now)) return error;
  }
  return std::nullopt;
}

}  // namespace mediafs
