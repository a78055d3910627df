#include "mediafs/control/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

TEST(Sockets, APathThatIsNoneIsRefused) {
  const auto why = [](const std::string& path) { return listen_at_path(path).error().context; };
  EXPECT_NE(why("/tmp/" + std::string(120, 'x')).find("File name too long"), std::string::npos);
  EXPECT_NE(why("/nowhere/at/all").find("No such file"), std::string::npos);
}

std::string address_of(const UniqueFd& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return std::string(::inet_ntoa(address.sin_addr)) + ":" +
         std::to_string(ntohs(address.sin_port));  // NOLINT
}

TEST(Sockets, AnAddressIsTheLoopbacksUnlessItSaysOtherwise) {
  for (const char* address : {"0", ":0", "127.0.0.1:0"}) {
    const auto socket = listen_at_address(address);
    ASSERT_TRUE(socket) << address << ": " << socket.error().context;
    EXPECT_TRUE(address_of(*socket).starts_with("127.0.0.1:")) << address;
  }
  EXPECT_TRUE(listen_at_address("localhost:0"));
  EXPECT_TRUE(address_of(*listen_at_address("0.0.0.0:0")).starts_with("0.0.0.0:"));
  for (const char* address :
       {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:port", "65536", "-1", "example.com:80", "[::1:0", "::"}) {
    const auto socket = listen_at_address(address);
    ASSERT_FALSE(socket) << address;
    EXPECT_EQ(socket.error().code, Errc::invalid_argument) << address;
  }
}

TEST(Sockets, AnAddressThatIsTakenIsSaid) {
  const auto first = listen_at_address("0");
  ASSERT_TRUE(first);
  const auto second = listen_at_address(address_of(*first));
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().context.find("in use"), std::string::npos) << second.error().context;
}

}  // namespace
}  // namespace mediafs
