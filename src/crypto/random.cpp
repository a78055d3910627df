#include "mediafs/crypto/random.h"

#include <openssl/rand.h>

#include <cstdlib>

#include "mediafs/base/log.h"

namespace mediafs::crypto {

namespace {

[[noreturn]] void no_randomness() {
  log::error("the system gives no random bytes");
  std::abort();
}

unsigned char* raw(MutableBytes out) { return reinterpret_cast<unsigned char*>(out.data()); }

}  // namespace

void fill_random(MutableBytes out) {
  if (RAND_bytes(raw(out), static_cast<int>(out.size())) != 1) no_randomness();
}

std::uint64_t random_number() {
  std::uint64_t number = 0;
  fill_random(std::as_writable_bytes(std::span(&number, 1)));
  return number;
}

SecretKey random_key() {
  SecretKey key;
  if (RAND_priv_bytes(raw(key.fill()), SecretKey::kSize) != 1) no_randomness();
  return key;
}

}  // namespace mediafs::crypto
