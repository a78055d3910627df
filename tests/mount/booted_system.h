// A machine of the test's own with a booted systemd: this one's files, of which no change is kept, and this
// one's network.
#pragma once

#include <memory>
#include <string>

#include "mount_fixture.h"

namespace mediafs::e2e {

class BootedSystemTest : public MountTest {
 protected:
  static constexpr const char* kService = "mediafs@test";
  static constexpr const char* kConfig = "/etc/mediafs/test.conf";

  /// Before boot(): a file of the system.
  void install(const std::string& path, const std::string& content) const {
    write_file(files() / path.substr(1), content);
  }
  /// Lines of the service's [Service] section that come on top of those that are shipped.
  void install_drop_in(const std::string& lines) const {
    install("/etc/systemd/system/mediafs@.service.d/test.conf", "[Service]\n" + lines + "\n");
  }
  /// The options of the service's mount, beyond where everything is.
  void configure(const std::string& options) { options_ = options; }

  /// With the program, its units and a configuration in their places. False: no system can be booted here,
  /// and why_not() says why.
  bool boot();
  [[nodiscard]] std::string why_not() const { return why_not_; }

  /// A script in it, as sh() runs one here: $M is the service's mount point.
  [[nodiscard]] Outcome inside(const std::string& script, std::chrono::milliseconds time = kPatience) const;
  [[nodiscard]] std::unique_ptr<Process> start_inside(const std::string& script) const;
  /// A property of the service, as `systemctl show` has it.
  [[nodiscard]] std::string property(const std::string& name, const std::string& unit = kService) const;
  [[nodiscard]] std::string journal(const std::string& options = {}) const;

  void start_service();
  /// Opens a media and reads it again and again past the kernel's pages, until stop_reader(): every checksum
  /// has to be right, and no read may fail.
  void start_reader(const std::string& id);
  void stop_reader();

  void TearDown() override;

 private:
  [[nodiscard]] fs::path files() const { return root() / "files"; }
  void install_all();

  std::string options_;
  std::string why_not_;
  std::unique_ptr<Process> system_;
  pid_t first_process_ = -1;
  std::unique_ptr<Process> reader_;
};

#define SKIP_IF_NOT_BOOTED() \
  if (!boot()) GTEST_SKIP() << "no systemd can be booted here: " << why_not()

}  // namespace mediafs::e2e
