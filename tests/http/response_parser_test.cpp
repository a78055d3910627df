#include "http/response_parser.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

using Progress = ResponseParser::Progress;

Progress feed_all(ResponseParser& parser, const std::vector<std::string>& lines) {
  Progress progress = Progress::more;
  for (const std::string& line : lines) {
    progress = parser.feed(line + "\r\n");
    if (progress != Progress::more) break;
  }
  return progress;
}

TEST(ResponseParser, ReadsAHead) {
  ResponseParser parser;
  ASSERT_EQ(feed_all(parser, {"HTTP/1.1 200 OK", "Content-LENGTH:  12 ", "X-Thing: a: b", ""}),
            Progress::complete);
  EXPECT_EQ(parser.head().status, 200);
  EXPECT_EQ(parser.head().content_length, 12U);
  EXPECT_EQ(parser.head().find("x-thing"), "a: b");
  EXPECT_FALSE(parser.head().close_delimited());
}

TEST(ResponseParser, SkipsAFewInterimResponses) {
  ResponseParser parser;
  EXPECT_EQ(feed_all(parser,
                     {
                         "HTTP/1.1 103 Early Hints",
                         "Link: x",
                         "",
                         "HTTP/1.1 200 OK",
                         "",
                     }),
            Progress::complete);
  EXPECT_EQ(parser.head().status, 200);
  EXPECT_FALSE(parser.head().find("link").has_value());
  EXPECT_TRUE(parser.head().close_delimited());
}

TEST(ResponseParser, RefusesWhatNoHonestServerSends) {
  const std::vector<std::vector<std::string>> rows{
      {"HTTP/1.1 200 OK", "Content-Length: 1", "Content-Length: 2", ""},
      {"HTTP/1.1 200 OK", "Content-Length: 1x", ""},
      {"HTTP/1.1 200 OK", "Content-Length: -1", ""},
      {"HTTP/1.1 200 OK", "Content-Length: 99999999999999999999", ""},
      {"HTTP/1.1 200 OK", "Content-Length: 1", "Transfer-Encoding: chunked", ""},
      {"HTTP/1.1 200 OK", "Transfer-Encoding: gzip, chunked", ""},
      {"HTTP/1.1 200 OK", "Content-Encoding: gzip", ""},
      {"HTTP/1.1 200 OK", "X: a", " folded", ""},
      {"HTTP/1.1 200 OK", "no colon", ""},
      {"HTTP/1.1 200 OK", ": no name", ""},
      {"HTTP/1.1 2x0 OK", ""},
      {"HTTP/1.1 999 No", ""},
      {"HTTP/1.1", ""},
      {"HTTP/1.1 2000 OK", ""},
      {"HTTP/1.1 20", ""},
      {"HTTP/1.2 200 OK", ""},
      {"HTTP/2 200", ""},
      {"ICY 200 OK", ""},
      {"X: before the status line", ""},
      {"HTTP/1.1 200 OK", "   ", ""},
      {"HTTP/1.1 200 OK", "\t", ""},
      {"HTTP/1.1 200 OK", "X: a\rContent-Length: 5", ""},
      {"HTTP/1.1 200 OK", "\rX: a", ""},
      {"HTTP/1.1 200 OK", "\r", ""},
      {"HTTP/1.1 200 OK", std::string("X: a\0b", 6), ""},
      {"HTTP/1.1 200 OK", "X-Auth-Client : key", ""},
      {"HTTP/1.1 200 OK", "X Y: a", ""},
      {"HTTP/1.1 200 OK", "X: a", "HTTP/1.1 404 Not Found", ""},
      {"HTTP/1.0 200 OK", "Transfer-Encoding: chunked", ""},
      {"HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked", ""},
      {"HTTP/1.1 206 Partial Content", "Content-Type: Multipart/ByteRanges; boundary=x", ""},
      {"HTTP/1.1 101 Switching Protocols", "Upgrade: h2c", ""},
      {"HTTP/1.1 200 OK", "X: " + std::string(65 * 1024, 'x'), ""}};
  for (const auto& lines : rows) {
    ResponseParser parser;
    EXPECT_EQ(feed_all(parser, lines), Progress::refused) << lines.back() << lines[lines.size() / 2];
    EXPECT_FALSE(parser.reason().empty());
  }
}

TEST(ResponseParser, RefusesFloods) {
  ResponseParser many_lines;
  std::vector<std::string> lines{"HTTP/1.1 200 OK"};
  for (int i = 0; i < 100; ++i) lines.emplace_back("X: y");
  EXPECT_EQ(feed_all(many_lines, lines), Progress::refused);

  ResponseParser many_interim;
  std::vector<std::string> interim;
  for (int i = 0; i < 9; ++i) interim.insert(interim.end(), {"HTTP/1.1 100 Continue", ""});
  EXPECT_EQ(feed_all(many_interim, interim), Progress::refused);
}

TEST(ResponseParser, TrailersHaveAnEnd) {
  ResponseParser parser;
  ASSERT_EQ(feed_all(parser, {"HTTP/1.1 200 OK", "Transfer-Encoding: chunked", ""}), Progress::complete);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(parser.feed_trailer("X: y\r\n"), Progress::more);
  EXPECT_EQ(parser.feed_trailer("X: y\r\n"), Progress::refused);
  EXPECT_FALSE(parser.reason().empty());
  ResponseParser long_one;
  EXPECT_EQ(long_one.feed_trailer("X: " + std::string(65 * 1024, 'x') + "\r\n"), Progress::refused);
}

TEST(ResponseParser, ALineMayEndWithoutACarriageReturnAsForLibcurl) {
  ResponseParser parser;
  EXPECT_EQ(parser.feed("HTTP/1.0 200 OK\n"), Progress::more);
  EXPECT_EQ(parser.feed("Content-Length: 5\n"), Progress::more);
  EXPECT_EQ(parser.feed("\n"), Progress::complete);
  EXPECT_EQ(parser.head().content_length, 5U);
}

TEST(ResponseParser, IdenticalLengthsAreOneLength) {
  ResponseParser parser;
  EXPECT_EQ(feed_all(parser, {"HTTP/1.1 200 OK", "Content-Length: 5", "Content-Length: 5", ""}),
            Progress::complete);
}

}  // namespace
}  // namespace mediafs
