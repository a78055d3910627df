#pragma once

#include <memory>
#include <optional>
#include <string>

#include "http/curl_handles.h"
#include "http/guarded_sockets.h"
#include "http/http_context.h"
#include "http/path.h"
#include "http/response_parser.h"

namespace mediafs {

/// One GET: its libcurl handle, its parser and its sink. Lives on the http thread.
class Transfer {
 public:
  /// `context` must outlive it.
  Transfer(TransferId id, const HttpRequest& request, HttpContext& context,
           std::shared_ptr<ResponseSink> sink);

  [[nodiscard]] TransferId id() const { return id_; }
  [[nodiscard]] CURL* easy() const { return easy_.get(); }

  void resume();

  /// Its body has begun, is not paused, and nothing of it has come for too long. libcurl's own limit is for
  /// the average speed.
  [[nodiscard]] bool stands_still(SteadyTime now) const;

  /// It is sent over a connection of the pool, and nothing of an answer has come.
  [[nodiscard]] bool relies_on_pool() const { return over_.has_value() && !head_begun_; }
  /// The same, and what was sent is not acknowledged and hardly ever will be.
  [[nodiscard]] bool is_on_dead_path(SteadyTime now) const;
  /// It was ended because something was to be read from that connection that was no answer to it.
  [[nodiscard]] bool found_unasked_input() const { return found_unasked_input_; }
  /// Makes it ready to be sent again, over a new connection. REQUIRES: libcurl does not have it just now.
  void begin_anew();

  /// Tells the sink how the transfer ended; nothing is called after it.
  void end(CURLcode code);
  void end_cancelled();

  static Transfer& of(CURL* easy);

 private:
  void configure(const HttpRequest& request);
  void limit_idleness(bool fresh);
  static int on_resolution(void* resolver, void* reserved, void* self);
  static int on_request(void* self, char* peer_address, char* local_address, int peer_port, int local_port);
  static int on_debug(CURL* easy, curl_infotype type, char* text, std::size_t size, void* self);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  std::size_t guarded(std::size_t (Transfer::*take)(std::string_view), std::string_view text);
  [[nodiscard]] bool has_clean_connection() const;
  void refuse_unasked_input();
  [[nodiscard]] std::optional<PathState> path() const;
  std::size_t take_header(std::string_view line);
  std::size_t take_body(std::string_view piece);
  [[nodiscard]] curl_off_t time_of(CURLINFO event) const;
  [[nodiscard]] bool never_connected(CURLcode code) const;
  void note_resolution();

  TransferId id_;
  HttpContext& context_;
  HeaderList headers_;
  GuardedSockets sockets_;
  EasyHandle easy_;
  std::shared_ptr<ResponseSink> sink_;
  ResponseParser parser_;
  bool found_unasked_input_ = false;
  bool head_begun_ = false;
  bool head_passed_ = false;
  bool resolves_ = false;     // a name has been given to the resolver
  std::optional<Ends> over_;  // the connection of the pool that it has been sent over
  bool paused_ = false;
  SteadyTime progress_{};         // when something of the response has come last
  SteadyTime sent_{};             // the request, last
  std::optional<Error> refusal_;  // why we ended it, where we did
};

}  // namespace mediafs
