#include "mediafs/control/control_client.h"

#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <memory>

#include <curl/curl.h>

#include "control/unix_address.h"

namespace mediafs {

namespace {

constexpr std::size_t kMostBytes = 64 * 1024 * 1024;
constexpr Duration kConnectWithin{5'000};  // where nothing is asked

using Handle = std::unique_ptr<CURL, decltype(&::curl_easy_cleanup)>;
using Headers = std::unique_ptr<curl_slist, decltype(&::curl_slist_free_all)>;

std::optional<ucred> peer_of(int socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return peer;
}

/// One call under way: what libcurl's callbacks need.
class Conversation {
 public:
  Conversation(const ControlCall& call, CURL* handle) : call_(call), handle_(handle) {}

  static curl_socket_t open_socket(void* self, curlsocktype /*purpose*/, curl_sockaddr* /*address*/) {
    return static_cast<Conversation*>(self)->socket_ = unix_socket().release();  // it is libcurl's
  }
  /// Connected, and nothing is sent yet.
  static int before_request(void* self, char* /*address*/, char* /*own*/, int /*port*/, int /*own_port*/) {
    const auto& conversation = *static_cast<const Conversation*>(self);
    if (!conversation.call_.may_answer) return CURL_PREREQFUNC_OK;
    const auto peer = peer_of(conversation.socket_);
    return peer && conversation.call_.may_answer(peer->uid) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
  }
  static std::size_t take(char* piece, std::size_t size, std::size_t count, void* self) {
    return static_cast<Conversation*>(self)->take({piece, size * count}) ? size * count : 0;
  }

  ControlResponse response() { return {.status = status(), .body = std::move(body_)}; }
  [[nodiscard]] bool is_cancelled() const { return is_cancelled_; }

 private:
  [[nodiscard]] unsigned status() const {
    long status = 0;
    ::curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    return static_cast<unsigned>(status);
  }

  bool take(std::string_view piece) {
    if (body_.size() + piece.size() > kMostBytes) return false;
    body_ += piece;
    if (!call_.on_line || status() != 200) return true;
    for (std::size_t end = body_.find('\n'); end != std::string::npos; end = body_.find('\n')) {
      is_cancelled_ = end > 0 && !call_.on_line(std::string_view(body_).substr(0, end));
      if (is_cancelled_) return false;
      body_.erase(0, end + 1);
    }
    return true;
  }

  const ControlCall& call_;
  CURL* const handle_;
  int socket_ = -1;
  std::string body_;
  bool is_cancelled_ = false;
};

/// Where very many wait to be accepted, listen(2), connect(2) waits for a place among them.
Result<UniqueFd> connected_to(const UnixAddress& address, const std::string& where, Duration patience) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(patience);
  const timeval time{
      .tv_sec = whole.count(),
      .tv_usec = std::chrono::duration_cast<std::chrono::microseconds>(patience - whole).count()};
  UniqueFd socket = unix_socket();
  if (socket && ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time)) == 0 &&
      address.connect(socket))
    return socket;
  if (errno == EAGAIN) return Error{Errc::timed_out, "too many wait at " + where};
  if (errno == EPROTOTYPE) return Error{Errc::protocol, "another version of mediafs answers at " + where};
  return Error{Errc::not_found, "nobody answers at " + where};
}

Error error_of(CURLcode code, const std::string& socket) {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      return {Errc::timed_out, "too many wait at " + socket};
    case CURLE_ABORTED_BY_CALLBACK:
      return {Errc::denied, "somebody else answers at " + socket};
    case CURLE_OPERATION_TIMEDOUT:
      return {Errc::timed_out, "no answer at " + socket};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return {Errc::protocol, "another version of mediafs answers at " + socket};
    default:
      return {Errc::unavailable, std::string(::curl_easy_strerror(code)) + " at " + socket};
  }
}

void set_destination(CURL* handle, const UnixAddress& address, const std::string& path) {
  ::curl_easy_setopt(handle, CURLOPT_URL, ("http://localhost" + path).c_str());
  ::curl_easy_setopt(handle, address.is_abstract() ? CURLOPT_ABSTRACT_UNIX_SOCKET : CURLOPT_UNIX_SOCKET_PATH,
                     address.text().c_str());
  ::curl_easy_setopt(handle, CURLOPT_PROXY, "");  // nor the environment's
  ::curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
}

void set_patience(CURL* handle, const ControlCall& call) {
  if (!call.on_line) {
    ::curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(call.patience.count()));
    return;
  }
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(call.patience);
  ::curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  ::curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(seconds.count()));
}

void set_body(CURL* handle, const ControlRequest& request, const curl_slist* headers) {
  if (request.method == "GET") return;
  ::curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  ::curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  ::curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.c_str());
  ::curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
}

void set_callbacks(CURL* handle, Conversation& conversation) {
  curl_opensocket_callback open_socket = &Conversation::open_socket;
  ::curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  ::curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, &conversation);
  curl_prereq_callback before_request = &Conversation::before_request;
  ::curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, before_request);
  ::curl_easy_setopt(handle, CURLOPT_PREREQDATA, &conversation);
  curl_write_callback take = &Conversation::take;
  ::curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take);
  ::curl_easy_setopt(handle, CURLOPT_WRITEDATA, &conversation);
}

/// libcurl does not wait for a place among those who wait to be accepted: that is done for it.
Status perform(CURL* handle, const UnixAddress& address, const ControlCall& call) {
  const SteadyTime give_up = steady_now() + call.patience;
  for (;;) {
    const CURLcode code = ::curl_easy_perform(handle);
    if (code == CURLE_OK) return ok_status();
    const auto left = std::chrono::duration_cast<Duration>(give_up - steady_now());
    if (code != CURLE_COULDNT_CONNECT || left <= Duration::zero()) return error_of(code, call.socket);
    if (const auto there = connected_to(address, call.socket, left); !there) return there.error();
  }
}

}  // namespace

Result<ControlResponse> call(const ControlCall& call) {
  const Handle handle(::curl_easy_init(), &::curl_easy_cleanup);
  const Headers headers(::curl_slist_append(nullptr, "Content-Type: application/json"),
                        &::curl_slist_free_all);
  if (!handle || !headers) return Error{Errc::internal, "no memory"};
  const UnixAddress address(call.socket);
  Conversation conversation(call, handle.get());
  set_destination(handle.get(), address, call.request.path);
  set_patience(handle.get(), call);
  set_body(handle.get(), call.request, headers.get());
  set_callbacks(handle.get(), conversation);
  const Status performed = perform(handle.get(), address, call);
  if (conversation.is_cancelled()) return Error{Errc::cancelled, "no more of the answer is wanted"};
  if (!performed) return performed.error();
  return conversation.response();
}

Result<std::string> get_from_socket(const std::string& socket, const std::string& target, Duration patience) {
  auto answer = call({.socket = socket, .request = {.method = "GET", .path = target}, .patience = patience});
  if (!answer) return answer.error();
  if (answer->status == 200) return std::move(answer->body);
  return Error{answer->status == 403 ? Errc::denied : Errc::protocol, std::move(answer->body)};
}

std::optional<ucred> listener_at(const std::string& where) {
  const auto socket = connected_to(UnixAddress(where), where, kConnectWithin);
  return socket ? peer_of(socket->get()) : std::nullopt;
}

}  // namespace mediafs
