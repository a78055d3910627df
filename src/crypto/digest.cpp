#include "mediafs/crypto/digest.h"

#include <new>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "crypto/raw.h"

namespace mediafs::crypto {

namespace {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Mac = std::unique_ptr<EVP_MAC, Freed<EVP_MAC_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, Freed<EVP_MAC_CTX_free>>;
using Kdf = std::unique_ptr<EVP_KDF, Freed<EVP_KDF_free>>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, Freed<EVP_KDF_CTX_free>>;

unsigned char* raw(Digest& digest) {
  return reinterpret_cast<unsigned char*>(digest.data());
}

// These calls fail for want of memory or of a provider only: neither is a state to go on in.
void must(bool worked) {
  if (!worked) throw std::bad_alloc();
}

OSSL_PARAM octets(const char* name, ByteView value) {
  auto* const data = const_cast<std::byte*>(value.data());  // NOLINT: OpenSSL's API has no const
  return OSSL_PARAM_construct_octet_string(name, data, value.size());
}

// OpenSSL takes these by a pointer without const and leaves them as they are.
char* sha256_name() {
  static char name[] = "SHA256";
  return name;
}

}  // namespace

struct HmacSha256::Context {
  MacContext mac;
};

HmacSha256::HmacSha256(ByteView key) : context_(std::make_unique<Context>()) {
  static const Mac hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  must(hmac != nullptr);
  context_->mac.reset(EVP_MAC_CTX_new(hmac.get()));
  must(context_->mac != nullptr);
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256_name(), 0),
                               OSSL_PARAM_construct_end()};
  static constexpr unsigned char kEmpty = 0;  // a null key means "the key of before" to OpenSSL
  must(EVP_MAC_init(context_->mac.get(), key.empty() ? &kEmpty : raw(key), key.size(), params) == 1);
}

HmacSha256::~HmacSha256() = default;
HmacSha256::HmacSha256(HmacSha256&&) noexcept = default;
HmacSha256& HmacSha256::operator=(HmacSha256&&) noexcept = default;

void HmacSha256::update(ByteView piece) {
  must(EVP_MAC_update(context_->mac.get(), raw(piece), piece.size()) == 1);
}

Digest HmacSha256::finish() {
  Digest digest;
  std::size_t length = 0;
  must(EVP_MAC_final(context_->mac.get(), raw(digest), &length, digest.size()) == 1 &&
       length == digest.size());
  return digest;
}

Digest hmac_sha256(ByteView key, ByteView message) {
  HmacSha256 mac(key);
  mac.update(message);
  return mac.finish();
}

Digest sha256(ByteView message) {
  Digest digest;
  must(EVP_Digest(message.data(), message.size(), raw(digest), nullptr, EVP_sha256(), nullptr) == 1);
  return digest;
}

SecretKey hkdf_sha256(ByteView secret, ByteView salt, std::string_view info) {
  static const Kdf hkdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  must(hkdf != nullptr);
  const KdfContext context(EVP_KDF_CTX_new(hkdf.get()));
  must(context != nullptr);
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, sha256_name(), 0),
                               octets(OSSL_KDF_PARAM_KEY, secret), octets(OSSL_KDF_PARAM_SALT, salt),
                               octets(OSSL_KDF_PARAM_INFO, bytes_of(info)), OSSL_PARAM_construct_end()};
  SecretKey key;
  must(EVP_KDF_derive(context.get(), reinterpret_cast<unsigned char*>(key.fill().data()), SecretKey::kSize,
                      params) == 1);
  return key;
}

bool equal_in_constant_time(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace mediafs::crypto
