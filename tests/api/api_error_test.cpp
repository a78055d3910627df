#include "api/api_error.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

TEST(ApiError, IsReadWhateverTypeItsCodeHas) {
  EXPECT_EQ(parse_api_error(R"({"status":"fail","code":"1101","message":"no"})")->code, "1101");
  EXPECT_EQ(parse_api_error(R"({"status":"fail","code":1101,"message":"no"})")->code, "1101");
  EXPECT_EQ(parse_api_error(R"({"status":"fail","message":"no"})")->message, "no");
  EXPECT_EQ(parse_api_error(R"({"status":"fail","code":null,"message":{}})")->code, "");
}

TEST(ApiError, OldFormsKeepTheirWordsAndCodes) {
  for (const std::string_view body :
       {R"({"status":"fail","code":"1101","error":"no"})", R"({"status":"fail","code":1101,"error":"no"})",
        R"({"status":404,"code":"1101","message":"no"})", R"({"status":404,"code":1101,"error":"no"})",
        R"({"code":1101,"error":"no"})", R"({"code":"1101","message":"","error":"no"})"}) {
    const auto error = parse_api_error(body);
    ASSERT_TRUE(error.has_value()) << body;
    EXPECT_EQ(error->code, "1101") << body;
    EXPECT_EQ(error->message, "no") << body;
  }
}

TEST(ApiError, WhatIsNoErrorBodyIsNone) {
  for (const std::string_view body :
       {"", "<html>", "[]", "null", R"({"status":"success"})", R"({"code":"1101"})",
        R"({"status":"fail","code":"1101")", "\xff\xfe"}) {
    EXPECT_FALSE(parse_api_error(body).has_value()) << body;
  }
  // Of gateways: no code, or one that is not of four digits.
  for (const std::string_view body :
       {R"({"message":"Missing Authentication Token"})", R"({"status":404,"error":"Not Found","path":"/v1"})",
        R"({"code":404,"message":"no Route matched"})", R"({"code":"NoSuchKey","message":"no"})",
        R"({"status":"success","code":"1101","message":"no"})",
        R"({"status":{"code":5},"code":"1101","message":"no"})", R"([{"status":"fail"}])"}) {
    EXPECT_FALSE(parse_api_error(body).has_value()) << body;
  }
  EXPECT_FALSE(parse_api_error(std::string(100'000, '[')).has_value());
}

// Every status, and every code, that has a meaning of its own.
TEST(ApiError, EveryStatusHasItsMeaningAndEvery18xxIsDenied) {
  struct Row {
    int status;
    std::string_view code;
    Errc meaning;
  };
  for (const Row& row : {Row{400, "", Errc::invalid_argument},
                         Row{400, "1101", Errc::invalid_argument},
                         Row{400, "1001", Errc::impossible_id},
                         Row{400, "1002", Errc::impossible_id},
                         Row{400, "1104", Errc::impossible_id},
                         Row{400, "1801", Errc::denied},
                         Row{400, "1819", Errc::denied},
                         Row{400, "1800", Errc::denied},
                         Row{400, "1899", Errc::denied},
                         Row{400, "1900", Errc::invalid_argument},
                         Row{400, "18010", Errc::invalid_argument},
                         Row{401, "", Errc::denied},
                         Row{403, "", Errc::denied},
                         Row{404, "", Errc::not_found},
                         Row{410, "", Errc::not_found},
                         Row{429, "", Errc::throttled},
                         Row{500, "", Errc::unavailable},
                         Row{502, "", Errc::unavailable},
                         Row{503, "", Errc::unavailable},
                         Row{504, "", Errc::unavailable},
                         Row{501, "", Errc::unavailable},
                         Row{520, "", Errc::unavailable},
                         Row{530, "", Errc::unavailable},
                         Row{599, "1101", Errc::unavailable},
                         Row{408, "", Errc::unavailable},
                         Row{425, "", Errc::unavailable},
                         Row{404, "1805", Errc::denied},
                         Row{500, "1803", Errc::denied},
                         Row{429, "1804", Errc::denied},
                         Row{301, "", Errc::outside_api},
                         Row{304, "", Errc::outside_api},
                         Row{405, "", Errc::outside_api},
                         Row{416, "", Errc::outside_api},
                         Row{421, "", Errc::outside_api},
                         Row{204, "", Errc::outside_api},
                         Row{226, "", Errc::outside_api}}) {
    EXPECT_EQ(to_string(meaning_of(row.status, row.code)), to_string(row.meaning))
        << row.status << " " << row.code;
  }
}

TEST(ApiError, AnotherSecretIsTriedForAuthorizationFailuresAlone) {
  for (const char* code : {"1800", "1801", "1805", "1819", "1820", "1899"})
    EXPECT_TRUE(is_authorization_code(code));
  for (const char* code : {"", "1101", "1302", "180", "18055"}) EXPECT_FALSE(is_authorization_code(code));
}

TEST(ApiError, WordsThatAreNotUtf8AreWordsAllTheSame) {
  const auto said = parse_api_error("{\"status\":\"fail\",\"code\":\"1302\",\"message\":\"caf\xe9\"}");
  ASSERT_TRUE(said.has_value());
  EXPECT_EQ(said->code, "1302");
}

}  // namespace
}  // namespace mediafs
