#include "mediafs/control/control_client.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>

#include <curl/curl.h>

#include "mediafs/base/unique_fd.h"

namespace mediafs {

namespace {

constexpr std::size_t kMostBytes = 64 * 1024 * 1024;
constexpr timeval kConnectWithin{.tv_sec = 5, .tv_usec = 0};

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

  static curl_socket_t open_socket(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
    auto& conversation = *static_cast<Conversation*>(self);
    conversation.socket_ = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    return conversation.socket_;
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
      is_cancelled_ = !call_.on_line(std::string_view(body_).substr(0, end));
      if (is_cancelled_) return false;
      body_.erase(0, end + 1);
    }
    return true;
  }

  const ControlCall& call_;
  CURL* const handle_;
  curl_socket_t socket_ = CURL_SOCKET_BAD;  // libcurl's
  std::string body_;
  bool is_cancelled_ = false;
};

Error error_of(CURLcode code, const Conversation& conversation, const std::string& socket) {
  if (conversation.is_cancelled()) return {Errc::cancelled, "no more of the answer is wanted"};
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      return {Errc::not_found, "nobody answers at " + socket};
    case CURLE_ABORTED_BY_CALLBACK:
      return {Errc::denied, "somebody else answers at " + socket};
    case CURLE_OPERATION_TIMEDOUT:
      return {Errc::timed_out, "no answer at " + socket};
    default:
      return {Errc::protocol, std::string(::curl_easy_strerror(code)) + " at " + socket};
  }
}

void set_destination(CURL* handle, const ControlCall& call) {
  const bool abstract = call.socket.starts_with('@');
  ::curl_easy_setopt(handle, CURLOPT_URL, ("http://localhost" + call.request.path).c_str());
  ::curl_easy_setopt(handle, abstract ? CURLOPT_ABSTRACT_UNIX_SOCKET : CURLOPT_UNIX_SOCKET_PATH,
                     call.socket.c_str() + (abstract ? 1 : 0));
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
  ::curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, &Conversation::open_socket);
  ::curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, &conversation);
  ::curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, &Conversation::before_request);
  ::curl_easy_setopt(handle, CURLOPT_PREREQDATA, &conversation);
  curl_write_callback take = &Conversation::take;
  ::curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take);
  ::curl_easy_setopt(handle, CURLOPT_WRITEDATA, &conversation);
}

}  // namespace

Result<ControlResponse> call(const ControlCall& call) {
  const Handle handle(::curl_easy_init(), &::curl_easy_cleanup);
  const Headers headers(::curl_slist_append(nullptr, "Content-Type: application/json"),
                        &::curl_slist_free_all);
  if (!handle || !headers) return Error{Errc::internal, "no memory"};
  Conversation conversation(call, handle.get());
  set_destination(handle.get(), call);
  set_patience(handle.get(), call);
  set_body(handle.get(), call.request, headers.get());
  set_callbacks(handle.get(), conversation);
  const CURLcode code = ::curl_easy_perform(handle.get());
  if (code != CURLE_OK) return error_of(code, conversation, call.socket);
  return conversation.response();
}

Result<std::string> get_from_socket(const std::string& socket, const std::string& target, Duration patience) {
  auto answer = call({.socket = socket, .request = {.method = "GET", .path = target}, .patience = patience});
  if (!answer) return answer.error();
  if (answer->status == 200) return std::move(answer->body);
  return Error{answer->status == 403 ? Errc::denied : Errc::protocol, std::move(answer->body)};
}

std::optional<ucred> listener_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return std::nullopt;
  path.copy(address.sun_path, path.size());
  const bool abstract = path.starts_with('@');
  if (abstract) address.sun_path[0] = '\0';
  const auto size =
      static_cast<socklen_t>(abstract ? offsetof(sockaddr_un, sun_path) + path.size() : sizeof(address));
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // Where very many wait for one that has stopped, connect(2) waits too.
  if (!socket ||
      ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kConnectWithin, sizeof(kConnectWithin)) != 0 ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0)
    return std::nullopt;
  return peer_of(socket.get());
}

}  // namespace mediafs
