// The shipped unit under a booted systemd.
#pragma once

#include <string>

#include <gmock/gmock.h>

#include "booted_system.h"

namespace mediafs::e2e {

class Systemd : public BootedSystemTest {
 protected:
  bool is_active() { return property("ActiveState") == "active" && property("SubState") == "running"; }
  [[nodiscard]] std::string server() const {
    return inside("printf %s $(pgrep --parent $(systemctl show --value --property=MainPID mediafs@test))")
        .out;
  }
  [[nodiscard]] Outcome read_inside(const std::string& id) const { return inside("sha256sum < $M/" + id); }
  /// Another instance, whose mount point is /srv/other.
  void start_other() const {
    const Outcome started = inside(
        "mkdir /srv/other; sed s#/srv/media#/srv/other# /etc/mediafs/test.conf > "
        "/etc/mediafs/other.conf; echo cache-dir=/var/cache/other >> /etc/mediafs/other.conf; "
        "systemctl start mediafs@other");
    ASSERT_EQ(started.code, 0) << started;
  }
  void expect_readable(const std::string& id) const {
    const Outcome outcome = read_inside(id);
    EXPECT_THAT(outcome.out, testing::HasSubstr(origin_sha256(id))) << outcome << journal();
  }
};

}  // namespace mediafs::e2e
