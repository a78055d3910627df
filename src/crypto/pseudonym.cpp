#include "mediafs/crypto/pseudonym.h"

#include "mediafs/crypto/digest.h"
#include "mediafs/crypto/random.h"

namespace mediafs::crypto {

std::string pseudonym(std::string_view id) {
  static const SecretKey key = random_key();
  return to_hex(ByteView(hmac_sha256(key.view(), bytes_of(id))).first(4));
}

}  // namespace mediafs::crypto
