// SHA-256 (FIPS 180-4), HMAC-SHA256 (RFC 2104) and HKDF-SHA256 (RFC 5869), by OpenSSL 3.
#pragma once

#include <array>
#include <memory>

#include "mediafs/base/bytes.h"
#include "mediafs/base/secret.h"

namespace mediafs::crypto {

using Digest = std::array<std::byte, 32>;

Digest sha256(ByteView message);

/// One message, fed in pieces. One thread at a time; movable.
class HmacSha256 {
 public:
  explicit HmacSha256(ByteView key);
  ~HmacSha256();
  HmacSha256(const HmacSha256&) = delete;
  HmacSha256& operator=(const HmacSha256&) = delete;
  HmacSha256(HmacSha256&&) noexcept;
  HmacSha256& operator=(HmacSha256&&) noexcept;

  void update(ByteView piece);
  /// Ends the message; the object is spent.
  Digest finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

Digest hmac_sha256(ByteView key, ByteView message);

/// `info` says what the key is for; different texts give independent keys.
SecretKey hkdf_sha256(ByteView secret, ByteView salt, std::string_view info);

/// Takes the same time wherever the two differ; false where the lengths do.
bool equal_in_constant_time(ByteView a, ByteView b);

}  // namespace mediafs::crypto
