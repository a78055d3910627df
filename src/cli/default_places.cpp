#include "cli/default_places.h"

#include <unistd.h>

#include <cstdlib>

#include <fmt/format.h>

namespace mediafs {

namespace {

/// The directory that a variable names; empty where that is none, or a relative one, which the XDG Base
/// Directory Specification has ignored.
std::string directory_in(const char* variable) {
  const char* const value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): before threads start
  return value != nullptr && *value == '/' ? value : std::string();
}

}  // namespace

std::string default_cache_dir() {
  if (const std::string xdg = directory_in("XDG_CACHE_HOME"); !xdg.empty()) return xdg + "/mediafs";
  if (::geteuid() == 0) return "/var/cache/mediafs";
  const std::string home = directory_in("HOME");
  return home.empty() ? home : home + "/.cache/mediafs";
}

std::string default_credentials_file() {
  if (const std::string xdg = directory_in("XDG_CONFIG_HOME"); !xdg.empty())
    return xdg + "/mediafs/credentials";
  if (const std::string home = directory_in("HOME"); !home.empty())
    return home + "/.config/mediafs/credentials";
  return ::geteuid() == 0 ? "/etc/mediafs/credentials" : std::string();
}

std::string help_on_credentials() {
  const std::string file = default_credentials_file();
  return fmt::format(
      "File with api_key=… and shared_secret=… lines, mode 0600 (default: systemd's, else the "
      "environment{}{})",
      file.empty() ? "" : ", else ", file);
}

std::string help_on_cache_dir() {
  const std::string directory = default_cache_dir();
  return fmt::format("Where the sealed cache is kept (default: {})",
                     directory.empty() ? "none, without a home directory" : directory);
}

}  // namespace mediafs
