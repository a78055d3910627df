// Listings are hostile input: every row here is something that an API, or whoever stands in its place, could
// answer.
#include "mediafs/api/listing.h"

#include <map>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mediafs/model/chunk.h"

namespace mediafs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kSession = "5e551011-0000-4000-8000-000000000001";
const std::string kMedia = "05cfc122-15d8-4838-bbf1-7b26a736b2d2";
const std::string kOther = "16cfc122-15d8-4838-bbf1-7b26a736b2d2";

ListingKey key_of(ListingKind kind = ListingKind::session_media) {
  return {kind, *MediaId::parse(kSession)};
}

/// An entry with everything in it, where `changes` does not say otherwise (a text replaces, null removes).
std::string entry(const std::string& id = kMedia,
                  const std::string& rest = R"("size":1000,"mimetype":"image/jpeg")") {
  return fmt::format(
      R"({{"id":"{}","name":"n","context":"face","timestamp":null,"url":"https://elsewhere/","sessionId":"{}",{}}})",
      id, kSession, rest);
}
std::string listing(const std::string& images, const std::string& more = "") {
  return R"({"status":"success","images":[)" + images + "]" + more + "}";
}
std::vector<std::string> ids(const Result<ParsedListing>& parsed) {
  std::vector<std::string> ids;
  if (!parsed) return {"(" + std::string(to_string(parsed.error().code)) + ")"};
  for (const ListedMedia& media : parsed->listing.media) ids.push_back(media.id.text());
  return ids;
}
Result<ParsedListing> parse(const std::string& body) {
  return parse_listing(key_of(), body);
}
constexpr LeftOut kWithoutId{.without_id = 1};
constexpr LeftOut kImpossibleId{.impossible_id = 1};
constexpr LeftOut kOwnId{.own_id = 1};

void expect_left_out(const std::string& bad, const LeftOut& why) {
  const auto parsed = parse(listing(bad + "," + entry(kOther)));
  EXPECT_THAT(ids(parsed), ElementsAre(kOther)) << bad;
  EXPECT_EQ(parsed ? parsed->left_out : LeftOut{}, why) << bad;
}
/// The one media that is listed.
ListedMedia only(const Result<ParsedListing>& parsed) {
  EXPECT_THAT(ids(parsed), ElementsAre(kMedia));
  EXPECT_EQ(parsed ? parsed->left_out : LeftOut{}, LeftOut{});
  return parsed && parsed->listing.media.size() == 1 ? parsed->listing.media[0]
                                                     : ListedMedia{.id = *MediaId::parse(kOther)};
}
void expect_refused(const std::string& body, Errc code = Errc::protocol) {
  const auto parsed = parse(body);
  ASSERT_FALSE(parsed.ok()) << body.substr(0, 200);
  EXPECT_EQ(parsed.error().code, code) << body.substr(0, 200);
}

TEST(Listing, TellsWhatItSaysOfAMedia) {
  const auto parsed = parse_listing(
      key_of(),
      R"({"status":"success","videos":[{"id":")" + kMedia + R"(","name":"n","context":"face","size":12,)" +
          R"("duration":3.5,"mimetype":"Video/WebM; codecs=vp9","sessionId":")" + kSession + R"("}]})");
  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ(parsed->listing.media.size(), 1U);
  EXPECT_EQ(parsed->listing.media[0], (ListedMedia{.id = *MediaId::parse(kMedia),
                                                   .context = "face",
                                                   .content_type = "video/webm",
                                                   .size = 12,
                                                   .duration = "3.5",
                                                   .session = kSession}));
}

TEST(Listing, ArraysCanBeMissingNullOrEmpty) {
  EXPECT_THAT(ids(parse(R"({"status":"success"})")), IsEmpty());
  EXPECT_THAT(ids(parse(R"({"status":"success","images":null,"videos":[]})")), IsEmpty());
}

TEST(Listing, EveryArrayOfMediaIsMediaWhateverItsName) {
  for (const std::string array : {"audios", "documents", "whatComesNextYear", "verifications", "status2"}) {
    for (const std::string field : {R"("mimetype":"audio/mpeg")", R"("size":7)", R"("context":"face")",
                                    R"("url":"x")", R"("url":{})"}) {
      const std::string other = R"({"id":")" + kOther + R"(",)" + field + "}";
      const auto parsed = parse(listing(entry(), ",\"" + array + "\":[" + other + "]"));
      EXPECT_THAT(ids(parsed), ElementsAre(kMedia, kOther)) << array << field;
    }
  }
  EXPECT_THAT(ids(parse(R"({"audios":[)" + entry() + "]}")), ElementsAre(kMedia)) << "without a status";
}

