#include "tls.h"

#include <stdexcept>

#include <openssl/ssl.h>

namespace mediafs::sandbox {

void FreeSsl::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

void FreeSsl::operator()(ssl_st* session) const {
  SSL_free(session);
}

SslContext make_tls_context(const std::filesystem::path& certificate, const std::filesystem::path& key) {
  SslContext context(SSL_CTX_new(TLS_server_method()));
  if (!context) throw std::runtime_error("cannot start TLS");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1) {
    throw std::runtime_error("cannot use the certificate " + certificate.string());
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("cannot use the key " + key.string());
  }
  return context;
}

}  // namespace mediafs::sandbox
