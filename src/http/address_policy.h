#pragma once

#include <sys/socket.h>

#include <string_view>

namespace mediafs {

/// Whether nothing is ever sent to that address: link-local ones and those of metadata services
/// (169.254.0.0/16, fe80::/10, fd00:ec2::254), which hand out a machine's own credentials; in any notation,
/// among them IPv4 within IPv6. No API is there, and a name may come to lead to one. It says nothing of
/// ports.
bool is_forbidden_address(const sockaddr& address, socklen_t length);

/// Why nothing is sent there, for people.
inline constexpr std::string_view kForbiddenAddress =
    "the API's name leads to a link-local address or a metadata service, to which nothing is sent";

}  // namespace mediafs
