#include "cli/descriptors.h"

#include <sys/resource.h>

#include <gtest/gtest.h>

#include "mediafs/http/http_client.h"

namespace mediafs {
namespace {

TEST(Descriptors, ConnectionsAreAsManyAsThereIsRoomFor) {
  EXPECT_EQ(connections_for(64), 8) << "with room for the resolver's own";
  EXPECT_EQ(connections_for(1024), HttpClient::Options().connections);
  EXPECT_EQ(connections_for(1'000'000), HttpClient::Options().connections);
  EXPECT_EQ(connections_for(RLIM_INFINITY), HttpClient::Options().connections);
  EXPECT_EQ(connections_for(10), 4) << "it cannot do without any";
}

TEST(Descriptors, TheSoftLimitIsRaisedToTheHardOne) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{.rlim_cur = 64, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(raise_descriptor_limit(), before.rlim_max);
  rlimit after{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace mediafs
