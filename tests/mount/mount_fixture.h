// Each test of this folder has an API, a cache, a mount point and a credentials file of its own, and mounts
// the program as people do. Whatever a test does, nothing of it stays mounted or running.
#pragma once

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "eventually.h"
#include "mount_table.h"
#include "origin.h"
#include "places.h"
#include "process.h"
#include "sandbox/server.h"
#include "watchdog.h"

namespace mediafs::e2e {

namespace fs = std::filesystem;

/// Long options with their values. A flag's value is kSet; kAbsent takes a default of the fixture away.
using MountOptions = std::map<std::string, std::string>;
inline const std::string kSet;
inline const std::string kAbsent = "(absent)";

/// What waits for the origin waits longer than any test: what has ended has not waited for it.
inline const MountOptions kWaitingLong{{"--deadline", "1h"}};

/// The first thing in a mount namespace of a test's own, which would keep the servers of all others: bash.
inline const std::string kGiveUpCopies =
    "{ findmnt -rn -t fuse.mediafs -o TARGET || true; } | xargs -r umount -l || true\n";

/// Names a parameterised test after the `name` of its row.
inline const auto kItsName = [](const auto& tested) { return std::string(tested.param.name); };

/// What reading a file gave: the errno of the first call that failed, and the bytes before that.
struct Reading {
  int error = 0;
  std::string bytes;
};

class MountTest : public ::testing::Test {
 protected:
  static constexpr std::chrono::seconds kTestTime{150};

  /// `time` is what the test may take, times slowdown().
  explicit MountTest(std::chrono::seconds time = kTestTime);
  ~MountTest() override;

  // --- The API. It starts when first asked for; `api_options` counts until then.
  sandbox::Options api_options;
  sandbox::Server& api();
  void stop_api();     // from now on nothing answers at its URL
  void restart_api();  // at the same URL, with counts at zero

  // --- The mount. What returns nothing ends the test where it fails.
  /// Runs `mediafs mount` with the test's own files and whatever `changes` says otherwise. The URL is
  /// the API's and the mount point mount_point(), where no other is given.
  Outcome try_mount(const MountOptions& changes = {}, const std::string& url = {},
                    const fs::path& where = {});
  /// `mediafs ARGUMENTS…` as it stands.
  [[nodiscard]] Outcome mediafs(Arguments arguments) const;
  /// Goes over the environment of every command from now on.
  Environment extra_environment;
  /// The same as try_mount, for tests that need it to succeed. Its options also count for remount().
  void mount(const MountOptions& changes = {});
  /// `mediafs unmount`, and the server is gone.
  void unmount();
  void remount();
  /// SIGKILL to the server and its supervisor: the mount stays behind, dead.
  void kill9();
  [[nodiscard]] bool is_mounted() const { return mount_at(mount_point()).has_value(); }
  /// The servers and supervisors, of any mount of this test.
  [[nodiscard]] std::vector<pid_t> servers() const;
  bool servers_end(std::chrono::milliseconds time = kPatience) const;

  // --- Places.
  [[nodiscard]] const fs::path& root() const { return root_; }
  [[nodiscard]] fs::path mount_point() const { return root_ / "mnt"; }
  [[nodiscard]] fs::path cache_dir() const { return root_ / "cache"; }
  [[nodiscard]] fs::path scratch() const { return root_ / "scratch"; }
  [[nodiscard]] fs::path credentials() const { return root_ / "credentials"; }
  [[nodiscard]] fs::path file(const std::string& name) const { return mount_point() / name; }
  /// A file of the test's own with this content; the folders on its way are made.
  fs::path write_file(const fs::path& path, const std::string& content,
                      fs::perms perms = fs::perms(0600)) const;

  // --- Use. A command that may touch the mount runs as a process of its own with an end.
  /// bash with `set -e -o pipefail`; $M is the mount, $T the scratch folder, $MEDIAFS the program.
  [[nodiscard]] Outcome sh(const std::string& script, std::chrono::milliseconds time = kPatience) const;
  [[nodiscard]] std::unique_ptr<Process> start(const std::string& script) const;
  /// Opens, reads to the end, closes.
  [[nodiscard]] Reading read(const std::string& name) const;
  /// The errno of stat(2); 0 where there is such a file.
  [[nodiscard]] int stat_error(const std::string& name) const;
  /// Makes the kernel forget the pages of a file, so that reading it asks the server again.
  void drop_pages(const std::string& name) const;
  void read_whole(const std::string& id) const;
  /// Also that all of it stands in the cache: its bytes can be had with the API down, and by the next server.
  void keep(const std::string& id) const;
  /// Waits until the cache has written all of what has been read.
  void await_kept(const std::string& name) const;

  // --- The log.
  [[nodiscard]] std::string log() const;
  /// A warning in the log fails a test, but for one that says this.
  void expect_warnings() { warnings_are_expected_ = true; }

  void SetUp() override;
  void TearDown() override;

 private:
  [[nodiscard]] Environment environment() const;
  void require(bool ok, const std::string& what, const Outcome& outcome) const;
  void take_down();
  void check_log() const;
  /// In what has been printed or logged is no key, no secret and no signature.
  void check_for_canaries(const std::string& text) const;
  void check_sanitizers() const;

  const fs::path root_;
  Watchdog watchdog_;
  std::unique_ptr<sandbox::Server> api_;
  std::string url_;
  MountOptions mounted_with_;
  std::vector<std::string> requested_paths_;
  bool warnings_are_expected_ = false;
};

}  // namespace mediafs::e2e
