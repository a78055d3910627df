#include "cli/default_places.h"

#include <unistd.h>

#include <cstdlib>
#include <map>
#include <string>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

/// Sets the variables that it depends on, an empty one not at all, and puts the old ones back.
class Environment {
 public:
  explicit Environment(const std::map<std::string, std::string>& values) {
    for (const char* name : {"HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"}) {
      const char* const old = std::getenv(name);
      if (old != nullptr) old_[name] = old;
      const auto value = values.find(name);
      value != values.end() ? ::setenv(name, value->second.c_str(), 1) : ::unsetenv(name);
    }
  }
  ~Environment() {
    for (const char* name : {"HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"})
      old_.contains(name) ? ::setenv(name, old_[name].c_str(), 1) : ::unsetenv(name);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  std::map<std::string, std::string> old_;
};

TEST(DefaultPlaces, CredentialsStandInTheUsersConfiguration) {
  {
    const Environment both({{"HOME", "/home/me"}, {"XDG_CONFIG_HOME", "/else/where"}});
    EXPECT_EQ(default_credentials_file(), "/else/where/mediafs/credentials");
  }
  for (const char* ignored : {"", "relative"}) {
    const Environment home({{"HOME", "/home/me"}, {"XDG_CONFIG_HOME", ignored}});
    EXPECT_EQ(default_credentials_file(), "/home/me/.config/mediafs/credentials");
  }
  const Environment nothing(std::map<std::string, std::string>{});
  EXPECT_EQ(default_credentials_file(), ::geteuid() == 0 ? "/etc/mediafs/credentials" : "");
}

TEST(DefaultPlaces, TheCacheStandsInTheUsersCache) {
  {
    const Environment set({{"HOME", "/home/me"}, {"XDG_CACHE_HOME", "/else/where"}});
    EXPECT_EQ(default_cache_dir(), "/else/where/mediafs");
  }
  const Environment home(std::map<std::string, std::string>{{"HOME", "/home/me"}});
  EXPECT_EQ(default_cache_dir(), ::geteuid() == 0 ? "/var/cache/mediafs" : "/home/me/.cache/mediafs");
}

}  // namespace
}  // namespace mediafs
