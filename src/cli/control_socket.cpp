#include "cli/control_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <sstream>
#include <system_error>

#include <fmt/format.h>

#include "mediafs/base/log.h"

namespace mediafs {

namespace {

constexpr const char* kName = "control";
constexpr std::size_t kMaxLine = 16 * 1024 * 1024;
constexpr int kBreath = 100;
constexpr int kAMoment = 1'000;        // milliseconds
constexpr int kAnswerWithin = 30'000;  // between two lines of an answer
constexpr timeval kPatience{.tv_sec = 5, .tv_usec = 0};

/// By way of the directory's descriptor: a socket's path has 107 bytes, which a cache's may well exceed.
std::optional<sockaddr_un> address_in(const UniqueFd& directory) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = fmt::format("/proc/self/fd/{}/{}", directory.get(), kName);
  if (path.size() >= sizeof(address.sun_path)) return std::nullopt;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

UniqueFd open_directory(const std::string& directory) {
  return UniqueFd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

template <typename Call>
bool with_address(const std::string& directory, Call call) {
  const UniqueFd folder = open_directory(directory);
  const auto address = folder ? address_in(folder) : std::nullopt;
  return address && call(reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) == 0;
}

/// Lines, whole; each wait has an end, and `wake` ends it too.
class Lines {
 public:
  Lines(const UniqueFd& socket, int wake, int patience) : socket_(socket), wake_(wake), patience_(patience) {}

  std::optional<std::string> next() {
    for (;;) {
      if (const std::size_t end = buffer_.find('\n'); end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return line;
      }
      if (buffer_.size() > kMaxLine || !read_more()) return std::nullopt;
    }
  }

 private:
  bool read_more() {
    pollfd fds[] = {{socket_.get(), POLLIN, 0}, {wake_, POLLIN, 0}};
    if (::poll(fds, 2, patience_) <= 0 || (fds[1].revents & POLLIN) != 0) return false;
    char piece[4096];
    const ssize_t count = ::recv(socket_.get(), piece, sizeof(piece), 0);
    if (count <= 0) return false;
    buffer_.append(piece, static_cast<std::size_t>(count));
    return true;
  }

  const UniqueFd& socket_;
  const int wake_;
  const int patience_;
  std::string buffer_;
};

bool send_line(const UniqueFd& socket, std::string line) {
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t count = ::send(socket.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

/// Whoever does not read what is sent must not hold up the others, nor the end of the server.
bool give_up_after(const UniqueFd& client, timeval patience) {
  return ::setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0;
}

/// Who made the other end; nothing where that cannot be known.
std::optional<ucred> peer_of(const UniqueFd& socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return peer;
}

std::optional<uid_t> user_at(const UniqueFd& socket) {
  const auto peer = peer_of(socket);
  return peer ? std::optional<uid_t>(peer->uid) : std::nullopt;
}

/// Who is told ids, and whose answers are trusted: our own user and root; for root whoever has the cache,
/// too.
bool may_answer(const UniqueFd& server, const std::string& directory) {
  const auto peer = user_at(server);
  struct stat status{};
  if (!peer) return false;
  if (*peer == ::geteuid() || *peer == 0) return true;
  return ::geteuid() == 0 && ::stat(directory.c_str(), &status) == 0 && status.st_uid == *peer;
}

UniqueFd connected_to(const std::string& directory) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto connect_there = [&](const sockaddr* address, socklen_t size) {
    return ::connect(socket.get(), address, size);
  };
  // Where very many wait for one that has stopped, connect(2) waits too.
  if (!socket || !give_up_after(socket, kPatience) || !with_address(directory, connect_there)) return {};
  if (!may_answer(socket, directory)) return {};
  return socket;
}

bool may_ask(const UniqueFd& client) {
  const auto peer = user_at(client);
  return peer && (*peer == ::geteuid() || *peer == 0);
}

std::optional<Result<CacheAnswer>> ask(const std::string& directory, const CacheRequest& request,
                                       const CacheProgress& progress, int patience) {
  const UniqueFd socket = connected_to(directory);
  if (!socket) return std::nullopt;
  Error gone{Errc::unavailable, "the server has not answered"};
  if (!send_line(socket, encode(request))) return gone;
  Lines lines(socket, /*wake=*/-1, patience);
  while (const auto line = lines.next()) {
    const std::size_t space = std::min(line->find(' '), line->size());
    const std::string kind = line->substr(0, space);
    if (kind == "done") return decode_answer(std::string_view(*line).substr(space));
    if (kind == "failed") return Error{Errc::internal, decode_answer(line->substr(space))["why"]};
    std::uint64_t done = 0;
    std::uint64_t all = 0;
    std::istringstream numbers(line->substr(space));
    if (kind != "progress" || !(numbers >> done >> all) || !progress(done, all)) break;
    gone = Error{Errc::cancelled, "the server ended before it was done"};
  }
  return gone;
}

}  // namespace

ControlSocket::ControlSocket(std::string directory, CacheControl control)
    : directory_(std::move(directory)),
      control_(std::move(control)),
      listening_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      wake_(::eventfd(0, EFD_CLOEXEC)) {
  ::unlink((directory_ + "/" + kName).c_str());  // an earlier server's: the cache's lock is ours
  const auto bind_here = [this](const sockaddr* address, socklen_t size) {
    return ::bind(listening_.get(), address, size);
  };
  if (!listening_ || !wake_ || !with_address(directory_, bind_here) ||
      ::listen(listening_.get(), SOMAXCONN) != 0) {
    log::warning("no socket for the cache commands: {}",
                 std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
    return;
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

ControlSocket::~ControlSocket() {
  thread_.request_stop();
  static_cast<void>(::eventfd_write(wake_.get(), 1));
  if (thread_.joinable()) thread_.join();
  {
    const MutexLock lock(mutex_);
    while (conversations_ > 0) one_is_over_.wait(mutex_);
  }
  ::unlink((directory_ + "/" + kName).c_str());
}

void ControlSocket::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    pollfd fds[] = {{listening_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    if (::poll(fds, 2, -1) < 0 && errno != EINTR) return;
    if ((fds[0].revents & POLLIN) == 0) continue;
    UniqueFd client(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) ::poll(fds + 1, 1, kBreath);  // there may be too many descriptors just now
    if (client && may_ask(client) && give_up_after(client, kPatience)) converse(std::move(client), stop);
  }
}

void ControlSocket::converse(UniqueFd socket, const std::stop_token& stop) {
  const auto client = std::make_shared<UniqueFd>(std::move(socket));
  const auto carry_through = [this, client, stop] {
    answer(*client, stop);
    const MutexLock lock(mutex_);
    --conversations_;
    one_is_over_.notify_all();
  };
  {
    const MutexLock lock(mutex_);
    ++conversations_;
  }
  try {
    std::thread(carry_through).detach();
  } catch (const std::system_error& fault) {  // too many threads: the others wait for this one
    log::info("a cache command has no thread of its own: {}", fault.what());
    carry_through();
  }
}

void ControlSocket::answer(const UniqueFd& client, const std::stop_token& stop) {
  const auto line = Lines(client, wake_.get(), kAMoment).next();
  if (!line) return;
  const auto request = decode_request(*line);
  const auto answer = !request ? Result<CacheAnswer>(request.error())
                               : carry_out(*request, control_, [&](std::uint64_t done, std::uint64_t all) {
                                   return !stop.stop_requested() &&
                                          send_line(client, fmt::format("progress {} {}", done, all));
                                 });
  if (!answer && answer.error().code == Errc::cancelled) return;  // which tells who asks to ask the next one
  send_line(client,
            answer ? "done " + encode(*answer) : "failed " + encode({{"why", answer.error().context}}));
}

bool has_server(const std::string& directory) {
  return static_cast<bool>(connected_to(directory));
}

std::optional<Result<CacheAnswer>> ask_server(const std::string& directory, const CacheRequest& request,
                                              const CacheProgress& progress) {
  return ask(directory, request, progress, kAnswerWithin);
}

std::string holder_of_cache(const std::string& directory) {
  const UniqueFd socket = connected_to(directory);
  const auto peer = socket ? peer_of(socket) : std::nullopt;
  if (!peer) return "another server or cache command";
  const CacheProgress none = [](auto, auto) { return true; };
  auto stats = ask(directory, {.action = CacheRequest::Action::stats}, none, kAMoment);
  const std::string mountpoint = stats && stats->ok() ? (**stats)["mountpoint"] : std::string();
  return fmt::format("mediafs ({}){}{}", peer->pid, mountpoint.empty() ? "" : ", which serves ", mountpoint);
}

bool ask_to_give_way(const std::string& directory) {
  const CacheProgress none = [](auto, auto) { return true; };
  const auto answer = ask(directory, {.action = CacheRequest::Action::give_way}, none, kAMoment);
  return answer && answer->ok();
}

}  // namespace mediafs
