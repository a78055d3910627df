#include "http/transfer.h"

#include <exception>
#include <new>

#include "http/address_policy.h"
#include "http/curl_error.h"
#include "http/unread_input.h"

namespace mediafs {

namespace {

constexpr long kReceiveBuffer = 256 * 1024;  // 64 KiB: 0.85 of the throughput on plain HTTP; 1 MiB: 0.7
constexpr long kStallBytesPerSecond = 1024;

template <typename Value>
void set(CURL* easy, CURLoption option, Value value) {
  curl_easy_setopt(easy, option, value);
}

}  // namespace

Transfer::Transfer(TransferId id, const HttpRequest& request, HttpContext& context,
                   std::shared_ptr<ResponseSink> sink)
    : id_(id), context_(context), sockets_(context.sockets), easy_(curl_easy_init()), sink_(std::move(sink)) {
  if (!easy_) throw std::bad_alloc();
  configure(request);
}

void Transfer::configure(const HttpRequest& request) {
  const HttpClient::Options& options = context_.options;
  for (const SecretString& line : request.headers) {
    curl_slist* const list = curl_slist_append(headers_.get(), line.c_str());
    if (list == nullptr) throw std::bad_alloc();
    if (!headers_) headers_.reset(list);
  }
  CURL* const easy = easy_.get();
  set(easy, CURLOPT_URL, request.url.c_str());
  set(easy, CURLOPT_HTTPHEADER, headers_.get());
  set(easy, CURLOPT_PRIVATE, this);
  set(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(easy, CURLOPT_HEADERDATA, this);
  set(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(easy, CURLOPT_WRITEDATA, this);
  set(easy, CURLOPT_BUFFERSIZE, kReceiveBuffer);
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  sockets_.guard(easy);
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(easy, CURLOPT_FOLLOWLOCATION, 0L);  // a redirect would carry our headers to another host
  set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(easy, CURLOPT_PROXY, options.proxy.c_str());  // "" switches the environment's off
  set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  set(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca_file.empty()) set(easy, CURLOPT_CAINFO, options.ca_file.c_str());
  set(easy, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_timeout.count()));
  set(easy, CURLOPT_LOW_SPEED_LIMIT, kStallBytesPerSecond);  // from the head on: see take_header
  // Else the end of a transfer would wait for getaddrinfo(3), and all others with it.
  set(easy, CURLOPT_QUICK_EXIT, 1L);
  set(easy, CURLOPT_RESOLVER_START_FUNCTION, &Transfer::on_resolution);
  set(easy, CURLOPT_RESOLVER_START_DATA, this);
  set(easy, CURLOPT_PREREQFUNCTION, &Transfer::on_request);
  set(easy, CURLOPT_PREREQDATA, this);
  set(easy, CURLOPT_DEBUGFUNCTION, &Transfer::on_debug);  // from the head on: see take_header
  set(easy, CURLOPT_DEBUGDATA, this);
  set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy, CURLOPT_MAXLIFETIME_CONN, 600L);  // a rotated certificate is noticed
  limit_idleness(request.fresh_connection);
}

void Transfer::limit_idleness(bool fresh) {
  const auto longest = context_.longest_idle();
  if (fresh || longest == 0) {
    set(easy(), CURLOPT_FRESH_CONNECT, 1L);
  } else if (longest) {
    set(easy(), CURLOPT_MAXAGE_CONN, *longest);
  }
}

/// Something else than 0 ends it with CURLE_COULDNT_RESOLVE_HOST.
int Transfer::on_resolution(void* /*resolver*/, void* /*reserved*/, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (!transfer.context_.left_behind.has_room(transfer.context_.clock.now())) return 1;
  transfer.resolves_ = true;
  return 0;
}

Transfer& Transfer::of(CURL* easy) {
  char* self = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
  return *reinterpret_cast<Transfer*>(self);
}

/// A connection stands, new or of the pool, and the request goes out.
// NOLINTNEXTLINE(readability-non-const-parameter): the form is libcurl's
int Transfer::on_request(void* self, char* peer_address, char* local_address, int peer_port, int local_port) {
  auto& transfer = *static_cast<Transfer*>(self);
  long connections_made = 0;
  curl_easy_getinfo(transfer.easy(), CURLINFO_NUM_CONNECTS, &connections_made);
  transfer.over_.reset();
  transfer.sent_ = transfer.context_.clock.now();
  if (connections_made > 0) return CURL_PREREQFUNC_OK;
  transfer.over_ = Ends{local_address, local_port, peer_address, peer_port};
  transfer.context_.pool_is_relied_on = true;
  if (transfer.has_clean_connection()) return CURL_PREREQFUNC_OK;
  transfer.refuse_unasked_input();
  return CURL_PREREQFUNC_ABORT;
}

/// One of the pool that is not found cannot be looked at.
bool Transfer::has_clean_connection() const {
  const auto socket = context_.sockets.find(*over_);
  return socket && !has_unread_input(*socket) && !has_unread_records(easy());
}

/// From a peer that closes it is but a farewell, in HTTP (408) or TLS.
void Transfer::refuse_unasked_input() {
  found_unasked_input_ = true;
  const auto path_now = path();
  if (path_now && path_now->established) context_.unasked_input = context_.clock.now();
}

/// Of the connection of the pool that it has been sent over.
std::optional<PathState> Transfer::path() const {
  const auto socket = over_ ? context_.sockets.find(*over_) : std::nullopt;
  return socket ? path_state(*socket) : std::nullopt;
}

/// What libcurl has read behind a body it throws away, and would keep the connection where the body's end was
/// not told by a length. That there was something is known from its log alone.
int Transfer::on_debug(CURL* easy, curl_infotype type, char* text, std::size_t size, void* self) {
  const std::string_view line(text, size);
  const bool tells = type == CURLINFO_TEXT &&
                     (line.starts_with("Leftovers after chunking") || line.starts_with("Excess found"));
  if (!tells) return 0;
  set(easy, CURLOPT_FORBID_REUSE, 1L);
  HttpContext& context = static_cast<Transfer*>(self)->context_;
  context.unasked_input = context.clock.now();
  return 0;
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->guarded(&Transfer::take_header, {data, size * count});
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->guarded(&Transfer::take_body, {data, size * count});
}

/// libcurl is C: no exception may pass through it. Those that come here are for want of memory.
std::size_t Transfer::guarded(std::size_t (Transfer::*take)(std::string_view), std::string_view text) {
  try {
    return (this->*take)(text);
  } catch (const std::exception& fault) {
    refusal_ = Error{Errc::internal, fault.what()};
    return text.size() + 1;
  }
}

// A return value other than the line's length ends the transfer.
std::size_t Transfer::take_header(std::string_view line) {
  if (!head_begun_ && path().value_or(PathState{}).unacknowledged) {
    refuse_unasked_input();  // sent by who had not got the request
    return 0;
  }
  head_begun_ = true;
  // What trails a chunked body is of no use, but must end.
  switch (head_passed_ ? parser_.feed_trailer(line) : parser_.feed(line)) {
    case ResponseParser::Progress::more:
      return line.size();
    case ResponseParser::Progress::refused:
      refusal_ = Error{Errc::protocol, std::string(parser_.reason())};
      return 0;
    case ResponseParser::Progress::complete:
      break;
  }
  head_passed_ = true;
  progress_ = context_.clock.now();
  // The origin may take its time before the head: only a body can stall.
  set(easy(), CURLOPT_LOW_SPEED_TIME, static_cast<long>(context_.options.stall_timeout.count()));
  set(easy(), CURLOPT_VERBOSE, 1L);  // sooner it would trace the handshake, and then every record
  if (sink_->on_head(parser_.head()) == Flow::go_on) return line.size();
  refusal_ = Error{Errc::cancelled, "not wanted"};
  return 0;
}

std::size_t Transfer::take_body(std::string_view piece) {
  switch (sink_->on_body(bytes_of(piece))) {
    case Flow::go_on:
      progress_ = context_.clock.now();
      return piece.size();
    case Flow::pause:
      paused_ = true;
      return CURL_WRITEFUNC_PAUSE;
    case Flow::stop:
      break;
  }
  refusal_ = Error{Errc::cancelled, "not wanted"};
  return piece.size() + 1;
}

bool Transfer::stands_still(SteadyTime now) const {
  return head_passed_ && !paused_ && now - progress_ >= context_.options.stall_timeout;
}

void Transfer::resume() {
  paused_ = false;
  progress_ = context_.clock.now();
  curl_easy_pause(easy(), CURLPAUSE_CONT);
}

/// In microseconds since it began; 0: not yet.
curl_off_t Transfer::time_of(CURLINFO event) const {
  curl_off_t time = 0;
  curl_easy_getinfo(easy(), event, &time);
  return time;
}

bool Transfer::is_on_dead_path(SteadyTime now) const {
  if (!relies_on_pool() || now - sent_ < kAcknowledgedWithin) return false;
  const auto path_now = path();
  return path_now && seems_dead(*path_now, now - sent_);
}

void Transfer::begin_anew() {
  over_.reset();
  found_unasked_input_ = false;
  limit_idleness(/*fresh=*/true);
}

/// A time-out may be that of the connection.
bool Transfer::never_connected(CURLcode code) const {
  return code == CURLE_OPERATION_TIMEDOUT && time_of(CURLINFO_PRETRANSFER_TIME_T) == 0;
}

/// Where it ends before the resolver has said anything, a thread is left behind.
void Transfer::note_resolution() {
  if (resolves_ && time_of(CURLINFO_NAMELOOKUP_TIME_T) == 0) context_.left_behind.add(context_.clock.now());
}

void Transfer::end(CURLcode code) {
  const bool resolver_has_failed = code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY;
  if (!resolver_has_failed) note_resolution();
  if (refusal_) {
    sink_->on_end(*std::move(refusal_));
  } else if (code == CURLE_COULDNT_CONNECT && sockets_.all_forbidden()) {
    sink_->on_end(Error{Errc::untrusted, std::string(kForbiddenAddress)});
  } else if (code != CURLE_OK) {
    sink_->on_end(never_connected(code) ? Error{Errc::unreachable, "no connection in time"} : error_of(code));
  } else if (!head_passed_) {
    sink_->on_end(Error{Errc::protocol, "no response head"});
  } else {
    sink_->on_end(ok_status());
  }
}

void Transfer::end_cancelled() {
  note_resolution();
  sink_->on_end(Error{Errc::cancelled, "cancelled"});
}

}  // namespace mediafs
