#include "mediafs/crypto/aead.h"

#include <algorithm>
#include <memory>
#include <new>

#include <openssl/evp.h>

#include "crypto/raw.h"
#include "mediafs/crypto/random.h"

namespace mediafs::crypto {

namespace {

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
struct FreeCipher {
  void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
};

const EVP_CIPHER* aes_256_gcm() {
  static const std::unique_ptr<EVP_CIPHER, FreeCipher> cipher(
      EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
  if (!cipher) throw std::bad_alloc();
  return cipher.get();
}

// A context is not thread-safe and costs more to make than to re-key.
EVP_CIPHER_CTX* thread_context() {
  thread_local const std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context(EVP_CIPHER_CTX_new());
  if (!context) throw std::bad_alloc();
  return context.get();
}

int length_of(ByteView bytes) {
  return static_cast<int>(bytes.size());
}

bool encrypt(const SecretKey& key, ByteView associated, ByteView plain, MutableBytes sealed) {
  EVP_CIPHER_CTX* const context = thread_context();
  const MutableBytes nonce = sealed.first(kNonceSize);
  const MutableBytes body = sealed.subspan(kNonceSize, plain.size());
  const MutableBytes tag = sealed.last(kTagSize);
  fill_random(nonce);
  int written = 0;
  return EVP_EncryptInit_ex2(context, aes_256_gcm(), raw(key.view()), raw(nonce), nullptr) == 1 &&
         EVP_EncryptUpdate(context, nullptr, &written, raw(associated), length_of(associated)) == 1 &&
         EVP_EncryptUpdate(context, raw(body), &written, raw(plain), length_of(plain)) == 1 &&
         EVP_EncryptFinal_ex(context, raw(tag), &written) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagSize, raw(tag)) == 1;
}

}  // namespace

void seal(const SecretKey& key, ByteView associated, ByteView plain, MutableBytes sealed) {
  if (!encrypt(key, associated, plain, sealed)) throw std::bad_alloc();  // OpenSSL out of memory
}

bool open_in_place(const SecretKey& key, ByteView associated, const SealedParts& record) {
  EVP_CIPHER_CTX* const context = thread_context();
  unsigned char tag[kTagSize];
  std::copy_n(raw(record.tag), kTagSize, tag);
  unsigned char* const text = raw(record.text);
  int written = 0;
  const bool authentic =
      EVP_DecryptInit_ex2(context, aes_256_gcm(), raw(key.view()), raw(record.nonce), nullptr) == 1 &&
      EVP_DecryptUpdate(context, nullptr, &written, raw(associated), length_of(associated)) == 1 &&
      EVP_DecryptUpdate(context, text, &written, text, length_of(record.text)) == 1 &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagSize, tag) == 1 &&
      EVP_DecryptFinal_ex(context, text, &written) == 1;
  if (!authentic) std::fill(record.text.begin(), record.text.end(), std::byte{0});
  return authentic;
}

std::string seal(const SecretKey& key, ByteView associated, ByteView plain) {
  std::string sealed(plain.size() + kSealOverhead, '\0');
  seal(key, associated, plain, std::as_writable_bytes(std::span(sealed)));
  return sealed;
}

std::optional<std::string> open(const SecretKey& key, ByteView associated, ByteView sealed) {
  if (sealed.size() < kSealOverhead) return std::nullopt;
  std::string plain(text_of(sealed.subspan(kNonceSize, sealed.size() - kSealOverhead)));
  const bool authentic = open_in_place(key, associated,
                                       {.nonce = sealed.first(kNonceSize),
                                        .text = std::as_writable_bytes(std::span(plain)),
                                        .tag = sealed.last(kTagSize)});
  if (!authentic) return std::nullopt;
  return plain;
}

}  // namespace mediafs::crypto
