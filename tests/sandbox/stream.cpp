#include "stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include <openssl/ssl.h>

namespace mediafs::sandbox {
namespace {

using std::chrono::steady_clock;

constexpr short kGone = POLLRDHUP | POLLHUP | POLLERR;

int milliseconds_until(steady_clock::time_point time) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - steady_clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, std::numeric_limits<int>::max()));
}

bool is_gone(int socket, int timeout_ms) {
  pollfd entry{.fd = socket, .events = POLLRDHUP, .revents = 0};
  return ::poll(&entry, 1, timeout_ms) > 0 && (entry.revents & kGone) != 0;
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Descriptor::Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Stream::Stream(Descriptor socket, ssl_ctx_st* tls)
    : socket_(std::move(socket)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  const int on = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (tls == nullptr) return;
  session_.reset(SSL_new(tls));
  SSL_set_fd(session_.get(), socket_.get());
}

bool Stream::open() {
  return !session_ || SSL_accept(session_.get()) == 1;
}

std::size_t Stream::read(std::span<char> into) {
  if (session_) {
    std::size_t count = 0;
    return SSL_read_ex(session_.get(), into.data(), into.size(), &count) == 1 ? count : 0;
  }
  ssize_t count = 0;
  do {
    count = ::recv(socket_.get(), into.data(), into.size(), 0);
  } while (count < 0 && errno == EINTR);
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

bool Stream::write(std::string_view bytes, bool more) {
  while (!bytes.empty()) {
    std::size_t count = 0;
    if (session_) {
      if (SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &count) != 1) return false;
    } else {
      const int flags = MSG_NOSIGNAL | (more ? MSG_MORE : 0);
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), flags);
      if (sent < 0 && errno != EINTR) return false;
      count = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    }
    bytes.remove_prefix(count);
  }
  return true;
}

bool Stream::write(std::span<const std::byte> bytes) {
  const void* const data = bytes.data();
  return write(std::string_view(static_cast<const char*>(data), bytes.size()));
}

bool Stream::wait_until(steady_clock::time_point time) {
  while (steady_clock::now() < time) {
    if (is_gone(socket_.get(), milliseconds_until(time))) return false;
  }
  return true;
}

bool Stream::wait_until(const std::function<bool()>& done) {
  while (!done()) {
    std::array<pollfd, 2> entries{pollfd{.fd = socket_.get(), .events = POLLRDHUP, .revents = 0},
                                  pollfd{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
    if (::poll(entries.data(), entries.size(), -1) < 0) continue;
    if ((entries[0].revents & kGone) != 0) return false;
    eventfd_t ignored = 0;
    ::eventfd_read(wake_.get(), &ignored);
  }
  return true;
}

void Stream::reset_on_close() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void Stream::close_orderly() {
  if (session_) SSL_shutdown(session_.get());
}

void Stream::wake() {
  ::eventfd_write(wake_.get(), 1);
}

void Stream::abort() {
  ::shutdown(socket_.get(), SHUT_RDWR);
}

}  // namespace mediafs::sandbox
