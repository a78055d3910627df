// How HTTP requests are sent: by HttpClient, or in tests by something that opens no socket.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mediafs/base/secret.h"
#include "mediafs/http/response.h"

namespace mediafs {

/// A GET.
struct HttpRequest {
  std::string url;
  std::vector<SecretString> headers;  // "Name: value"; wiped with the request
  bool fresh_connection = false;      // not one of the pool: it may be the connection that is at fault
};

enum class TransferId : std::uint64_t {};

/// Sends GETs and feeds their sinks, all from one thread; but for what is started when it is too late, which
/// ends on the caller's. All methods may be called from any thread; none blocks on the network.
class HttpTransport {
 public:
  HttpTransport() = default;
  virtual ~HttpTransport() = default;
  HttpTransport(const HttpTransport&) = delete;
  HttpTransport& operator=(const HttpTransport&) = delete;

  virtual TransferId start(HttpRequest request, const std::shared_ptr<ResponseSink>& sink) = 0;

  /// Lets a paused transfer go on. No effect on others.
  virtual void resume(TransferId id) = 0;

  /// Ends a transfer: its on_end follows with Errc::cancelled unless it has ended by itself.
  virtual void cancel(TransferId id) = 0;
};

}  // namespace mediafs
