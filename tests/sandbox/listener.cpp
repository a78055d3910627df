#include "listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace mediafs::sandbox {
namespace {

// The socket API's addresses are told apart by a cast that C++ has no better word for.
sockaddr* as_sockaddr(sockaddr_in* address) {
  return static_cast<sockaddr*>(static_cast<void*>(address));
}

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::generic_category().message(errno));
}

Descriptor listening_socket(std::uint16_t port) {
  constexpr int kBacklog = 4096;
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) fail("cannot make a socket");
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(socket.get(), as_sockaddr(&address), sizeof address) != 0) {
    fail("cannot listen on port " + std::to_string(port));
  }
  if (::listen(socket.get(), kBacklog) != 0) fail("cannot listen");
  return socket;
}

// A write to a connection that the peer has closed must not end the process with SIGPIPE, and the
// signals of the process are for its main thread.
void block_signals() {
  sigset_t all{};
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace

Listener::Listener(std::uint16_t port, ssl_ctx_st* tls, Handler handler)
    : tls_(tls),
      handler_(std::move(handler)),
      socket_(listening_socket(port)),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Listener::~Listener() {
  stop();
}

void Listener::start() {
  const std::lock_guard lock(mutex_);
  acceptor_ = std::jthread([this] { accept_connections(); });
}

std::uint16_t Listener::port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(socket_.get(), as_sockaddr(&address), &size);
  return ntohs(address.sin_port);
}

void Listener::accept_connections() {
  block_signals();
  for (;;) {
    std::array<pollfd, 2> entries{pollfd{.fd = socket_.get(), .events = POLLIN, .revents = 0},
                                  pollfd{.fd = stop_.get(), .events = POLLIN, .revents = 0}};
    ::poll(entries.data(), entries.size(), -1);
    if (entries[1].revents != 0) return;
    accept_one();
    reap();
  }
}

void Listener::accept_one() {
  Descriptor socket(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (socket.get() < 0) return;
  auto connection = std::make_unique<Connection>();
  connection->stream = std::make_unique<Stream>(std::move(socket), tls_);
  const std::lock_guard lock(mutex_);
  if (is_stopping_) return;
  Connection& kept = *connections_.emplace_back(std::move(connection));
  const std::uint64_t number = ++accepted_;
  try {
    kept.thread = std::jthread([this, &kept, number] { run(kept, number); });
  } catch (const std::system_error&) {
    connections_.pop_back();  // no thread to be had: the peer sees its connection close
  }
}

void Listener::run(Connection& connection, std::uint64_t number) {
  Stream* stream = nullptr;
  {
    const std::lock_guard lock(mutex_);
    stream = connection.stream.get();
  }
  handler_(*stream, number);
  std::unique_ptr<Stream> ended;
  const std::lock_guard lock(mutex_);
  ended = std::move(connection.stream);
}

void Listener::reap() {
  std::list<std::unique_ptr<Connection>> ended;
  const std::lock_guard lock(mutex_);
  for (auto next = connections_.begin(); next != connections_.end();) {
    const auto connection = next++;
    if (!(*connection)->stream) ended.splice(ended.end(), connections_, connection);
  }
}

void Listener::wake_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& connection : connections_) {
    if (connection->stream) connection->stream->wake();
  }
}

void Listener::stop() {
  std::jthread acceptor;
  std::list<std::unique_ptr<Connection>> connections;
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    ::eventfd_write(stop_.get(), 1);
    ::shutdown(socket_.get(), SHUT_RDWR);  // from now on connecting is refused, not queued
    for (const auto& connection : connections_) {
      if (connection->stream) connection->stream->abort();
    }
    acceptor.swap(acceptor_);
    connections.swap(connections_);
  }
}

}  // namespace mediafs::sandbox
