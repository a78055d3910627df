#include "cli/command_line.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

MountCommand mount_of(const Arguments& arguments) {
  const Command command = parse_command_line("mediafs", arguments);
  const auto* mount = std::get_if<MountCommand>(&command);
  if (mount == nullptr) {
    ADD_FAILURE() << std::get<Exit>(command).message;
    return {};
  }
  return *mount;
}

Exit exit_of(const Arguments& arguments) {
  const Command command = parse_command_line("mediafs", arguments);
  const auto* exit = std::get_if<Exit>(&command);
  return exit != nullptr ? *exit : Exit{ExitCode::internal, "it was accepted"};
}

TEST(CommandLine, OptionsHaveTheirDefaults) {
  const MountCommand mount = mount_of({"mount", "https://h", "/mnt/x/"});
  EXPECT_EQ(mount.mountpoint, "/mnt/x");
  EXPECT_EQ(mount.deadline, std::chrono::seconds(30));
  EXPECT_EQ(mount.memory, 128_MiB);
  EXPECT_EQ(mount.file_mode, 0400U);
  EXPECT_FALSE(mount.cache_dir.empty());
  EXPECT_TRUE(mount.log.to_syslog);
}

TEST(CommandLine, OptionsAreReadInEveryForm) {
  const MountCommand mount = mount_of({"mount", "--deadline", "5s", "--memory=32M", "https://h", "/mnt", "-o",
                                       "file_mode=0440,allow_other,log_level=debug,log_format=json", "-f"});
  EXPECT_EQ(mount.deadline, std::chrono::seconds(5));
  EXPECT_EQ(mount.memory, 32_MiB);
  EXPECT_EQ(mount.file_mode, 0440U);
  EXPECT_TRUE(mount.allow_other && mount.foreground);
  EXPECT_EQ(mount.log.level, log::Level::debug);
  EXPECT_EQ(mount.log.format, log::Format::json);
}

TEST(CommandLine, RelativePathsMeanTheCallers) {
  const MountCommand mount =
      mount_of({"mount", "https://h", "here", "--cache-dir", "../cache", "--credentials", "c"});
  const auto here = std::filesystem::current_path();
  EXPECT_EQ(mount.mountpoint, here / "here");
  EXPECT_EQ(mount.cache_dir, here.parent_path() / "cache");
  EXPECT_EQ(mount.credentials, here / "c");
}

TEST(CommandLine, TheConfigFileIsOverruledByTheCommandLine) {
  const std::string path = testing::TempDir() + "mediafs-config-test";
  std::ofstream(path) << "deadline=5s\nnegative_ttl=1m\nno_cache\n";
  const MountCommand mount = mount_of({"mount", "--config", path, "https://h", "/mnt", "--deadline=9s"});
  EXPECT_EQ(mount.deadline, std::chrono::seconds(9));
  EXPECT_EQ(mount.negative_ttl, std::chrono::minutes(1));
  EXPECT_TRUE(mount.no_cache);
  std::filesystem::remove(path);
}

TEST(CommandLine, MistakesAreUsageErrorsInWords) {
  for (const Arguments& arguments : {Arguments{},
                                     {"mount"},
                                     {"mount", "https://h"},
                                     {"mount", "https://h", "/mnt", "extra"},
                                     {"mount", "https://h", "/mnt", "--no-such-option"},
                                     {"mount", "https://h", "/mnt", "--deadline", "soon"},
                                     {"mount", "https://h", "/mnt", "--deadline=0s"},
                                     {"mount", "https://h", "/mnt", "--memory=1M"},
                                     {"mount", "https://h", "/mnt", "--log-level=loud"},
                                     {"mount", "https://h", "/mnt", "-o", "no_such"},
                                     {"mount", "https://h", "/mnt", "--config=/nonexistent"},
                                     {"mount", "https://h", "/mnt", "--shared-secret=x"},
                                     {"unmount"}}) {
    const Exit exit = exit_of(arguments);
    EXPECT_EQ(static_cast<int>(exit.code), 2) << (arguments.empty() ? "" : arguments.back());
    EXPECT_FALSE(exit.message.empty());
  }
}

TEST(CommandLine, HelpAndVersionAreNoMistakes) {
  EXPECT_EQ(static_cast<int>(exit_of({"--help"}).code), 0);
  EXPECT_NE(exit_of({"mount", "--help"}).message.find("--cache-dir"), std::string::npos);
  EXPECT_EQ(static_cast<int>(exit_of({"--version"}).code), 0);
}

}  // namespace
}  // namespace mediafs