TEST(Listing, WhatElseAnArrayHoldsIsPassedOver) {
  for (const std::string& other : std::vector<std::string>{
           R"({"id":1,"x":[[{}]]})", R"({"id":")" + kOther + R"(","status":"approved"})", "7",
           R"({"size":7})", R"({"id":")" + kSession + R"(","url":"x"})", "[[{}]]"}) {
    const auto parsed = parse(listing(entry(), R"(,"next":{"page":[2]},"holograms":[)" + other + "]"));
    EXPECT_THAT(ids(parsed), ElementsAre(kMedia)) << other;
    EXPECT_EQ(parsed->left_out, LeftOut{}) << other;
  }
}

TEST(Listing, ItsOrderDoesNotMatter) {
  const auto one = parse(listing(entry(kMedia) + "," + entry(kOther)));
  const auto other = parse(listing(entry(kOther) + "," + entry(kMedia)));
  EXPECT_EQ(one->listing, other->listing);
}

TEST(Listing, TheNameStandsInForAMissingContext) {
  const auto parsed = parse(R"({"images":[{"id":")" + kMedia +
                            R"(","name":"face-pre","context":null,"size":1,"mimetype":"image/png"}]})");
  EXPECT_EQ(parsed->listing.media.at(0).context, "face-pre");
}

TEST(Listing, ADurationMayBeANumberATextOrMissing) {
  const auto duration = [](const std::string& json) {
    return parse(listing(entry(kMedia, R"("size":1,"mimetype":"video/mp4","duration":)" + json)))
        ->listing.media.at(0)
        .duration;
  };
  EXPECT_EQ(duration("7"), "7");
  EXPECT_EQ(duration(R"("7.25")"), "7.25");
  for (const std::string bad :
       {"-1", "1e400", "null", "[]", R"("x\u0000")", "true", "-0.0", "1e-300", R"("1.2.3")"})
    EXPECT_EQ(duration(bad), "") << bad;
}

TEST(Listing, AContextIsCutBetweenCharactersAndHasNoControlCharacters) {
  const auto context = [](const std::string& text) {
    return parse(R"({"images":[{"id":")" + kMedia + R"(","context":")" + text +
                 R"(","size":1,"mimetype":"image/png"}]})")
        ->listing.media.at(0)
        .context;
  };
  EXPECT_EQ(context(R"(a\u001b[31m\n\u0000\u007f)"), "a_[31m___");
  EXPECT_EQ(context(std::string(255, 'x') + "\xC3\xA9"), std::string(255, 'x'));
  EXPECT_EQ(context(std::string(254, 'x') + "\xC3\xA9").size(), 256U);
}

TEST(Listing, TextThatIsNoJsonIsRefused) {
  const std::string good = listing(entry());
  expect_refused("");
  expect_refused("<html>");
  expect_refused("[]");
  expect_refused("null");
  expect_refused("\xEF\xBB\xBF" + good);
  expect_refused(good + " x");
  expect_refused(good + good);
  expect_refused(listing(entry(kMedia, "\"size\":NaN,\"mimetype\":\"image/png\"")));
  expect_refused(listing(entry(kMedia, "\"name\":\"\xff\"")));
  expect_refused(listing(entry(kMedia, R"("context2":"\ud800")")));
  for (std::size_t length = 0; length < good.size(); ++length) expect_refused(good.substr(0, length));
}

TEST(Listing, JsonThatIsNoListingIsRefused) {
  expect_refused("{}");
  expect_refused(R"({"error":"try later"})");
  expect_refused(R"({"status":"success","images":[],"images":[]})");
  expect_refused(R"({"status":"success","images":{"0":{}}})");
  expect_refused(R"({"status":"success","images":"none"})");
  expect_refused(R"({"status":"error","images":[]})");
  expect_refused(R"({"status":"fail","code":"1802","images":[]})");
  expect_refused(R"({"status":7,"images":[]})");
}

TEST(Listing, DepthIsBounded) {
  const auto nested = [](std::size_t depth) {
    return listing("", R"(,"x":)" + std::string(depth, '[') + std::string(depth, ']'));
  };
  EXPECT_TRUE(parse(nested(31)).ok());
  expect_refused(nested(32));
  expect_refused(nested(1'000'000));
  expect_refused(std::string(10'000'000, '['));
}

TEST(Listing, MoreEntriesThanTheCapAreRefused) {
  std::string many = entry();
  for (std::size_t i = 1; i < kMaxListed; ++i) many += ",0";  // those that are left out count too
  EXPECT_TRUE(parse(listing(many)).ok());
  expect_refused(listing(many + ",0"), Errc::outside_api);
  expect_refused(listing(many + "," + entry()), Errc::outside_api);
}

