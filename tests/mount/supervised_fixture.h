// A mount whose supervisor and servers are told apart.
#pragma once

#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "mount_fixture.h"

namespace mediafs::e2e {

class SupervisedTest : public MountTest {
 protected:
  /// Of this test's mount, if there is one just now.
  [[nodiscard]] std::optional<pid_t> server() const { return first(of_role("serve")); }
  [[nodiscard]] std::optional<pid_t> supervisor() const { return first(of_role("mount")); }
  /// By the program's first argument.
  [[nodiscard]] std::vector<pid_t> of_role(const std::string& role) const {
    std::vector<pid_t> found;
    for (const pid_t pid : servers()) {
      std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary);
      std::string word;
      std::getline(file, word, '\0');
      std::getline(file, word, '\0');
      if (word == role) found.push_back(pid);
    }
    return found;
  }

  /// SIGKILL to the server that there is.
  void kill_server() {
    expect_warnings();
    std::optional<pid_t> there;
    ASSERT_TRUE(eventually([&] { return (there = server()).has_value(); })) << log();
    ::kill(*there, SIGKILL);
  }
  /// Another server than that serves.
  void await_server_after(pid_t before) {
    ASSERT_TRUE(eventually([&] {
      const auto there = server();
      return there && *there != before && stat_error("sessions") == 0;
    })) << log();
  }
  void restart_server() {
    const auto before = server();
    ASSERT_TRUE(before);
    kill_server();
    await_server_after(*before);
  }

  /// From here until let_servers_start() none serves, though the supervisor starts one after the other.
  void lose_server() {
    fs::rename(credentials(), root() / "elsewhere");
    kill_server();
    ASSERT_TRUE(eventually([&] { return times_in_log("another one takes over") >= 2; })) << log();
  }
  void let_servers_start() const { fs::rename(root() / "elsewhere", credentials()); }

  [[nodiscard]] std::size_t times_in_log(const std::string& text) const {
    const std::string all = log();
    std::size_t times = 0;
    for (std::size_t at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++times;
    return times;
  }

 private:
  static std::optional<pid_t> first(const std::vector<pid_t>& pids) {
    return pids.empty() ? std::nullopt : std::optional(pids.front());
  }
};

/// Processes that read from the mount, half of them in containers that have it bound, each again and again
/// until told to stop: every checksum has to be right, and none may see an error.
class LoadedTest : public SupervisedTest {
 protected:
  explicit LoadedTest(unsigned readers = 25) : wanted_(readers) {}

  static constexpr std::uint64_t kSize = 10'737'418;  // 1 GiB in all, for a hundred

  static std::string media(unsigned reader) {
    return media_of(kSize, "reader" + std::to_string(1000 + reader));
  }

  void start_readers() {
    const bool boxed = sh("bwrap --ro-bind / / true").code == 0;
    for (unsigned i = 0; i < wanted_; ++i) {
      const bool in_a_box = boxed && i % 2 == 0;
      const std::string box =
          "bwrap --ro-bind / / --dev /dev --proc /proc --bind $T $T --tmpfs /mnt --ro-bind $M "
          "/mnt/media --unshare-pid --die-with-parent ";
      readers_.push_back(start(std::string("exec ") + (in_a_box ? box : "") + "bash -c '" +
                               script(in_a_box ? "/mnt/media" : "$M", i) + "'"));
    }
    ASSERT_TRUE(eventually([&] { return api().total_requests() > wanted_ / 2; }));
  }
  void stop_readers() {
    write_file(scratch() / "stop", "");
    for (const auto& reader : readers_) {
      const Outcome outcome = reader->finish(kPatience);
      EXPECT_EQ(outcome.code, 0) << outcome << log();
    }
  }

 private:
  /// Once through the kernel's pages, then past them.
  static std::string script(const std::string& mount, unsigned reader) {
    const std::string file = mount + "/" + media(reader);
    const std::string sum = origin_sha256(media(reader));
    return "set -e -o pipefail; "
           "is_right() { read -r sum rest; [ $sum = " +
           sum +
           " ] || { echo wrong $sum; exit 9; }; }; "
           "sha256sum < " +
           file +
           " | is_right; "
           "while [ ! -e $T/stop ]; do dd if=" +
           file + " iflag=direct bs=1M status=none | sha256sum | is_right; done";
  }

  const unsigned wanted_;
  std::vector<std::unique_ptr<Process>> readers_;
};

}  // namespace mediafs::e2e
