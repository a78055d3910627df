#include "api/media_head.h"

#include <gtest/gtest.h>

#include "mediafs/model/chunk.h"

namespace mediafs {
namespace {

class MediaHeadTest : public testing::Test {
 protected:
  Result<MediaHead> interpret(ResponseHead head, std::uint64_t offset = 0, bool require_signature = false) {
    return interpret_media_head(
        head, {.offset = offset, .require_signature = require_signature, .credentials = &credentials_});
  }
  Result<MediaHead> interpret_part(const std::string& range, std::uint64_t offset, std::uint64_t end) {
    return interpret_media_head(part(range), {.offset = offset, .end = end, .credentials = &credentials_});
  }
  static ResponseHead ok(std::vector<Header> headers = {}) {
    return {.status = 200, .headers = std::move(headers), .content_length = 100};
  }
  static ResponseHead part(const std::string& range) {
    return {.status = 206, .headers = {{"content-range", range}}, .content_length = 60};
  }
  void expect_refused(const Result<MediaHead>& head, Errc code) {
    ASSERT_FALSE(head.ok());
    EXPECT_EQ(to_string(head.error().code), to_string(code)) << head.error().context;
  }

  const Credentials credentials_{SecretString("key"), {SecretString("secret")}};
};

TEST_F(MediaHeadTest, TellsSizeTypeAndValidators) {
  const auto head = interpret(ok({{"content-type", "Image/JPEG; charset=x"},
                                  {"etag", "\"v1\""},
                                  {"last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"}}));
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->size, 100U);
  EXPECT_EQ(head->content_type, "image/jpeg");
  EXPECT_EQ(head->etag, "\"v1\"");
  EXPECT_EQ(head->last_modified, 784111777);
  EXPECT_EQ(head->verifier, nullptr);
}

TEST_F(MediaHeadTest, ATypeThatIsNoneIsUnknown) {
  for (const char* type :
       {"", "jpeg", "/", "image/", "/jpeg", "image/jp\x1b[2Jeg", "image/j\xe2\x80\xaepeg", "a/b/c"})
    EXPECT_EQ(interpret(ok({{"content-type", type}}))->content_type, "application/octet-stream") << type;
  EXPECT_EQ(interpret(ok({{"content-type", "a/" + std::string(200, 'b')}}))->content_type,
            "application/octet-stream");
  EXPECT_EQ(interpret(ok({{"content-type", "text/html charset=utf-8"}}))->content_type, "text/html");
  EXPECT_EQ(interpret(ok({{"content-type", "text/html,image/png"}}))->content_type, "text/html");
}

TEST_F(MediaHeadTest, AWeakTagIsNoProofOfSameBytes) {
  EXPECT_EQ(interpret(ok({{"etag", "W/\"v1\""}}))->etag, "");
  EXPECT_EQ(interpret(ok({{"etag", "v1"}}))->etag, "");
}

TEST_F(MediaHeadTest, APartMustBeTheOneThatWasAskedFor) {
  EXPECT_EQ(interpret(part("bytes 40-99/100"), 40)->size, 100U);
  for (const char* range : {"", "bytes 41-99/100", "bytes 40-98/100", "bytes 40-99/*", "bytes */100",
                            "items 40-99/100", "bytes 40-99/100 ", "bytes 40-9/10"}) {
    expect_refused(interpret(part(range), 40), Errc::protocol);
  }
  expect_refused(interpret(part("bytes 0-99/100"), 0), Errc::protocol);
}

TEST_F(MediaHeadTest, APartThatEndsBeforeTheMediaEndsWhereItWasAskedTo) {
  const auto head = interpret_part("bytes 40-99/1000", 40, 100);
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->size, 1000U);
  EXPECT_EQ(head->end, 100U);
  EXPECT_TRUE(interpret_part("bytes 40-99/100", 40, 5000).ok()) << "the media ends before the range";
  expect_refused(interpret_part("bytes 40-99/1000", 40, 101), Errc::protocol);
  expect_refused(interpret_part("bytes 40-99/1000", 40, 99), Errc::protocol);
}

TEST_F(MediaHeadTest, ShowsWhetherRangesAreAnswered) {
  EXPECT_FALSE(interpret(ok())->ranges);
  EXPECT_FALSE(interpret(ok({{"accept-ranges", "none"}}))->ranges);
  EXPECT_TRUE(interpret(ok({{"accept-ranges", "Bytes"}}))->ranges);
  EXPECT_TRUE(interpret(part("bytes 40-99/100"), 40)->ranges);
}