TEST(Listing, AnEntryThatIsNoneIsLeftOut) {
  for (const std::string bad : {"7", "null", "\"x\"", "[]", R"([{"id":"x"}])", R"(["size",1])", "{}"})
    expect_left_out(bad, kWithoutId);
}

TEST(Listing, AnEntryWithAnIdThatCannotBeIsLeftOut) {
  expect_left_out(entry(""), kImpossibleId);
  expect_left_out(entry("short"), kImpossibleId);
  expect_left_out(entry("../../../../etc/passwd"), kImpossibleId);
  expect_left_out(entry(R"(05cfc122-15d8-4838\r\nX-Evil: 1)"), kImpossibleId);
  expect_left_out(entry(R"({\"status\":\"success\"})"), kImpossibleId);
  expect_left_out(entry(std::string(10'240, 'a')), kImpossibleId);
  expect_left_out(entry("05cfc122-15d8-4838-bbf1-7b26a736b2d2\\u0000"), kImpossibleId);
  expect_left_out(R"({"id":5,"size":1,"mimetype":"image/png"})", kImpossibleId);
  expect_left_out(entry(kMedia, R"("size":1,"mimetype":"image/png","id":")" + kOther + "\""), kImpossibleId);
  expect_left_out(R"({"size":1,"mimetype":"image/png"})", kWithoutId);
  expect_left_out(R"({"id":null,"size":1,"mimetype":"image/png"})", kWithoutId);
}

TEST(Listing, AnEntryWithTheListingsOwnIdIsLeftOut) {
  expect_left_out(entry(kSession), kOwnId);
  expect_left_out(entry("5E551011-0000-4000-8000-000000000001"), kOwnId);
  const auto parsed = parse_listing(key_of(ListingKind::session_attempts),
                                    R"({"status":"success","verifications":[{"id":")" + kSession + R"("}]})");
  EXPECT_EQ(parsed->listing.attempts.size(), 1U) << "an attempt may be called as its session is";
}

TEST(Listing, MediaOfAnArrayThatIsNotKnownAreLeftOutForTheirIdsToo) {
  const auto parsed =
      parse(listing(entry(), R"(,"audios":[{"id":"../x","size":1},{"id":7,"url":"x"},{"id":"../x"}])"));
  EXPECT_THAT(ids(parsed), ElementsAre(kMedia));
  EXPECT_EQ(parsed->left_out, (LeftOut{.impossible_id = 2}));
}

TEST(Listing, AnIdInUpperCaseIsTheSameOne) {
  EXPECT_EQ(only(parse(listing(entry("05CFC122-15D8-4838-BBF1-7B26A736B2D2")))).id.text(), kMedia);
}

TEST(Listing, ASizeMayBeAStringOfDigits) {
  const auto size = [](const std::string& json) {
    return only(parse(listing(entry(kMedia, R"("mimetype":"image/png","size":)" + json)))).size;
  };
  EXPECT_EQ(size("1000"), 1000U);
  EXPECT_EQ(size("\"1000\""), 1000U);
  EXPECT_EQ(size("\"0\""), 0U);
  EXPECT_EQ(size("1099511627776"), kMaxMediaSize);
}

TEST(Listing, ASizeThatIsMissingNullOrOddIsNotKnown) {
  for (const std::string size :
       {"-1", "1.5", "1e400", "1e40", "9223372036854775808", "1099511627777", "18446744073709551616", "null",
        "true", "[1]", "{}", "\"\"", "\" 1\"", "\"1x\"", "\"-1\"", "\"0x10\"", "\"18446744073709551616\"",
        "\"1099511627777\"", "1,\"size\":2"}) {
    EXPECT_EQ(only(parse(listing(entry(kMedia, R"("mimetype":"image/png","size":)" + size)))).size,
              std::nullopt)
        << size;
  }
  EXPECT_EQ(only(parse(listing(entry(kMedia, R"("mimetype":"image/png")")))).size, std::nullopt);
}

TEST(Listing, ATypeMayBeAnExtension) {
  for (const std::string type : {"jpg", ".jpeg", ".JPG", "image/JPEG; q=1"}) {
    EXPECT_EQ(only(parse(R"({"videos":[)" + entry(kMedia, R"("size":1,"mimetype":")" + type + "\"") + "]}"))
                  .content_type,
              "image/jpeg")
        << type;
  }
}

TEST(Listing, ATypeThatIsMissingOrOddIsWhatTheArraySays) {
  for (const std::string type :
       {"null", "7", "\"\"", "\"image/\"", "\"/png\"", "\"image/p ng\"", "\"a/b/c\"", "\"image/png\\u0000\"",
        "\"../x\"", "\".exe\"", "[]", "\"image/png\",\"mimetype\":\"image/png\""}) {
    const std::string odd = entry(kMedia, R"("size":1,"mimetype":)" + type);
    for (const auto& [array, expected] :
         std::map<std::string, std::string>{{"images", "image/jpeg"},
                                            {"videos", "video/mp4"},
                                            {"nfcDocuments", "application/json"},
                                            {"documents", "application/octet-stream"}})
      EXPECT_EQ(only(parse("{\"" + array + "\":[" + odd + "]}")).content_type, expected) << type;
  }
  EXPECT_EQ(only(parse(listing(entry(kMedia, R"("size":1)")))).content_type, "image/jpeg");
}

TEST(Listing, ASessionIdHidesNothing) {
  for (const std::string& session :
       {"\"" + kOther + "\"", std::string("\"5E551011-0000-4000-8000-000000000001\""), std::string("7"),
        std::string("\"../sessions\""), std::string("null")}) {
    const std::string one =
        R"({"id":")" + kMedia + R"(","size":1,"mimetype":"image/png","sessionId":)" + session + "}";
    EXPECT_EQ(only(parse(listing(one))).session, kSession) << "it is listed of that: " << session;
  }
}

TEST(Listing, OfAnAttemptHasMediaOfAnySession) {
  const auto session = [](const std::string& json) {
    return only(parse_listing(key_of(ListingKind::attempt_media),
                              R"({"images":[{"id":")" + kMedia +
                                  R"(","size":1,"mimetype":"image/png","sessionId":)" + json + "}]}"))
        .session;
  };
  EXPECT_EQ(session("\"" + kOther + "\""), kOther);
  EXPECT_EQ(session("\"16CFC122-15D8-4838-BBF1-7B26A736B2D2\""), kOther) << "in the other case";
  for (const std::string odd : {"7", "null", "\"../sessions\"", "\"\""}) EXPECT_EQ(session(odd), "") << odd;
}

