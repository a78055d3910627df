#include "api/foreign_body.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

constexpr std::string_view kFail = R"({"status":"fail","code":"1302","message":"no"})";

std::string_view kind(const BodyFacts& facts, std::string_view beginning, bool ended = true) {
  return to_string(kind_of_body(facts, beginning, ended));
}

TEST(ForeignBody, AnUnsignedPageOrTextIsRefusedByItsTypeBeforeAByteComes) {
  EXPECT_EQ(kind({.content_type = "text/html", .length = 9}, "", false), "an HTML page");
  EXPECT_EQ(kind({.content_type = "text/plain", .length = 9}, "", false), "plain text");
  EXPECT_EQ(kind({.from_the_start = false, .content_type = "text/html", .length = 9}, "", false),
            "an HTML page");
  EXPECT_EQ(kind({.is_signed = true, .content_type = "text/html", .length = 9}, "Some text"), "a media");
  EXPECT_EQ(kind({.is_signed = true, .content_type = "text/plain", .length = 9}, "Some text"), "a media");
}

TEST(ForeignBody, AnUnsignedBodyThatBeginsAsHtmlIsRefusedUnderAnyType) {
  for (const std::string_view page :
       {"<!DOCTYPE html><p>", "<!doctype HTML public>", "<html>", "<HTML lang=en>", " \r\n\t<html>",
        "\xEF\xBB\xBF<html>", "<head>", "<title>Sign in</title>", "<script src=x>", "<!-- a comment -->",
        "<p>x", "<?xml version='1.0'?>\n<!DOCTYPE html>", "<?xml version='1.0'?><html xmlns='x'>"}) {
    EXPECT_EQ(kind({.content_type = "image/jpeg"}, page), "an HTML page") << page;
    EXPECT_EQ(kind({.is_signed = true, .content_type = "image/jpeg"}, page), "a media") << page;
  }
  for (const std::string_view other :
       {"<", "<?xml version='1.0'?>", "<svg>", "<htmlish>", "<html", "x<html>", "<<html>"})
    EXPECT_EQ(kind({.content_type = "image/jpeg"}, other), "a media") << other;
}

TEST(ForeignBody, AnErrorFormIsRefusedUnderAnyTypeSignedOrNot) {
  for (const std::string_view type :
       {"image/jpeg", "application/json", "application/octet-stream", "video/mp4"}) {
    EXPECT_EQ(kind({.content_type = type}, kFail), "an error") << type;
    EXPECT_EQ(kind({.is_signed = true, .content_type = type}, kFail), "an error") << type;
    EXPECT_EQ(kind({.from_the_start = false, .content_type = type}, kFail), "an error") << type;
  }
  EXPECT_EQ(kind({}, "\n " + std::string(kFail) + "\n"), "an error");
  EXPECT_EQ(kind({}, R"({"status":404,"code":1302,"error":"no"})"), "an error");
  EXPECT_EQ(kind({}, R"({"timestamp":1,"status":500,"error":"Internal Server Error","path":"/"})"),
            "an error");
}

TEST(ForeignBody, WhatBeginsAsAFailureIsOneHoweverItGoesOn) {
  const std::string begin = R"( { "status" : "fail" , "code":"1302","message":")";
  EXPECT_EQ(kind({.content_type = "image/jpeg"}, begin), "an error") << "cut";
  EXPECT_EQ(kind({.content_type = "image/jpeg"}, begin + "\"} and more"), "an error");
  EXPECT_EQ(kind({.content_type = "image/jpeg", .length = 1'000'000}, begin + "no", false), "an error");
  EXPECT_EQ(kind({.content_type = "image/jpeg"}, begin + std::string(kLongestApiError, ' '), false),
            "an error");
  EXPECT_EQ(kind_of_body({.length = 1'000'000}, begin.substr(0, 12), false), BodyKind::undecided);
}

TEST(ForeignBody, AnyOtherBytesPassWhateverTheirTypeSays) {
  for (const std::string_view bytes :
       {R"({"nfc":"data"})", R"({"status":"success","code":"1101"})", "{", "{}", "[]", "\xFF\xD8\xFF",
        R"({"status":200,"error":"none"})", "<?xml version='1.0'?><svg>", "Service unavailable", "%PDF-1.7",
        " ", "null", R"([{"status":"fail"}])"}) {
    for (const std::string_view type :
         {"application/json", "image/jpeg", "text/css", "application/x-unheard-of"})
      EXPECT_EQ(kind({.content_type = type}, bytes), "a media") << bytes;
  }
}

TEST(ForeignBody, AnEmptyBodyIsSeenAsOne) {
  EXPECT_EQ(kind({.length = 0}, "", false), "nothing");
  EXPECT_EQ(kind({}, "", true), "nothing");
  EXPECT_EQ(kind_of_body({}, "", false), BodyKind::undecided);
}

TEST(ForeignBody, NoByteOfASmallObjectPassesBeforeAllOfItIsThere) {
  for (std::size_t some = 0; some < kFail.size(); ++some) {
    EXPECT_EQ(kind_of_body({.length = kFail.size()}, kFail.substr(0, some), false), BodyKind::undecided);
    EXPECT_EQ(kind_of_body({}, kFail.substr(0, some), false), BodyKind::undecided);
  }
  EXPECT_EQ(kind_of_body({.length = kFail.size()}, kFail, false), BodyKind::api_error);
}

TEST(ForeignBody, OfAPageEnoughIsHeldBackToTell) {
  const std::string_view page = "<!doctype html>";
  for (std::size_t some = 0; some < page.size(); ++some)
    EXPECT_EQ(kind_of_body({.length = 1'000'000}, page.substr(0, some), false), BodyKind::undecided) << some;
  EXPECT_EQ(kind_of_body({.length = 1'000'000}, page, false), BodyKind::html_page);
}

TEST(ForeignBody, WhatIsHeldBackIsBounded) {
  EXPECT_EQ(kind_of_body({}, "{" + std::string(kLongestApiError, ' '), false), BodyKind::media);
  EXPECT_EQ(kind_of_body({.length = kLongestApiError + 1}, "{" + std::string(64, '1'), false),
            BodyKind::media);
  EXPECT_EQ(kind_of_body({.length = 1'000'000}, "<?xml" + std::string(2000, ' '), false), BodyKind::media);
  EXPECT_EQ(kind_of_body({}, std::string(2000, ' '), false), BodyKind::media);
  EXPECT_EQ(kind_of_body({.is_signed = true, .length = 1'000'000}, "", false), BodyKind::media);
  EXPECT_EQ(kind_of_body({.length = 1'000'000}, "\xFF", false), BodyKind::media);
}

TEST(ForeignBody, AnEmptyBodyIsRefusedWhereTheListingSaysMoreSignedOrNot) {
  for (const bool before : {false, true}) {
    EXPECT_EQ(judge_empty_body(true, 100, before), EmptyBody::refused);
    EXPECT_EQ(judge_empty_body(false, 100, before), EmptyBody::refused);
    EXPECT_EQ(judge_empty_body(true, std::nullopt, before), EmptyBody::believed);
    EXPECT_EQ(judge_empty_body(false, 0, before), EmptyBody::believed);
  }
  EXPECT_EQ(judge_empty_body(false, std::nullopt, false), EmptyBody::asked_again);
  EXPECT_EQ(judge_empty_body(false, std::nullopt, true), EmptyBody::believed);
}

}  // namespace
}  // namespace mediafs
