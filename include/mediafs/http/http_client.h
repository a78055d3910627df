// Many HTTP transfers on one thread (libcurl's multi interface).
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "mediafs/base/result.h"
#include "mediafs/http/http_transport.h"

namespace mediafs {

/// Sends over the network, from a thread of its own. Redirects are never followed, no cookie, netrc or
/// environment proxy is used, the peer is always verified (TLS 1.2 or newer). A name that leads to link-local
/// addresses or metadata services alone is Errc::untrusted.
class HttpClient final : public HttpTransport {
 public:
  struct Options {
    std::string ca_file;         // empty: the system's
    std::string proxy;           // empty: none, whatever the environment says
    long idle_connections = 16;  // kept open for reuse
    long connections = 256;      // at one time; further requests queue
    std::chrono::seconds connect_timeout{5};
    std::chrono::seconds stall_timeout{10};  // a body below 1 KiB/s for so long: Errc::timed_out
  };

  explicit HttpClient(const Options& options);
  ~HttpClient() override;  // ends what is under way with Errc::cancelled, then joins the thread
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  TransferId start(HttpRequest request, const std::shared_ptr<ResponseSink>& sink) override;
  void resume(TransferId id) override;
  void cancel(TransferId id) override;

  /// Cancels everything and takes nothing new: later requests end with Errc::cancelled at once. Returns when
  /// the thread has ended, so that no sink is called after it. Not from a sink.
  void stop();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

/// Whether a TCP connection to the URL's host (or to the proxy) can be had within `timeout`. Sends no request
/// and, for https, no handshake. Blocks: for start-up only.
Status check_reachable(const std::string& url, const std::string& proxy, std::chrono::milliseconds timeout);

}  // namespace mediafs
