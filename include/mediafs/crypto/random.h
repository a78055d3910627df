#pragma once

#include <cstdint>

#include "mediafs/base/bytes.h"
#include "mediafs/base/secret.h"

namespace mediafs::crypto {

/// From the system's generator (OpenSSL's RAND_bytes, RAND_priv_bytes for keys); ends the process where there
/// is none, since no key made without it may be used. Any thread.
void fill_random(MutableBytes out);
std::uint64_t random_number();
double random_fraction();  // in [0, 1)
SecretKey random_key();

}  // namespace mediafs::crypto
