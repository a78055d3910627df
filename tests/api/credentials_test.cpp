#include "mediafs/api/credentials.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

TEST(Credentials, AreReadWithSeveralSecretsInTheirOrder) {
  const auto credentials =
      parse_credentials("# ours\r\napi_key=key\r\n\nshared_secret=new=\nshared_secret=old \n");
  ASSERT_TRUE(credentials.ok()) << credentials.error().context;
  EXPECT_EQ(credentials->api_key.reveal(), "key");
  ASSERT_EQ(credentials->shared_secrets.size(), 2U);
  EXPECT_EQ(credentials->shared_secrets[0].reveal(), "new=");
  EXPECT_EQ(credentials->shared_secrets[1].reveal(), "old");
}

TEST(Credentials, MistakesAreNamedWithoutTheText) {
  const std::string key = "api_key=hush-hush\n";
  const std::string secret = "shared_secret=hush-hush\n";
  for (const std::string& text :
       {std::string(), key, secret, key + key + secret, key + secret + "hush-hush\n",
        key + "shared_secret=\n", key + "shared_secret=hush hush\n", key + "shared_secret=hush\x01\n",
        key + std::string("shared_secret=hush\0hush\n", 24), "API_KEY=hush-hush\n" + secret}) {
    const auto credentials = parse_credentials(text);
    ASSERT_FALSE(credentials.ok()) << text;
    EXPECT_EQ(credentials.error().context.find("hush"), std::string::npos) << credentials.error().context;
  }
}

// printf %s 05cfc122-15d8-4838-bbf1-7b26a736b2d2 | openssl dgst -sha256 -hmac an-example-secret
TEST(Sign, KnownAnswer) {
  const auto id = MediaId::parse("05cfc122-15d8-4838-bbf1-7b26a736b2d2");
  EXPECT_EQ(sign(SecretString("an-example-secret"), *id).reveal(),
            "aebbffa048f7a4b91e3dd933757181d0ac79c162d897c3f1bada6fdacad166e8");
}

}  // namespace
}  // namespace mediafs
