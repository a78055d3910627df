#include "mediafs/crypto/random.h"

#include <cstdlib>

#include <openssl/rand.h>

#include "crypto/raw.h"
#include "mediafs/base/log.h"

namespace mediafs::crypto {

namespace {

[[noreturn]] void no_randomness() {
  log::error("the system gives no random bytes");
  std::abort();
}

}  // namespace

void fill_random(MutableBytes out) {
  if (RAND_bytes(raw(out), static_cast<int>(out.size())) != 1) no_randomness();
}

std::uint64_t random_number() {
  std::uint64_t number = 0;
  fill_random(std::as_writable_bytes(std::span(&number, 1)));
  return number;
}

double random_fraction() {
  constexpr double kPast32Bits = 4294967296.0;
  return static_cast<double>(random_number() >> 32) / kPast32Bits;
}

SecretKey random_key() {
  SecretKey key;
  if (RAND_priv_bytes(raw(key.fill()), SecretKey::kSize) != 1) no_randomness();
  return key;
}

}  // namespace mediafs::crypto
