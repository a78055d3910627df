#include "signature.h"

#include <array>
#include <cstdint>
#include <stdexcept>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace mediafs::sandbox {
namespace {

// Fetched once: looking an algorithm up takes a lock and longer than signing an id.
EVP_MAC* hmac_algorithm() {
  static EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  return mac;
}

const unsigned char* bytes_of(const void* data) {
  return static_cast<const unsigned char*>(data);
}

}  // namespace

void Hmac::Free::operator()(evp_mac_ctx_st* context) const {
  EVP_MAC_CTX_free(context);
}

Hmac::Hmac(std::string_view secret) : context_(EVP_MAC_CTX_new(hmac_algorithm())) {
  std::array<char, 7> digest{"SHA256"};
  const std::array<OSSL_PARAM, 2> parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0), OSSL_PARAM_construct_end()};
  if (!context_ ||
      EVP_MAC_init(context_.get(), bytes_of(secret.data()), secret.size(), parameters.data()) != 1) {
    throw std::runtime_error("cannot start an HMAC");
  }
}

void Hmac::update(std::span<const std::byte> data) {
  EVP_MAC_update(context_.get(), bytes_of(data.data()), data.size());
}

std::string Hmac::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  std::size_t size = 0;
  EVP_MAC_final(context_.get(), digest.data(), &size, digest.size());
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (std::size_t i = 0; i < size; ++i) {
    hex += kDigits[digest[i] >> 4U];
    hex += kDigits[digest[i] & 15U];
  }
  return hex;
}

std::string signature_of(std::string_view secret, std::string_view text) {
  Hmac hmac(secret);
  hmac.update(std::as_bytes(std::span(text)));
  return hmac.finish();
}

}  // namespace mediafs::sandbox
