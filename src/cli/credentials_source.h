#pragma once

#include <string>

#include "mediafs/api/credentials.h"
#include "mediafs/base/result.h"

namespace mediafs {

/// The credentials, from the first source that there is: `file` if not empty, $CREDENTIALS_DIRECTORY/mediafs
/// (systemd.exec(5)), or MEDIAFS_API_KEY and MEDIAFS_SHARED_SECRET. The two variables are wiped from this
/// process's environment in any case, so call it before threads start and before forking.
///
/// A file must be a regular one, owned by the user or root, and nobody else's to read or write or replace.
Result<Credentials> load_credentials(const std::string& file);

}  // namespace mediafs
