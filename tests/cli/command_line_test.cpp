#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "cli/command_line_fixture.h"

namespace mediafs {
namespace {

TEST(CommandLine, OptionsHaveTheirDefaults) {
  const MountCommand mount = mount_of({"mount", "https://h", "/mnt/x/"});
  EXPECT_EQ(mount.mountpoint, "/mnt/x");
  EXPECT_EQ(mount.deadline, std::chrono::seconds(30));
  EXPECT_EQ(mount.memory, 128_MiB);
  EXPECT_EQ(mount.revalidate, std::chrono::hours(24));
  EXPECT_EQ(mount.file_mode, 0400U);
  EXPECT_FALSE(mount.cache_dir.empty());
  EXPECT_TRUE(mount.log.to_syslog);
}

TEST(CommandLine, WhatBecomesOfACacheThatCannotBeUsedCanBeChosen) {
  const MountCommand plain = mount_of({"mount", "https://h", "/mnt"});
  EXPECT_FALSE(plain.cache_any_fs || plain.bypass_shared_cache);
  EXPECT_FALSE(mount_of({"mount", "--cache-shared=refuse", "https://h", "/mnt"}).bypass_shared_cache);
  const MountCommand chosen =
      mount_of({"mount", "--cache-any-fs", "--cache-shared=bypass", "https://h", "/mnt"});
  EXPECT_TRUE(chosen.cache_any_fs && chosen.bypass_shared_cache);
  EXPECT_EQ(exit_of({"mount", "--cache-shared=both", "https://h", "/mnt"}).code, ExitCode::usage);
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

TEST(CommandLine, ResponseSignaturesAreVerifiedUnlessItIsOnlyToWarn) {
  EXPECT_TRUE(mount_of({"mount", "https://h", "/mnt"}).verify_signatures);
  EXPECT_TRUE(mount_of({"mount", "https://h", "/mnt", "--response-signatures=verify"}).verify_signatures);
  const MountCommand mount =
      mount_of({"mount", "https://h", "/mnt", "--response-signatures=warn", "--require-signature"});
  EXPECT_FALSE(mount.verify_signatures);
  EXPECT_TRUE(mount.require_signature);
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
                                     {"mount", "https://h", "/mnt", "--response-signatures=maybe"},
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

TEST(CommandLine, HelpIsACommandToo) {
  EXPECT_EQ(exit_of({"help"}).message, exit_of({"--help"}).message);
  EXPECT_EQ(exit_of({"help", "mount"}).message, exit_of({"mount", "--help"}).message);
  EXPECT_EQ(exit_of({"help", "cache", "verify"}).message, exit_of({"cache", "verify", "--help"}).message);
  EXPECT_EQ(exit_of({"help", "help"}).message, exit_of({"help", "--help"}).message);
  EXPECT_EQ(exit_of({"version"}).message + "\n", exit_of({"--version"}).message);
  for (const char* command : {"help", "version"}) EXPECT_EQ(exit_of({command}).code, ExitCode::ok);
}

TEST(CommandLine, WhatIsNoCommandIsAnsweredWithThoseThatThereAre) {
  for (const Arguments& arguments : {Arguments{},
                                     {"foo"},
                                     {"foo", "/mnt"},
                                     {"stationapi.example.com", "/mnt"},
                                     {"-o", "ro", "foo", "/mnt"},
                                     {"help", "nonsense"},
                                     {"--no-such-option"}}) {
    const Exit exit = exit_of(arguments);
    EXPECT_EQ(exit.code, ExitCode::usage);
    for (const char* command : {"  mount ", "  unmount ", "  upgrade ", "  cache ", "  help ", "  version "})
      EXPECT_NE(exit.message.find(command), std::string::npos) << exit.message;
  }
  EXPECT_NE(exit_of({"foo"}).message.find("'foo'"), std::string::npos);
  EXPECT_NE(exit_of({"cache"}).message.find("  verify "), std::string::npos);
  EXPECT_NE(exit_of({"help", "cache", "nonsense"}).message.find("  verify "), std::string::npos);
  EXPECT_EQ(exit_of({"mount"}).message.find("  verify "), std::string::npos);
}

TEST(CommandLine, HelpNamesValuesAndDefaultsInPeoplesWords) {
  for (const Arguments& command : {Arguments{},
                                   {"mount"},
                                   {"unmount"},
                                   {"upgrade"},
                                   {"cache"},
                                   {"cache", "stats"},
                                   {"cache", "verify"},
                                   {"cache", "erase"},
                                   {"cache", "clear"},
                                   {"help"},
                                   {"version"}}) {
    Arguments arguments = command;
    arguments.emplace_back("--help");
    const Exit exit = exit_of(arguments);
    EXPECT_EQ(exit.code, ExitCode::ok);
    for (const char* word : {"{", "->", "TEXT", "BOOLEAN", "ENUM", "REQUIRED", "UINT", "At least"})
      EXPECT_EQ(exit.message.find(word), std::string::npos) << word << '\n' << exit.message;
  }
  const std::string help = exit_of({"help", "mount"}).message;
  EXPECT_NE(help.find("--cache-shared refuse|bypass  "), std::string::npos) << help;
  EXPECT_NE(help.find("(default: refuse)"), std::string::npos) << help;
  EXPECT_NE(help.find("--deadline DURATION "), std::string::npos) << help;
  EXPECT_NE(help.find("(default: 30s)"), std::string::npos) << help;
  ::setenv("XDG_CACHE_HOME", "/of/this/user", 1);
  for (const Arguments& command : {Arguments{"help", "mount"}, {"help", "cache"}})
    EXPECT_NE(exit_of(command).message.find("(default: /of/this/user/mediafs)"), std::string::npos);
  ::unsetenv("XDG_CACHE_HOME");
}

TEST(CommandLine, AnArgumentCountsMoreThanTheFileThatIsNotEvenNeededThen) {
  for (const Arguments& place : {Arguments{"/mnt/y"}, {"--", "/mnt/y"}}) {
    Arguments words{"upgrade", "--config", "/nonexistent"};
    words.insert(words.end(), place.begin(), place.end());
    EXPECT_EQ(std::get<UpgradeCommand>(parse_command_line("mediafs", words)).mountpoint, "/mnt/y");
  }
}

TEST(CommandLine, WordsAreTakenInAnyCase) {
  EXPECT_EQ(mount_of({"mount", "https://h", "/mnt", "--log-level", "WARNING"}).log.level,
            log::Level::warning);
  EXPECT_EQ(mount_of({"mount", "https://h", "/mnt", "--log-level=warn"}).log.level, log::Level::warning);
  EXPECT_FALSE(mount_of({"mount", "https://h", "/mnt", "--prefetch=OFF"}).prefetch);
  EXPECT_TRUE(mount_of({"mount", "https://h", "/mnt", "--prefetch=Yes"}).prefetch);
}

TEST(CommandLine, FlagsMayHaveAValueAndTheLastOneCounts) {
  EXPECT_TRUE(mount_of({"mount", "https://h", "/mnt", "--no-cache=yes"}).no_cache);
  EXPECT_FALSE(mount_of({"mount", "https://h", "/mnt", "--no-cache", "--no-cache=OFF"}).no_cache);
  EXPECT_TRUE(mount_of({"mount", "https://h", "/mnt", "--no-supervisor=false"}).supervisor);
  EXPECT_FALSE(mount_of({"mount", "https://h", "/mnt", "--no-supervisor=on"}).supervisor);
  const MountCommand mount = mount_of({"mount", "https://h", "/mnt", "--deadline=5s", "--deadline=6s"});
  EXPECT_EQ(mount.deadline, std::chrono::seconds(6));
}

TEST(CommandLine, ErrorsNameTheOptionTheValueAndWhatIsTaken) {
  struct Case {
    const char* argument;
    const char* answer;
  };
  for (const auto& [argument, answer] :
       {Case{"--deadline=30", "--deadline: '30' has no unit (a duration is a number with ms, s, m, h or d"},
        {"--deadline=0", "--deadline: '0' is too short, it must be 1ms at least"},
        {"--deadline=-5s", "--deadline: '-5s' is negative"},
        {"--max-age=91d", "--max-age: '91d' is too long, it may be 90d at most"},
        {"--revalidate=0s", "what is erased at the API must go here"},
        {"--cache-size=10", "--cache-size: '10' is 10 bytes, too small: did you mean 10G?"},
        {"--cache-size=0",
         "--cache-size: '0' is too small, it must be 1M at least: --no-cache keeps nothing"},
        {"--cache-size=65T", "it may be 64T at most"},
        {"--memory=1M", "--memory: '1M' is too small, it must be 16M at least"},
        {"--memory=64", "did you mean 64M?"},
        {"--cache-size=10GB", "--cache-size: '10GB' may be meant in powers of 1000 or of 1024"},
        {"--log-level=loud", "--log-level: 'loud' is none of its words (debug|info|warning|error|off)"},
        {"--prefetch=maybe", "--prefetch: 'maybe' is none of its words (on|off)"},
        {"--no-cache=maybe", "--no-cache: 'maybe' is neither on nor off"},
        {"--uid=no-such-user-here", "--uid: 'no-such-user-here' is no user of this machine"},
        {"--file-mode=0999", "--file-mode: '0999' is no mode (an octal mode such as 0400"},
        {"--cache-dir=", "--cache-dir: the value is empty"},
        {"--deadline=", "--deadline: the value is empty"},
        {"--no-cache=", "--no-cache: the value is empty"}}) {
    const Exit exit = exit_of({"mount", argument, "https://h", "/mnt"});
    EXPECT_EQ(exit.code, ExitCode::usage) << argument;
    EXPECT_NE(exit.message.find(answer), std::string::npos) << argument << ": " << exit.message;
  }
  EXPECT_NE(exit_of({"mount", "https://h", "/mnt", "--cache-dir", ""}).message.find("--cache-dir"),
            std::string::npos);
  EXPECT_EQ(exit_of({"mount", "https://h", "/mnt", "--cache-dir", ""}).code, ExitCode::usage);
  EXPECT_EQ(exit_of({"cache", "erase"}).code, ExitCode::usage);
}

TEST(CommandLine, AServerReadsTheSameFromTheWordsOfAMount) {
  const std::filesystem::path config = std::filesystem::temp_directory_path() / "mediafs-words-of-a-mount";
  std::ofstream(config) << "file-mode=0444\ndeadline=7s\n";
  const MountCommand mount = mount_of({"mount", "--config", config, "--cache-dir", "some/where", "-o",
                                       "deadline=9s,allow_other", "https://h", "mnt"});
  std::filesystem::remove(config);
  const Command again = parse_command_line("mediafs", mount.words, mount.directory);
  const auto* const server = std::get_if<MountCommand>(&again);
  ASSERT_NE(server, nullptr);
  EXPECT_EQ(server->file_mode, 0444U);
  EXPECT_EQ(server->deadline, std::chrono::seconds(9));
  EXPECT_TRUE(server->allow_other);
  EXPECT_EQ(server->cache_dir, mount.cache_dir);
  EXPECT_EQ(server->mountpoint, mount.mountpoint);
  EXPECT_EQ(server->words, mount.words);
}

TEST(CommandLine, RelativePathsMeanAnotherDirectoryWhereOneIsNamed) {
  const Command command =
      parse_command_line("mediafs", {"mount", "--log-file", "log", "https://h", "mnt/"}, "/some/where");
  const auto& mount = std::get<MountCommand>(command);
  EXPECT_EQ(mount.log.file, "/some/where/log");
  EXPECT_EQ(mount.mountpoint, "/some/where/mnt");
}

TEST(CommandLine, ASupervisorIsThereUnlessItIsNotWanted) {
  EXPECT_TRUE(mount_of({"mount", "https://h", "/mnt"}).supervisor);
  EXPECT_FALSE(mount_of({"mount", "--no-supervisor", "https://h", "/mnt"}).supervisor);
  EXPECT_FALSE(mount_of({"mount", "https://h", "/mnt", "-o", "no_supervisor"}).supervisor);
}

TEST(CommandLine, AStatusTakesAMountPointOrNone) {
  EXPECT_EQ(std::get<StatusCommand>(parse_command_line("mediafs", {"status"})).mountpoint, "");
  const auto all =
      std::get<StatusCommand>(parse_command_line("mediafs", {"status", "--json", "--check", "/mnt/x/"}));
  EXPECT_EQ(all.mountpoint, "/mnt/x");
  EXPECT_TRUE(all.json && all.check && !all.watch);
  EXPECT_EQ(exit_of({"status", "--watch", "--check", "/mnt"}).code, ExitCode::usage);
}

TEST(CommandLine, AnUpgradeTakesAMountPoint) {
  const Command command = parse_command_line("mediafs", {"upgrade", "mnt"}, "/some/where");
  EXPECT_EQ(std::get<UpgradeCommand>(command).mountpoint, "/some/where/mnt");
  EXPECT_EQ(exit_of({"upgrade"}).code, ExitCode::usage);
}

}  // namespace
}  // namespace mediafs
