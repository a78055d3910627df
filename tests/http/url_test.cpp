#include "mediafs/http/url.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

TEST(Url, IsTakenApart) {
  const auto url = parse_url("HTTPS://api.example.com/base/v1");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "api.example.com");
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->path, "/base/v1");
  EXPECT_FALSE(url->has_user || url->has_query || url->has_fragment);
}

TEST(Url, NamesWhatDoesNotBelongIntoABase) {
  EXPECT_TRUE(parse_url("https://user:pw@h/")->has_user);
  EXPECT_TRUE(parse_url("https://h/?")->has_query);
  EXPECT_TRUE(parse_url("https://h/#x")->has_fragment);
}

TEST(Url, WhatIsNoneIsRefused) {
  for (const std::string_view text : {"", "h", "https://", "://h", "https://h:99999/", "https://h h/"}) {
    EXPECT_FALSE(parse_url(text).ok()) << text;
  }
}

TEST(HttpDate, IsReadInItsThreeFormats) {
  for (const std::string_view text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_EQ(parse_http_date(text), 784111777) << text;
  }
  EXPECT_FALSE(parse_http_date("soon").has_value());
}

}  // namespace
}  // namespace mediafs
