#include "wire_client.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

namespace mediafs::sandbox {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

}  // namespace

std::string WireResponse::header(const std::string& name) const {
  const std::string start = "\r\n" + name + ": ";
  const std::size_t found = head.find(start);
  if (found == std::string::npos) return {};
  const std::size_t begin = found + start.size();
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

std::size_t WireResponse::count(const std::string& text) const {
  std::size_t result = 0;
  for (std::size_t at = head.find(text); at != std::string::npos; at = head.find(text, at + 1)) ++result;
  return result;
}

WireClient::WireClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  void* const generic = &address;
  if (::connect(socket_.get(), static_cast<sockaddr*>(generic), sizeof address) != 0) {
    throw std::runtime_error("cannot connect");
  }
}

void WireClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) throw std::runtime_error("cannot send");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

bool WireClient::read_more() {
  std::array<char, 64 * 1024> piece{};
  const ssize_t count = ::recv(socket_.get(), piece.data(), piece.size(), 0);
  was_reset_ = count < 0 && errno == ECONNRESET;
  if (count < 0 && errno == EAGAIN) throw std::runtime_error("nothing came for ten seconds");
  if (count > 0) buffer_.append(piece.data(), static_cast<std::size_t>(count));
  return count > 0;
}

WireResponse WireClient::split(std::size_t body_size) {
  const std::size_t end = std::min(buffer_.find(kHeadEnd), buffer_.size());
  const std::size_t body = std::min(end + kHeadEnd.size(), buffer_.size());
  WireResponse response{buffer_.substr(0, end), buffer_.substr(body, body_size)};
  buffer_.erase(0, body + response.body.size());
  return response;
}

WireResponse WireClient::read_response(std::size_t body_size) {
  const auto is_complete = [&] {
    const std::size_t end = buffer_.find(kHeadEnd);
    return end != std::string::npos && buffer_.size() >= end + kHeadEnd.size() + body_size;
  };
  while (!is_complete() && read_more()) {
  }
  return split(body_size);
}

WireResponse WireClient::read_to_end() {
  while (read_more()) {
  }
  return split(buffer_.size());
}

bool WireClient::is_readable() const {
  pollfd entry{.fd = socket_.get(), .events = POLLIN, .revents = 0};
  return !buffer_.empty() || ::poll(&entry, 1, 0) > 0;
}

void WireClient::close() {
  socket_ = Descriptor();
}

}  // namespace mediafs::sandbox
