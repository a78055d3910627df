#include "http/address_policy.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>
#include <string>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

bool forbidden(const std::string& text) {
  sockaddr_storage storage{};
  socklen_t length = 0;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    std::memcpy(&storage, &v4, length = sizeof(v4));
  } else {
    EXPECT_EQ(::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr), 1) << text;
    v6.sin6_family = AF_INET6;
    std::memcpy(&storage, &v6, length = sizeof(v6));
  }
  return is_forbidden_address(reinterpret_cast<const sockaddr&>(storage), length);
}

TEST(AddressPolicy, LinkLocalAddressesAndMetadataServicesAreRefused) {
  for (const char* address :
       {"169.254.169.254", "169.254.0.0", "169.254.255.255", "169.254.170.2", "fe80::1", "fe80::", "febf::1",
        "fd00:ec2::254", "::ffff:169.254.169.254", "::169.254.169.254", "64:ff9b::a9fe:a9fe"}) {
    EXPECT_TRUE(forbidden(address)) << address;
  }
}

TEST(AddressPolicy, OthersAreNot) {
  for (const char* address :
       {"127.0.0.1", "169.253.255.255", "169.255.0.0", "10.0.0.1", "192.168.0.1", "93.184.216.34", "::1",
        "fec0::1", "fd00:ec2::253", "fd00::1", "2001:db8::a9fe:a9fe", "::ffff:10.0.0.1", "64:ff9b::0a00:1"}) {
    EXPECT_FALSE(forbidden(address)) << address;
  }
}

TEST(AddressPolicy, WhatIsNoInternetAddressIsRefused) {
  sockaddr other{};
  other.sa_family = AF_UNIX;
  EXPECT_TRUE(is_forbidden_address(other, sizeof(other)));
  other.sa_family = AF_INET;
  EXPECT_TRUE(is_forbidden_address(other, 4)) << "cut";
}

}  // namespace
}  // namespace mediafs
