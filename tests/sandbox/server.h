#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api.h"
#include "deliver.h"
#include "listener.h"
#include "options.h"
#include "request_log.h"
#include "slots.h"
#include "tls.h"

namespace mediafs::sandbox {

// A stand-in for the media API on 127.0.0.1, with the faults that its rules ask for. It serves from
// its constructor to stop() or its destructor, both of which are prompt even when responses hang.
// All methods may be called from any thread while it serves; the control endpoint (README.md)
// offers the same to other processes.
class Server {
 public:
  // Throws std::runtime_error (samples, certificate, port) or RuleError.
  explicit Server(Options options = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // `http://127.0.0.1:PORT`, or https.
  const std::string& url() const { return url_; }
  std::uint16_t port() const { return listener_.port(); }
  const Options& options() const { return options_; }
  // Breaks all connections, joins all threads, and returns. May be called again.
  void stop();

  // Replaces the rules; counts go on. Throws RuleError and keeps the old ones when one is bad.
  void set_rules(std::string_view text);
  // Lets every response go on that hangs or stalls now, or whose request has been counted.
  void release();
  // As Options::rate_limit; the bucket is full at first.
  void limit_rate(double per_second);
  void set_secrets(std::vector<std::string> secrets);

  void put_media(const std::string& id, const std::string& content_type, std::string bytes);
  // Replaces the 200 body of one API path, such as a hostile listing for `/v1/sessions/ID/media`.
  void put_document(const std::string& path, const std::string& content_type, std::string bytes);
  // Makes a media, session or attempt answer 404 from now on, until it is put in again.
  void remove(const std::string& id);
  // Adds sessions, attempts and media (README.md has the form). Throws std::runtime_error.
  void add_manifest(std::string_view json);

  // API requests since the start or the last reset, refused ones included.
  std::uint64_t total_requests() const;
  // `key` is an id (all its endpoints) or, with a leading '/', a path.
  std::uint64_t requests_for(const std::string& key) const;
  std::map<std::string, std::uint64_t> requests_by_path() const;
  std::vector<LoggedRequest> requests() const;
  // Waits until `count` requests for `key` have come in; false when `timeout` passed first.
  bool wait_for_requests(const std::string& key, std::uint64_t count,
                         std::chrono::milliseconds timeout = std::chrono::seconds(10)) const;
  // Sets the counts to zero, for the rules too.
  void reset();

 private:
  void serve(Stream& stream, std::uint64_t connection);
  bool answer(Stream& stream, const Request& request, std::uint64_t connection);
  Delivered answer_api(Stream& stream, const Request& request, std::uint64_t connection);
  void set_pace(Delivery& delivery) const;

  const Options options_;
  Api api_;
  Slots slots_;
  std::atomic<std::uint64_t> releases_{0};
  SslContext tls_;
  Listener listener_;
  const std::string url_;
};

}  // namespace mediafs::sandbox
