// An origin that sends what a test says, word by word, plain or over TLS.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include <openssl/ssl.h>

#include "sandbox/certificates.h"
#include "sandbox/listener.h"
#include "sandbox/tls.h"

namespace mediafs {

enum class Security { plain, tls12, tls13 };

inline const char* to_string(Security security) {
  return security == Security::plain ? "plain" : security == Security::tls12 ? "TLS 1.2" : "TLS 1.3";
}

/// On 127.0.0.1, from its constructor to its destructor. A test's function answers each request; it is given
/// the connection and how many requests have come over that before. Over TLS each write of up to 16 KiB is
/// one record. Thread-safe; so must the function be.
class ScriptedOrigin {
 public:
  using Answer = std::function<void(sandbox::Stream& stream, int number)>;

  ScriptedOrigin(Security security, Answer answer)
      : answer_(std::move(answer)),
        security_(security),
        tls_(context()),
        listener_(0, tls_.get(), [this](sandbox::Stream& stream, std::uint64_t) { serve(stream); }) {
    listener_.start();
  }
  ~ScriptedOrigin() { listener_.stop(); }
  ScriptedOrigin(const ScriptedOrigin&) = delete;
  ScriptedOrigin& operator=(const ScriptedOrigin&) = delete;

  [[nodiscard]] std::uint16_t port() const { return listener_.port(); }
  [[nodiscard]] std::string url() const {
    return (tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port());
  }
  /// The authority that vouches for it.
  [[nodiscard]] std::string ca_file() const { return certificates_.files().ca; }
  /// That have been accepted.
  [[nodiscard]] int connections() const { return connections_; }
  /// Waits until as many answers have been given.
  void wait_for_answers(int count) {
    std::unique_lock lock(mutex_);
    answered_.wait(lock, [&] { return answers_ >= count; });
  }

 private:
  [[nodiscard]] sandbox::SslContext context() const {
    if (security_ == Security::plain) return {};
    const sandbox::CertificateFiles& files = certificates_.files().server;
    sandbox::SslContext context = sandbox::make_tls_context(files.certificate, files.key);
    const int version = security_ == Security::tls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    return context;
  }

  void serve(sandbox::Stream& stream) {
    ++connections_;
    if (!stream.open()) return;
    for (int number = 0; read_get(stream); ++number) {
      answer_(stream, number);
      const std::lock_guard lock(mutex_);
      ++answers_;
      answered_.notify_all();
    }
  }

  /// False at the connection's end. None is sent before the one before it is answered.
  static bool read_get(sandbox::Stream& stream) {
    std::string head;
    std::array<char, 4096> piece{};
    while (!head.ends_with("\r\n\r\n")) {
      const std::size_t count = stream.read(piece);
      if (count == 0) return false;
      head.append(piece.data(), count);
    }
    return true;
  }

  const Answer answer_;
  const Security security_;
  const sandbox::TemporaryCertificates certificates_;
  const sandbox::SslContext tls_;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::condition_variable answered_;
  int answers_ = 0;  // guarded by mutex_
  sandbox::Listener listener_;
};

}  // namespace mediafs
