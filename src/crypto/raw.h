// Bytes as OpenSSL takes them.
#pragma once

#include "mediafs/base/bytes.h"

namespace mediafs::crypto {

inline unsigned char* raw(MutableBytes bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}
inline const unsigned char* raw(ByteView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace mediafs::crypto
