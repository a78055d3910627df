// Where files stand that no option names.
#pragma once

#include <string>

namespace mediafs {

/// $XDG_CACHE_HOME/mediafs; else of root /var/cache/mediafs, and of others ~/.cache/mediafs. Empty: nowhere.
std::string default_cache_dir();
/// The help of --cache-dir, with that default.
std::string help_on_cache_dir();

/// $XDG_CONFIG_HOME/mediafs/credentials where that is absolute, else ~/.config/mediafs/credentials, else of
/// root /etc/mediafs/credentials (a service of systemd has no home). Empty: nowhere.
std::string default_credentials_file();
/// The help of --credentials, with that default.
std::string help_on_credentials();

}  // namespace mediafs