TEST(Listing, AFieldThatIsThereTwiceIsNotKnown) {
  const ListedMedia twice =
      only(parse(listing(entry(kMedia, R"("context":"back","size":1,"size":2,"mimetype":"image/png")"))));
  EXPECT_EQ(twice.context, "n") << "the name stands in for it";
  EXPECT_EQ(twice.size, std::nullopt);
}

TEST(Listing, TheSameIdTwiceIsOneMediaOfWhichTheBetterKnownFieldsCount) {
  const auto of = [](const std::string& fields) { return R"({"id":")" + kMedia + "\"," + fields + "}"; };
  const std::string known =
      of(R"("context":"face","size":"7","mimetype":"image/png","duration":"3.5","url":"x")");
  const ListedMedia expected{.id = *MediaId::parse(kMedia),
                             .context = "face",
                             .content_type = "image/png",
                             .size = 7,
                             .duration = "3.5",
                             .session = kSession};
  for (const std::string& less :
       {known, of(R"("mimetype":null)"), of(R"("size":-1)"), of(R"("context":"")"), of(R"("duration":[])")}) {
    EXPECT_EQ(only(parse(listing(known + "," + less))), expected) << less;
    EXPECT_EQ(only(parse(listing(less + "," + known))), expected) << less;
    EXPECT_EQ(only(parse(listing(less, R"(,"audios":[)" + known + "]"))), expected) << less;
  }
  const std::string more = of(R"("context":"side","size":9,"mimetype":"video/mp4")");
  EXPECT_EQ(only(parse(listing(known + "," + more))), only(parse(listing(more + "," + known))))
      << "where they contradict each other, the same one whatever the order";
}

TEST(Listing, AttemptsHaveTheirTimesOnceEach) {
  const std::string body = R"({"status":"success","verifications":[
      {"id":"bbbbbbbb-0000-4000-8000-000000000001","status":"declined","createdTime":"2024-01-12T09:12:55.040Z"},
      {"id":"aaaaaaaa-0000-4000-8000-000000000001","status":"x"},
      {"id":"bbbbbbbb-0000-4000-8000-000000000001"}, {"id":"no"}, 5]})";
  const auto parsed = parse_listing(key_of(ListingKind::session_attempts), body);
  ASSERT_TRUE(parsed.ok()) << parsed.error().context;
  EXPECT_EQ(parsed->left_out, (LeftOut{.without_id = 1, .impossible_id = 1}));
  EXPECT_THAT(
      parsed->listing.attempts,
      ElementsAre(ListedAttempt{*MediaId::parse("aaaaaaaa-0000-4000-8000-000000000001"), std::nullopt},
                  ListedAttempt{*MediaId::parse("bbbbbbbb-0000-4000-8000-000000000001"), 1'705'050'775}));
}

}  // namespace
}  // namespace mediafs
