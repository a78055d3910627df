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

TEST(Credentials, BlanksAroundTheEqualsSignAndQuotesAroundTheValueAreTakenOff) {
  for (const std::string_view text :
       {"api_key = key\nshared_secret =\tse=cret=\n", "api_key=\"key\"\nshared_secret='se=cret='\n",
        "\tapi_key = \" key \" \r\n  shared_secret\t= \"se=cret=\"\r\n"}) {
    const auto credentials = parse_credentials(text);
    ASSERT_TRUE(credentials.ok()) << text << credentials.error().context;
    EXPECT_EQ(credentials->api_key.reveal(), "key") << text;
    EXPECT_EQ(credentials->shared_secrets[0].reveal(), "se=cret=") << text;
  }
  EXPECT_FALSE(parse_credentials("api_key=\"\"\nshared_secret=x\n").ok());
  EXPECT_FALSE(parse_credentials("api_key=k\nshared_secret=\"a b\"\n").ok());
}

TEST(Credentials, WhatPeopleWriteWhoKnowTheLineFromElsewhereIsNamed) {
  const auto complaint = [](const std::string& text) {
    const auto credentials = parse_credentials(text);
    EXPECT_FALSE(credentials.ok()) << text;
    return credentials.ok() ? "" : credentials.error().context;
  };
  const std::string secret = "shared_secret=hush-hush\n";
  EXPECT_NE(complaint("\xEF\xBB\xBF"
                      "api_key=k\n" +
                      secret)
                .find("byte order mark"),
            std::string::npos);
  EXPECT_NE(complaint("export api_key=k\n" + secret).find("line 1: begins with \"export\""),
            std::string::npos);
  EXPECT_NE(complaint("api_key: k\n" + secret).find("line 1: has a :"), std::string::npos);
  const std::string colon = complaint("api_key=k\nshared_secret : aHVzaA==\n");
  EXPECT_NE(colon.find("line 2: has a :"), std::string::npos) << colon;
  EXPECT_EQ(colon.find("aHVz"), std::string::npos) << colon;
}

TEST(Credentials, WhatCannotBeAKeyOrASecretIsDoubted) {
  const std::string key = "05cfc122-15d8-4838-bbf1-7b26a736b2d2";
  const auto doubts = [](const std::string& k, std::vector<std::string> secrets) {
    Credentials credentials{SecretString(k), {}};
    for (const std::string& secret : secrets) credentials.shared_secrets.emplace_back(secret);
    std::string all;
    for (const std::string& doubt : doubts_about(credentials)) all += doubt + "; ";
    for (const std::string& secret : secrets) EXPECT_EQ(all.find(secret), std::string::npos) << all;
    EXPECT_EQ(all.find(k), std::string::npos) << all;
    return all;
  };
  EXPECT_EQ(doubts(key, {"a-secret-of-sixteen", "another-one-of-them"}), "");
  EXPECT_EQ(doubts("no-key", {"a-secret-of-sixteen"}), "the API key is no UUID, as the API's are; ");
  EXPECT_EQ(doubts(key, {"a-secret-of-sixteen", key}), "shared secret 2 is the API key; ");
  EXPECT_EQ(doubts(key, {"short-one"}), "shared secret 1 is too short to be one; ");
  EXPECT_EQ(doubts(key, {"a-secret-of-sixteen", "a-secret-of-sixteen"}),
            "shared secret 2 stands there twice; ");
  EXPECT_EQ(doubts(key, {"'a-secret-of-sixteen"}), "shared secret 1 has a quote at one of its ends; ");
}

// printf %s 05cfc122-15d8-4838-bbf1-7b26a736b2d2 | openssl dgst -sha256 -hmac an-example-secret
TEST(Sign, KnownAnswer) {
  const auto id = MediaId::parse("05cfc122-15d8-4838-bbf1-7b26a736b2d2");
  EXPECT_EQ(sign(SecretString("an-example-secret"), *id).reveal(),
            "aebbffa048f7a4b91e3dd933757181d0ac79c162d897c3f1bada6fdacad166e8");
}

}  // namespace
}  // namespace mediafs
