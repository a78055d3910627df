#include "cli/default_places.h"

#include <unistd.h>

#include <cstdlib>

#include <fmt/format.h>

namespace mediafs {

std::string default_cache_dir() {
  if (const char* const xdg = std::getenv("XDG_CACHE_HOME"); xdg != nullptr && *xdg == '/')
    return std::string(xdg) + "/mediafs";
  if (::geteuid() == 0) return "/var/cache/mediafs";
  const char* const home = std::getenv("HOME");
  return home != nullptr ? std::string(home) + "/.cache/mediafs" : std::string();
}

std::string help_on_cache_dir() {
  const std::string directory = default_cache_dir();
  return fmt::format("Where the sealed cache is kept (default: {})",
                     directory.empty() ? "none, without a home directory" : directory);
}

}  // namespace mediafs
