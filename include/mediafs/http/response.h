// What an HTTP response looks like to the floors above, and who takes it in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mediafs/base/bytes.h"
#include "mediafs/base/result.h"

namespace mediafs {

struct Header {
  std::string name;   // lower case
  std::string value;  // without white space around it
};

/// The status line and headers of a final (not 1xx) response whose framing is sound.
struct ResponseHead {
  int status = 0;
  std::vector<Header> headers;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;

  /// The first header of that (lower case) name.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;

  /// A body that ends where the connection does can be cut without anybody noticing (RFC 9112 section 8).
  [[nodiscard]] bool close_delimited() const { return !content_length && !chunked; }
};

enum class Flow {
  go_on,
  pause,  // nothing of the piece was taken; it comes again after HttpTransport::resume
  stop,   // end the transfer: on_end follows with Errc::cancelled
};

/// Takes in one response. All calls come from the transport's thread, in the order on_head, on_body…, on_end;
/// on_end comes exactly once in any case, also after a failure or cancel(), and is the last. Calls must not
/// block.
class ResponseSink {
 public:
  ResponseSink() = default;
  virtual ~ResponseSink() = default;
  ResponseSink(const ResponseSink&) = delete;
  ResponseSink& operator=(const ResponseSink&) = delete;

  virtual Flow on_head(const ResponseHead& head) = 0;
  virtual Flow on_body(ByteView piece) = 0;
  /// Success: the whole body has been passed to on_body, as far as its framing can tell.
  virtual void on_end(Status outcome) = 0;
};

}  // namespace mediafs
