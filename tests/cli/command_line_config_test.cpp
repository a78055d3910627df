// The command line with the file of --config.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "cli/command_line_fixture.h"

namespace mediafs {
namespace {

/// A configuration file with this text, for as long as it lives.
class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text) { std::ofstream(path_) << text; }
  ~ConfigFile() { std::filesystem::remove(path_); }
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  const std::string path_ = testing::TempDir() + "mediafs-config-" + std::to_string(::getpid());
};

TEST(CommandLine, TheConfigFileIsOverruledByTheCommandLine) {
  const ConfigFile config("deadline=5s\nnegative_ttl=1m\nno_cache\nno-supervisor=no\nallow-other = yes\n");
  const MountCommand mount =
      mount_of({"mount", "--config", config.path(), "https://h", "/mnt", "--deadline=9s"});
  EXPECT_EQ(mount.deadline, std::chrono::seconds(9));
  EXPECT_EQ(mount.negative_ttl, std::chrono::minutes(1));
  EXPECT_TRUE(mount.no_cache);
  EXPECT_TRUE(mount.supervisor);
  EXPECT_TRUE(mount.allow_other);
}

TEST(CommandLine, OfTwoLinesInTheConfigFileTheLastOneCounts) {
  const ConfigFile config("deadline=5s\nallow-other\ndeadline=6s\nallow-other=no\n");
  const MountCommand mount = mount_of({"mount", "--config=" + config.path(), "https://h", "/mnt"});
  EXPECT_EQ(mount.deadline, std::chrono::seconds(6));
  EXPECT_FALSE(mount.allow_other);
}

TEST(CommandLine, OfTheConfigFileTheCacheCommandsTakeWhatIsTheirs) {
  const ConfigFile config(
      "url=https://h\ncache-dir=/srv/cache\ncredentials=/etc/key\ndeadline=5s\nallow-other\n");
  const auto cache = [&](const Arguments& arguments) {
    return std::get<CacheCommand>(parse_command_line("mediafs", arguments));
  };
  for (const Arguments& arguments : {Arguments{"cache", "stats", "--config", config.path()},
                                     {"cache", "--config=" + config.path(), "verify", "--rate=1M"}}) {
    EXPECT_EQ(cache(arguments).cache_dir, "/srv/cache");
    EXPECT_EQ(cache(arguments).credentials, "/etc/key");
  }
  EXPECT_EQ(cache({"cache", "clear", "--config", config.path(), "--cache-dir=/other"}).cache_dir, "/other");
  {
    const ConfigFile none("no-cache\ncredentials=/etc/key\n");
    const Arguments clear{"cache", "clear", "--config", none.path()};
    EXPECT_EQ(exit_of(clear).code, ExitCode::usage) << "not that of another mount";
    EXPECT_EQ(cache({"cache", "clear", "--config", none.path(), "--cache-dir", "/mine"}).cache_dir, "/mine");
  }
  const ConfigFile mistaken("cache-size=10\n");
  EXPECT_EQ(exit_of({"cache", "stats", "--config", mistaken.path()}).code, ExitCode::usage);
}

TEST(CommandLine, AMistakeInTheConfigFileIsNamedWithItsLine) {
  struct Case {
    const char* line;
    const char* answer;
  };
  for (const auto& [line, answer] : {Case{"colour=blue", "there is no option 'colour'"},
                                     {"deadline: 5s", "there is no option 'deadline: 5s'"},
                                     {"help", "there is no option 'help'"},
                                     {"version", "there is no option 'version'"},
                                     {"API_URL=https://h", "there is no option 'API-URL'"},
                                     {"deadline", "deadline: the value is missing"},
                                     {"deadline=soon", "--deadline: 'soon' is no number"},
                                     {"cache-size=10", "did you mean 10G?"},
                                     {"no-cache=maybe", "--no-cache: 'maybe' is neither on nor off"},
                                     {"cache-dir=\"/x", "cache-dir: the quotes are not closed"},
                                     {"[mount]", "there are no sections"}}) {
    const ConfigFile config(std::string("# first\nprefetch=on\n") + line + "\n");
    const Exit exit = exit_of({"mount", "--config", config.path(), "https://h", "/mnt", "--deadline=9s"});
    EXPECT_EQ(exit.code, ExitCode::usage) << line;
    EXPECT_NE(exit.message.find(config.path() + ":3: "), std::string::npos) << exit.message;
    EXPECT_NE(exit.message.find(answer), std::string::npos) << exit.message;
  }
}

TEST(CommandLine, TheConfigFileCanNameUrlAndMountPointAndArgumentsSayOtherwise) {
  const ConfigFile config("url=https://h\nmountpoint=/mnt/x\n");
  const std::string& file = config.path();
  const auto places = [&](const Arguments& arguments) {
    Arguments words{"mount", "--config", file};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const MountCommand mount = mount_of(words);
    return mount.url + " " + mount.mountpoint;
  };
  EXPECT_EQ(places({}), "https://h /mnt/x");
  EXPECT_EQ(places({"https://other"}), "https://other /mnt/x");
  EXPECT_EQ(places({"/mnt/y"}), "https://h /mnt/y");
  EXPECT_EQ(places({"https://other", "/mnt/y"}), "https://other /mnt/y");
  const Command upgrade = parse_command_line("mediafs", {"upgrade", "--config", file});
  EXPECT_EQ(std::get<UpgradeCommand>(upgrade).mountpoint, "/mnt/x");
  const Command unmount = parse_command_line("mediafs", {"unmount", "--lazy", "--config=" + file});
  EXPECT_EQ(std::get<UnmountCommand>(unmount).mountpoint, "/mnt/x");
}

TEST(CommandLine, AMissingUrlOrMountPointIsSaid) {
  const ConfigFile config("prefetch=off\n");
  EXPECT_NE(exit_of({"mount"}).message.find("URL is missing"), std::string::npos);
  EXPECT_NE(exit_of({"mount", "/mnt"}).message.find("URL is missing"), std::string::npos);
  EXPECT_NE(exit_of({"mount", "https://h"}).message.find("mount point is missing"), std::string::npos);
  EXPECT_NE(exit_of({"upgrade", "--config", config.path()}).message.find("names no mountpoint"),
            std::string::npos);
}

}  // namespace
}  // namespace mediafs
