#pragma once

#include <memory>
#include <optional>
#include <string>

#include "http/curl_handles.h"
#include "http/guarded_sockets.h"
#include "http/response_parser.h"
#include "mediafs/http/http_client.h"

namespace mediafs {

/// One GET: its libcurl handle, its parser and its sink. Lives on the http thread.
class Transfer {
 public:
  Transfer(TransferId id, const HttpRequest& request, const HttpClient::Options& options,
           std::shared_ptr<ResponseSink> sink);

  [[nodiscard]] TransferId id() const { return id_; }
  [[nodiscard]] CURL* easy() const { return easy_.get(); }

  void resume() const;

  /// Tells the sink how the transfer ended; nothing is called after it.
  void end(CURLcode code);
  void end_cancelled();

  static Transfer& of(CURL* easy);

 private:
  void configure(const HttpRequest& request, const HttpClient::Options& options);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  std::size_t guarded(std::size_t (Transfer::*take)(std::string_view), std::string_view text);
  std::size_t take_header(std::string_view line);
  std::size_t take_body(std::string_view piece);
  [[nodiscard]] bool never_connected(CURLcode code) const;

  TransferId id_;
  HeaderList headers_;
  GuardedSockets sockets_;
  EasyHandle easy_;
  std::shared_ptr<ResponseSink> sink_;
  ResponseParser parser_;
  bool head_passed_ = false;
  std::optional<Error> refusal_;  // why we ended it, where we did
};

}  // namespace mediafs
