#pragma once

#include <string>

#include "mediafs/base/result.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {

/// A listening unix socket at that path, for our own user and root: the folder is made where there is none
/// (0755), and a socket that an earlier process has left there goes. Errc::internal: why not; Errc::denied:
/// others could put their own in its place.
Result<UniqueFd> listen_at_path(const std::string& path);

/// The same in a directory that is known to be ours alone, under that name, however long its path is.
Result<UniqueFd> listen_in_directory(const std::string& directory, const std::string& name);

/// A listening unix socket in the kernel's abstract name space (unix(7)), where no file stands, and anybody
/// may connect. Errc::internal: it is taken.
Result<UniqueFd> listen_at_abstract_name(const std::string& name);

/// A listening TCP socket at "192.0.2.1:9100", "[::1]:9100", "localhost:9100", or at the loopback's where
/// only the port is named: "9100", ":9100". Port 0 takes any that is free. Errc::invalid_argument: it is none
/// of these; Errc::internal: it is taken, or not ours.
Result<UniqueFd> listen_at_address(const std::string& address);

}  // namespace mediafs
