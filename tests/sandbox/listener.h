#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "stream.h"

namespace mediafs::sandbox {

// Accepts connections on 127.0.0.1 and gives each a thread of its own, which runs the handler once;
// when that returns, the connection closes. So a thousand hanging responses do not keep the next
// connection waiting. Those threads take no signals.
class Listener {
 public:
  // Gets the stream and the number of the connection, from 1.
  using Handler = std::function<void(Stream&, std::uint64_t)>;

  // Listens at once; throws std::runtime_error when it cannot. `tls` may be null and has to outlive
  // the listener. Nothing is accepted before start().
  Listener(std::uint16_t port, ssl_ctx_st* tls, Handler handler);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void start();
  std::uint16_t port() const;
  // Wakes every stream that waits.
  void wake_all();
  // Breaks all connections and joins their threads. May be called again.
  void stop();

 private:
  struct Connection {
    std::unique_ptr<Stream> stream;  // guarded by mutex_; null once the handler has returned
    std::jthread thread;
  };

  void accept_connections();
  void accept_one();
  void run(Connection& connection, std::uint64_t number);
  // Joins the threads of connections that have ended.
  void reap();

  ssl_ctx_st* const tls_;
  const Handler handler_;
  Descriptor socket_;
  Descriptor stop_;
  std::mutex mutex_;
  // All below: guarded by mutex_.
  bool is_stopping_ = false;
  std::uint64_t accepted_ = 0;
  std::list<std::unique_ptr<Connection>> connections_;
  std::jthread acceptor_;
};

}  // namespace mediafs::sandbox
