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

TEST(ApiError, WhatIsNoErrorBodyIsNone) {
  for (const std::string_view body :
       {"", "<html>", "[]", "null", R"({"status":"success"})", R"({"code":"1101"})",
        R"({"status":"fail","code":"1101")", "\xff\xfe"}) {
    EXPECT_FALSE(parse_api_error(body).has_value()) << body;
  }
  EXPECT_FALSE(parse_api_error(std::string(100'000, '[')).has_value());
}

// Every row of api.md's error table.
TEST(ApiError, EveryStatusHasItsMeaning) {
  struct Row {
    int status;
    std::string_view code;
    Errc meaning;
  };
  for (const Row& row : {Row{400, "", Errc::invalid_argument},
                         Row{400, "1101", Errc::invalid_argument},
                         Row{400, "1001", Errc::not_found},
                         Row{400, "1002", Errc::not_found},
                         Row{400, "1104", Errc::not_found},
                         Row{400, "1801", Errc::denied},
                         Row{400, "1819", Errc::denied},
                         Row{400, "1820", Errc::invalid_argument},
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
                         Row{408, "", Errc::unavailable},
                         Row{301, "", Errc::outside_api},
                         Row{304, "", Errc::outside_api},
                         Row{405, "", Errc::outside_api},
                         Row{416, "", Errc::outside_api},
                         Row{501, "", Errc::outside_api},
                         Row{204, "", Errc::outside_api},
                         Row{226, "", Errc::outside_api}}) {
    EXPECT_EQ(to_string(meaning_of(row.status, row.code)), to_string(row.meaning))
        << row.status << " " << row.code;
  }
}

TEST(ApiError, AnotherSecretIsTriedForAuthorizationFailuresAlone) {
  EXPECT_TRUE(is_authorization_failure(401, ""));
  EXPECT_TRUE(is_authorization_failure(403, ""));
  EXPECT_TRUE(is_authorization_failure(400, "1805"));
  EXPECT_FALSE(is_authorization_failure(400, "1101"));
  EXPECT_FALSE(is_authorization_failure(404, "1805"));
}

}  // namespace
}  // namespace mediafs
