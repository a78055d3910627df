#include "http/address_policy.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <iterator>

namespace mediafs {

namespace {

using Bytes16 = std::array<std::uint8_t, 16>;

bool is_link_local(const std::uint8_t* address) {
  return address[0] == 169 && address[1] == 254;
}

/// How IPv4 addresses stand in the last four bytes of IPv6 ones: mapped, compatible (RFC 4291) and translated
/// (RFC 6052).
bool holds_ipv4(const Bytes16& address) {
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  constexpr std::array<std::uint8_t, 12> kCompatible{};
  constexpr std::array<std::uint8_t, 12> kTranslated{0, 0x64, 0xff, 0x9b};
  const auto begins_with = [&address](const auto& prefix) {
    return std::equal(prefix.begin(), prefix.end(), address.begin());
  };
  return begins_with(kMapped) || begins_with(kCompatible) || begins_with(kTranslated);
}

bool is_forbidden(const Bytes16& address) {
  constexpr Bytes16 kMetadata{0xfd, 0, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54};
  const bool link_local = address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
  return link_local || address == kMetadata || (holds_ipv4(address) && is_link_local(&address[12]));
}

}  // namespace

bool is_forbidden_address(const sockaddr& address, socklen_t length) {
  if (address.sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof(v4));
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    return is_link_local(bytes.data());
  }
  if (address.sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof(v6));
    Bytes16 bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return is_forbidden(bytes);
  }
  return true;  // of no family that is known
}

}  // namespace mediafs
