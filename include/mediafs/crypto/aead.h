// AES-256-GCM (NIST SP 800-38D) over whole records, by OpenSSL 3.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "mediafs/base/bytes.h"
#include "mediafs/base/secret.h"

namespace mediafs::crypto {

/// A sealed record is nonce (12 bytes, random) | ciphertext | tag (16 bytes).
inline constexpr std::size_t kNonceSize = 12;
inline constexpr std::size_t kTagSize = 16;
inline constexpr std::size_t kSealOverhead = kNonceSize + kTagSize;

/// Any thread; each thread keeps a cipher context of its own. With random nonces one key may seal 2^32
/// records. `associated` is authenticated and not stored: open() succeeds only for the same bytes.
///
/// REQUIRES: sealed.size() == plain.size() + kSealOverhead.
void seal(const SecretKey& key, ByteView associated, ByteView plain, MutableBytes sealed);

/// Where the parts of a record stand once its ciphertext has been copied out of shared memory.
struct SealedParts {
  ByteView nonce;
  MutableBytes text;  // ciphertext before, plaintext after
  ByteView tag;
};

/// Opens a record in place. False, with the text zeroed, where it is not exactly what seal() made for this
/// key and `associated`. The caller owns all three parts: nobody else may change them meanwhile.
[[nodiscard]] bool open_in_place(const SecretKey& key, ByteView associated, const SealedParts& record);

/// The same for small records that carry their own length.
std::string seal(const SecretKey& key, ByteView associated, ByteView plain);
std::optional<std::string> open(const SecretKey& key, ByteView associated, ByteView sealed);

}  // namespace mediafs::crypto
