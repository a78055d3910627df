#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

#include "tls.h"

namespace mediafs::sandbox {

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;

  int get() const { return fd_; }

 private:
  int fd_;
};

// One accepted connection, plain or TLS. One thread reads, writes and waits; wake() and abort() may
// be called from any other. Every wait ends early when the peer has gone or abort() was called.
class Stream {
 public:
  // `tls` may be null: a plain connection. It has to outlive the stream.
  Stream(Descriptor socket, ssl_ctx_st* tls);

  // Does the TLS handshake, if there is one to do.
  bool open();
  // Reads some bytes; 0 when the connection has ended.
  std::size_t read(std::span<char> into);
  // Writes all bytes; `more` says that others follow at once, so a packet need not leave yet.
  bool write(std::string_view bytes, bool more = false);
  bool write(std::span<const std::byte> bytes);

  // Waits until `time`; false when the peer has gone.
  bool wait_until(std::chrono::steady_clock::time_point time);
  // Waits until `done` holds, which is looked at after each wake(); false when the peer has gone.
  bool wait_until(const std::function<bool()>& done);

  // Makes the peer see a reset, not an orderly end, once the stream is destroyed.
  void reset_on_close();
  // Ends a TLS connection with its close alert: without it the peer cannot tell an end from a cut.
  void close_orderly();

  void wake();
  void abort();

 private:
  Descriptor socket_;
  Descriptor wake_;
  SslSession session_;
};

}  // namespace mediafs::sandbox
