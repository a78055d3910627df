#pragma once

#include <filesystem>
#include <memory>

struct ssl_ctx_st;
struct ssl_st;

namespace mediafs::sandbox {

struct FreeSsl {
  void operator()(ssl_ctx_st* context) const;
  void operator()(ssl_st* session) const;
};
using SslContext = std::unique_ptr<ssl_ctx_st, FreeSsl>;
using SslSession = std::unique_ptr<ssl_st, FreeSsl>;

// A server's TLS settings (1.2 and up) for a PEM chain and its key; throws std::runtime_error with
// the file's name when one of them cannot be used.
SslContext make_tls_context(const std::filesystem::path& certificate, const std::filesystem::path& key);

}  // namespace mediafs::sandbox
