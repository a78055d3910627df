#include "http/curl_error.h"

#include <map>
#include <vector>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

// Every number of libcurl's list up to 8.14's last, 101. In numbers, as the headers may be older.
const std::map<Errc, std::vector<int>> kMeanings = {
    {Errc::untrusted, {60, 77, 82, 83, 90, 91}},
    {Errc::timed_out, {28}},
    {Errc::unreachable, {5, 6, 7, 35, 97}},
    {Errc::unavailable, {18, 52, 55, 56, 80, 81, 89, 98}},
    {Errc::protocol, {1, 8, 23, 27, 61, 63, 100}},
    {Errc::internal,
     {2,  3,  4,  9,  10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22, 24, 25, 26, 29, 30, 31, 32, 33, 34,
      36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 53, 54, 57, 58, 59, 62, 64, 65, 66,
      67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 78, 79, 84, 85, 86, 87, 88, 92, 93, 94, 95, 96, 99, 101}}};

TEST(CurlError, EveryCodeHasItsMeaning) {
  int rows = 0;
  for (const auto& [errc, numbers] : kMeanings) {
    for (const int number : numbers) {
      EXPECT_EQ(errc_of(static_cast<CURLcode>(number)), errc) << number;
      ++rows;
    }
  }
  EXPECT_EQ(rows, 101);
}

// What libcurl learns to tell apart is mostly a fault of the peer; and one more try does no harm.
TEST(CurlError, ACodeNewerThanTheTableIsAViolationOfTheProtocol) {
  for (const int number : {102, 103, 127}) {
    EXPECT_EQ(errc_of(static_cast<CURLcode>(number)), Errc::protocol) << number;
  }
}

TEST(CurlError, TheTextSaysThatItIsAboutTls) {
  const Error error = error_of(CURLE_PEER_FAILED_VERIFICATION);
  EXPECT_EQ(error.code, Errc::untrusted);
  EXPECT_TRUE(error.context.starts_with("TLS: ")) << error.context;
}

}  // namespace
}  // namespace mediafs