TEST_F(MediaHeadTest, TheWholeInPlaceOfAPartBeginsAtZero) {
  EXPECT_EQ(interpret(ok(), 40)->offset, 0U);
}

TEST_F(MediaHeadTest, ASizeBeyondAnyMediaIsRefused) {
  expect_refused(interpret({.status = 200, .content_length = kMaxMediaSize + 1}), Errc::protocol);
}

TEST_F(MediaHeadTest, OtherSuccessesAreNotPartOfTheApi) {
  for (const int status : {201, 204, 205, 226})
    expect_refused(interpret({.status = status}), Errc::outside_api);
}

TEST_F(MediaHeadTest, SignaturesAreFoundUnderBothNamesAndInAnyCase) {
  const std::string signature(64, 'A');
  EXPECT_NE(interpret(ok({{"x-hmac-signature", signature}}))->verifier, nullptr);
  EXPECT_NE(interpret(ok({{"vrf-hmac-signature", signature}}))->verifier, nullptr);
  EXPECT_NE(interpret(ok({{"x-hmac-signature", signature}, {"vrf-hmac-signature", std::string(64, 'a')}}))
                ->verifier,
            nullptr);
}

TEST_F(MediaHeadTest, ContradictingOrForeignSignaturesAreRefused) {
  expect_refused(interpret(ok({{"x-hmac-signature", "aa"}, {"x-hmac-signature", "bb"}})), Errc::corrupt);
  expect_refused(interpret(ok({{"x-hmac-signature", ""}})), Errc::corrupt);
  expect_refused(interpret(ok({{"x-hmac-signature", "aa"}, {"x-auth-client", "other"}})), Errc::corrupt);
  EXPECT_TRUE(interpret(ok({{"x-hmac-signature", "aa"}, {"x-auth-client", "key"}})).ok());
}

TEST_F(MediaHeadTest, EveryHeaderThatNamesTheClientMustMeanUs) {
  for (const char* name : {"x-auth-client", "vrf-auth-client"}) {
    expect_refused(interpret(ok({{name, "other"}})), Errc::corrupt);
    expect_refused(interpret(ok({{name, "key"}, {name, "other"}})), Errc::corrupt);
    expect_refused(interpret(ok({{name, "key"}, {name, "key"}})), Errc::corrupt);
    expect_refused(interpret(ok({{name, ""}})), Errc::corrupt);
    EXPECT_TRUE(interpret(ok({{name, "key"}})).ok());
  }
  expect_refused(interpret(ok({{"x-auth-client", "key"}, {"vrf-auth-client", "other"}})), Errc::corrupt);
  EXPECT_TRUE(interpret(ok({{"x-auth-client", "key"}, {"vrf-auth-client", "key"}})).ok());
}

TEST_F(MediaHeadTest, ARequiredSignatureIsRequired) {
  expect_refused(interpret(ok(), 0, true), Errc::corrupt);
  EXPECT_TRUE(interpret(ok({{"x-hmac-signature", "aa"}}), 0, true).ok());
}

TEST_F(MediaHeadTest, AnUnsignedBodyWithoutAnEndIsNoMedia) {
  expect_refused(interpret({.status = 200}), Errc::protocol);
  EXPECT_TRUE(interpret({.status = 200, .headers = {{"x-hmac-signature", "aa"}}}).ok());
  EXPECT_TRUE(interpret({.status = 200, .chunked = true}).ok());
}

TEST(BodyVerifier, AcceptsTheBodyOfAnyActiveSecret) {
  const std::vector<SecretString> secrets{SecretString("new"), SecretString("old")};
  const std::string by_old = to_hex(crypto::hmac_sha256(bytes_of("old"), bytes_of("the body")));
  BodyVerifier verifier(by_old, secrets);
  verifier.update(bytes_of("the "));
  verifier.update(bytes_of("body"));
  EXPECT_TRUE(verifier.matches());
  BodyVerifier other(by_old, secrets);
  other.update(bytes_of("the bodi"));
  EXPECT_FALSE(other.matches());
}

}  // namespace
}  // namespace mediafs
