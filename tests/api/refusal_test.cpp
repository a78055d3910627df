#include "api/refusal.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

class RefusalTest : public testing::Test {
 protected:
  std::string said(const Refused& answer) { return refusal_of(answer, credentials_).error.context; }
  std::string washed_text(std::string_view text) { return redacted(text, credentials_); }

  const Credentials credentials_{SecretString("Sandbox-Key"),
                                 {SecretString("a secret of ours"), SecretString("hush")}};
};

TEST_F(RefusalTest, WhatIsAnIdAHashOrTheKeyIsReplaced) {
  const std::string hex = "aebbffa048f7a4b91e3dd933757181d0ac79c162d897c3f1bada6fdacad166e8";
  EXPECT_EQ(washed_text("sig " + hex + "."), "sig (id).");
  EXPECT_EQ(washed_text("sig=" + hex.substr(0, 32)), "sig=(id)");
  EXPECT_EQ(washed_text("the id 05CFC122-15d8-4838-bbf1-7b26a736b2d2 is odd"), "the id (id) is odd");
  EXPECT_EQ(washed_text("/05CFC122%2D15d8%2d4838%2Dbbf1%2D7b26a736b2d2"), "/(id)");
  EXPECT_EQ(washed_text("/v1/media/tiny_media-000001/x"), "/v1/media/(id)/x");
  EXPECT_EQ(washed_text("only-letters-in-it"), "(id)");
  EXPECT_EQ(washed_text("key 'sandbox-KEY' unknown, SANDBOX-KEYsandbox-key"),
            "key '(key)' unknown, (key)(key)");
  EXPECT_EQ(washed_text("not A Secret of OURS, nor HUSH"), "not (secret), nor (secret)");
  EXPECT_EQ(washed_text(hex + hex), "(id)");
}

TEST_F(RefusalTest, AnIdOrHashIsReplacedHoweverItsDigitsAreGrouped) {
  EXPECT_EQ(washed_text("sig 18ec28b9 d585ba8d ee930794 5f821d95 0bb32b09 3d765694 d59fbec2 e0143550."),
            "sig (id).");
  EXPECT_EQ(washed_text("eb:02:07:10:6e:a1:fc:3c:eb:02:07:10:6e:a1:fc:3c"), "(id)");
  EXPECT_EQ(washed_text("b.7.6.5.7.0.c.9.b.7.6.5.7.0.c.9.b.7.6.5.7.0.c.9.b.7.6.5.7.0.c.9 no"), "(id) no");
  EXPECT_EQ(washed_text("id 05cfc122\u201015d8\u20104838\u2010bbf1\u20107b26a736b2d2"), "id (id)");
  EXPECT_EQ(washed_text("05cfc122.15d8.4838.bbf1.7b26a736b2d2.example.com"), "(id).example.com");
  EXPECT_EQ(washed_text("at 2026-11-29 19:52:18, code 1812, 30 of 100"),
            "at 2026-11-29 19:52:18, code 1812, 30 of 100");
}

TEST_F(RefusalTest, OrdinaryWordsAndTheNamesOfTheApisHeadersStay) {
  for (const std::string_view text :
       {"", "X-HMAC-SIGNATURE is wrong", "X-AUTH-CLIENT and vrf-auth-client, vrf-hmac-signature",
        "The integration sleeps: authentication failed (code 1812)", "a, b; c\n"}) {
    EXPECT_EQ(washed_text(text), text);
  }
}

