// From the ways in which options can be given to one list of long options.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mediafs/base/result.h"

namespace mediafs {

using Arguments = std::vector<std::string>;

/// `a=b,allow_other` as given behind -o becomes --a=b --allow-other. A comma in a value is written "\,". What
/// mount(8) and fstab(5) add for themselves (rw, nosuid, _netdev, x-systemd.…) is left out: the mount is
/// always ro,nosuid,nodev,noexec.
Arguments expand_mount_options(std::string_view list);

/// The form in which mount(8) calls: SOURCE MOUNTPOINT [-sfnv] [-o list]… becomes `mount` and its arguments.
/// It is known by the URL that stands first, but for options, or by the name mount.* of the program. Lists
/// behind -o are expanded in any form. `program` is argv[0]'s last part.
Result<Arguments> normalised(std::string_view program, const Arguments& arguments);

/// The arguments but for each --NAME=VALUE and --NAME VALUE of that option.
Arguments without_option(const std::string& name, const Arguments& arguments);

/// A URL, or what stands for one, that has a user or password in it.
bool has_password(std::string_view url);

}  // namespace mediafs
