#include "mediafs/api/base_url.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

TEST(BaseUrl, EveryWayToPasteItIsTheSame) {
  for (const std::string_view text :
       {"https://api.example.com", "https://api.example.com/", "https://api.example.com/v1",
        "https://api.example.com/v1/", "https://api.example.com//v1//", "https://api.example.com:443/v1"}) {
    const auto base = BaseUrl::parse(text, false);
    ASSERT_TRUE(base.ok()) << text;
    EXPECT_EQ(base->text(), "https://api.example.com:443") << text;
  }
}

TEST(BaseUrl, APathInFrontOfV1IsKept) {
  const auto id = MediaId::parse("05cfc122-15d8-4838-bbf1-7b26a736b2d2");
  EXPECT_EQ(BaseUrl::parse("https://h/proxy/v1", false)->media(*id),
            "https://h:443/proxy/v1/media/05cfc122-15d8-4838-bbf1-7b26a736b2d2");
}

TEST(BaseUrl, PlainHttpIsForLoopbackAlone) {
  for (const std::string_view text :
       {"http://127.0.0.1:80", "http://127.1.2.3", "http://localhost:1/v1", "http://[::1]:8"}) {
    EXPECT_TRUE(BaseUrl::parse(text, false).ok()) << text;
  }
  for (const std::string_view text :
       {"http://example.com", "http://127.evil.com", "http://127.0.0.1.evil.com", "http://10.0.0.1",
        "http://localhost.evil.com"}) {
    EXPECT_FALSE(BaseUrl::parse(text, false).ok()) << text;
    EXPECT_TRUE(BaseUrl::parse(text, true).ok()) << text;
  }
}

TEST(BaseUrl, WhatIsNotABaseIsRefusedInWords) {
  for (const std::string_view text :
       {"", "api.example.com", "ftp://h", "file:///etc/passwd", "https://u:p@h", "https://h?x",
        "https://h/#x", "https://h/a b", "https://h/\n", "https://"}) {
    const auto base = BaseUrl::parse(text, true);
    ASSERT_FALSE(base.ok()) << text;
    EXPECT_EQ(base.error().code, Errc::invalid_argument);
    EXPECT_FALSE(base.error().context.empty());
  }
}

}  // namespace
}  // namespace mediafs
