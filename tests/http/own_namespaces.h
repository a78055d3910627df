// Processes with namespaces of their own, for tests of what the network does.
#pragma once

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstdlib>
#include <string_view>

#include <gtest/gtest.h>

#include "mediafs/base/unique_fd.h"

namespace mediafs {

/// A network namespace (network_namespaces(7)) in which only the loopback interface is. What is done to the
/// namespaces stays with the process that did it: see run_apart().
inline void enter_own_network() {
  ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq loopback{};
  std::string_view("lo").copy(loopback.ifr_name, sizeof loopback.ifr_name - 1);
  loopback.ifr_flags = IFF_UP;
  ASSERT_EQ(::ioctl(socket.get(), SIOCSIFFLAGS, &loopback), 0);
}

/// Runs the test's body in a process of its own.
inline void run_apart(void (*body)()) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        body();
        std::_Exit(testing::Test::HasFailure() ? 1 : 0);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace mediafs
