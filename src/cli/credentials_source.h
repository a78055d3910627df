#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "mediafs/api/credentials.h"
#include "mediafs/base/result.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {

/// Reads a variable of the environment and wipes it where it stands, since /proc/PID/environ shows that very
/// memory. Empty: there is none. Before threads start.
SecretString take_variable(const char* name);

/// The value of --credentials to go on with: `option` if not empty; else, where neither
/// $CREDENTIALS_DIRECTORY nor a variable of load_credentials() is set, default_credentials_file() if that is
/// there. Root takes that only where it is root's own, since mount(8) may leave it the home directory of
/// somebody else. Empty: no such one. Call it before load_credentials(), which wipes the variables.
std::string credentials_option(const std::string& option);

/// The credentials, from the first source that there is: `file` if not empty, $CREDENTIALS_DIRECTORY/mediafs
/// (systemd.exec(5)), or MEDIAFS_API_KEY and MEDIAFS_SHARED_SECRET. The two variables are wiped from this
/// process's environment in any case, so call it before threads start and before forking.
///
/// A file must be a regular one, owned by the user or root, and nobody else's to read or write or replace
/// (check_parent_directories).
/// Where there is no source, the error says where one was looked for.
Result<Credentials> load_credentials(const std::string& file);

/// A file that credentials come from.
struct CredentialsFile {
  std::string path;
  mode_t forbidden = 077;  // permissions that it must not give
};

/// The file of the first source, where that is a file.
std::optional<CredentialsFile> credentials_file(const std::string& file);

/// The credentials of that file, under the same conditions.
Result<Credentials> load_credentials(const CredentialsFile& source);

/// Puts them in a file in memory (memfd_create(2)), from which each server reads them. Whoever starts servers
/// has only its descriptor.
Result<UniqueFd> copy_for_servers(const Credentials& credentials);
Result<Credentials> read_copy(const UniqueFd& copy);

}  // namespace mediafs