TEST_F(RefusalTest, WhatIsShownIsShortAndPlain) {
  EXPECT_EQ(washed("a\x1b[2Jb\n", credentials_), "a\\x1b[2Jb\\x0a");
  EXPECT_LE(washed(std::string(10'000, ' '), credentials_).size(), 200U);
  const std::string_view body =
      "{\"status\":\"fail\",\"code\":\"11\\u202e01\",\"message\":\"one\\ntwo \\u001b[31m three\"}";
  const std::string context = said({.status = 403, .body = body});
  EXPECT_NE(context.find("11\\u{202e}01"), std::string::npos) << context;
  EXPECT_NE(context.find("one\\x0atwo \\x1b[31m three"), std::string::npos) << context;
}

TEST_F(RefusalTest, NothingOfTheCodeOrTheMessageIsShownUnwashed) {
  const std::string id = "05cfc122-15d8-4838-bbf1-7b26a736b2d2";
  for (const std::string& field : {std::string("message"), std::string("error"), std::string("code")}) {
    const std::string body =
        R"({"status":"fail","code":"1101",")" + field + R"(":"sandbox-key of )" + id + "\"}";
    const std::string context = said({.status = 401, .body = body});
    EXPECT_EQ(context.find(id), std::string::npos) << context;
    EXPECT_EQ(context.find("sandbox-key"), std::string::npos) << context;
    EXPECT_NE(context.find("(key)"), std::string::npos) << context;
  }
}

TEST_F(RefusalTest, HintsSayWhereToLook) {
  const auto has = [&](const Refused& answer, std::string_view hint) {
    const std::string context = said(answer);
    EXPECT_NE(context.find(hint), std::string::npos) << context;
  };
  const std::string_view unknown_key = R"({"status":"fail","code":"1803","message":"unknown"})";
  const std::string_view no_session = R"({"status":"fail","code":"1302","message":"none"})";
  has({.status = 401, .body = unknown_key}, "base URL, region, or key and secret swapped?");
  has({.status = 403, .body = "<html>"}, "allow list or firewall?");
  has({.status = 403}, "allow list or firewall?");
  has({.status = 404, .body = "<html>"}, "is the API URL right?");
  has({.status = 410}, "is the API URL right?");
  has({.status = 404, .body = no_session, .of_session = true}, "an attempt's id?");
  EXPECT_EQ(said({.status = 404, .body = no_session}), "HTTP 404, code 1302: none");
  EXPECT_EQ(said({.status = 403, .body = no_session}), "HTTP 403, code 1302: none");
  EXPECT_EQ(said({.status = 502, .body = "<html>"}), "HTTP 502");
}

TEST_F(RefusalTest, ARedirectNamesTheHostAlone) {
  EXPECT_EQ(said({.status = 302, .location = "https://login.example.com:8443/a?token=b#c"}),
            "HTTP 302 to login.example.com");
  EXPECT_EQ(said({.status = 302, .location = "https://05cfc122-15d8-4838-bbf1-7b26a736b2d2.example.com/"}),
            "HTTP 302 to (id).example.com");
  EXPECT_EQ(said({.status = 307, .location = "/v1/secret-path"}), "HTTP 307 to a place on the same host");
  EXPECT_EQ(said({.status = 302, .location = "//portal.example.com/a"}), "HTTP 302 to portal.example.com");
  EXPECT_EQ(said({.status = 302, .location = "::"}), "HTTP 302 to what is no URL");
  EXPECT_EQ(said({.status = 304}), "HTTP 304");
}

TEST_F(RefusalTest, SaysWhetherTheApiItselfHasSpoken) {
  EXPECT_TRUE(refusal_of({.status = 404, .body = R"({"status":"fail","code":"1302"})"}, credentials_).by_api);
  EXPECT_FALSE(refusal_of({.status = 404, .body = R"({"message":"no route"})"}, credentials_).by_api);
  EXPECT_EQ(refusal_of({.status = 404, .body = R"({"code":1302,"error":"no"})"}, credentials_).code, "1302");
}

TEST_F(RefusalTest, AGood200ThatSaysNoSpeaksAsA400) {
  const auto refusal =
      refusal_of({.status = 200, .body = R"({"status":"fail","code":"1812"})"}, credentials_);
  EXPECT_EQ(to_string(refusal.error.code), to_string(Errc::denied));
}

}  // namespace
}  // namespace mediafs
