#include <algorithm>
#include <cctype>
#include <chrono>
#include <string>

#include "sandbox_fixture.h"

namespace mediafs::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

const std::string kClose = "Connection: close\r\n";

// Each test sets one rule for every request and looks at the bytes on the wire.
class FaultTest : public SandboxTest {
 protected:
  void rule(const std::string& actions) { server().set_rules("* * " + actions); }
  // The whole exchange under that rule; the client asks for the connection to close.
  WireResponse wire_under(const std::string& actions, const std::string& lines = {}) {
    rule(actions);
    return wire_to_end(kClose + lines);
  }
};

TEST_F(FaultTest, StatusHasTheApisErrorBody) {
  const auto response = wire_under("status 400 1802 not for you");
  EXPECT_EQ(response.status_line(), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(response.body, R"({"status":"fail","code":"1802","message":"not for you"})");
}

TEST_F(FaultTest, StatusPlainIsNoJson) {
  const auto response = wire_under("status-plain 502");
  EXPECT_TRUE(response.status_line().starts_with("HTTP/1.1 502"));
  EXPECT_EQ(response.header("Content-Type"), "text/plain");
}

TEST_F(FaultTest, EchoTellsAllThatIsSecretAboutTheRequest) {
  const std::string signature = signature_of(secret(), kTinyId);
  for (const std::string form : {"", " old", " text"}) {
    const auto response = wire_under("echo 401" + form);
    EXPECT_TRUE(response.status_line().starts_with("HTTP/1.1 401"));
    for (const std::string& canary : {signature, std::string("sandbox-key"), kTinyId}) {
      EXPECT_NE(response.body.find(canary), std::string::npos) << form;
      EXPECT_NE(response.header("ETag").find(canary), std::string::npos) << form;
      EXPECT_NE(response.header("Location").find(canary), std::string::npos) << form;
    }
  }
}

TEST_F(FaultTest, RetryAfterJoinsAStatus) {
  const auto response = wire_under("status 429 + retry-after Wed, 21 Oct 2015 07:28:00 GMT");
  EXPECT_TRUE(response.status_line().starts_with("HTTP/1.1 429"));
  EXPECT_EQ(response.header("Retry-After"), "Wed, 21 Oct 2015 07:28:00 GMT");
}

TEST_F(FaultTest, HangAnswersAfterTheRelease) {
  rule("hang");
  WireClient client(server().port());
  client.send(request_text(kTinyPath));
  ASSERT_TRUE(server().wait_for_requests(kTinyId, 1));
  EXPECT_FALSE(client.is_readable());
  server().release();
  EXPECT_EQ(client.read_response(kTinyBytes.size()).body, kTinyBytes);
}

TEST_F(FaultTest, AHangingRequestEndsWithItsClient) {
  Options options;
  options.threads = 1;
  options.rules = "* 1 hang";
  start(options);
  WireClient client(server().port());
  client.send(request_text(kTinyPath));
  ASSERT_TRUE(server().wait_for_requests(kTinyId, 1));
  client.close();
  EXPECT_EQ(get_media(kTinyId)->status, 200);  // the one thread is free again
}

TEST_F(FaultTest, HangHeadersSendsAllButTheEndOfTheHead) {
  rule("hang-headers");
  WireClient client(server().port());
  client.send(request_text(kTinyPath));
  ASSERT_TRUE(server().wait_for_requests(kTinyId, 1));
  server().release();
  EXPECT_EQ(client.read_response(kTinyBytes.size()).body, kTinyBytes);
}

TEST_F(FaultTest, StallSendsThatManyBytesAndWaits) {
  rule("stall 5");
  WireClient client(server().port());
  client.send(request_text(kTinyPath));
  const auto begun = client.read_response(5);
  EXPECT_EQ(begun.body, "01234");
  EXPECT_EQ(begun.header("Content-Length"), "36");
  EXPECT_FALSE(client.is_readable());
  server().release();
  rule("drop");
  client.send(request_text(kTinyPath));
  EXPECT_EQ(client.read_to_end().head, kTinyBytes.substr(5));
}

TEST_F(FaultTest, StallAtZeroSendsTheHeadAtOnce) {
  rule("stall 0");
  WireClient client(server().port());
  client.send(request_text(kTinyPath));
  EXPECT_EQ(client.read_response(0).header("Content-Length"), "36");
  server().release();
}

TEST_F(FaultTest, CutAnnouncesAllAndSendsLess) {
  const auto response = wire_under("cut 7");
  EXPECT_EQ(response.header("Content-Length"), "36");
  EXPECT_EQ(response.body, "0123456");
}

TEST_F(FaultTest, CutChunkedLacksTheLastChunk) {
  const auto response = wire_under("cut-chunked 7");
  EXPECT_EQ(response.header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(response.body, "7\r\n0123456\r\n");
}

TEST_F(FaultTest, ResetEndsWithAReset) {
  rule("reset 4");
  WireClient client(server().port());
  client.send(request_text(kTinyPath));
  client.read_to_end();
  EXPECT_TRUE(client.was_reset());
}

TEST_F(FaultTest, SlowKeepsItsRate) {
  const auto before = steady_clock::now();
  EXPECT_EQ(wire_under("slow 200").body, kTinyBytes);
  EXPECT_GE(steady_clock::now() - before, milliseconds(120));
}

TEST_F(FaultTest, DelayComesBeforeTheHead) {
  const auto before = steady_clock::now();
  EXPECT_EQ(wire_under("delay 30ms").body, kTinyBytes);
  EXPECT_GE(steady_clock::now() - before, milliseconds(30));
}

TEST_F(FaultTest, NoLengthIsChunked) {
  const auto response = wire_under("no-length");
  EXPECT_EQ(response.header("Content-Length"), "");
  EXPECT_EQ(response.body, "24\r\n" + kTinyBytes + "\r\n0\r\n\r\n");
}

TEST_F(FaultTest, CloseDelimitedTellsNothingOfTheEnd) {
  const auto whole = wire_under("close-delimited");
  EXPECT_EQ(whole.count("Content-Length") + whole.count("Transfer-Encoding"), 0U);
  EXPECT_EQ(whole.body, kTinyBytes);
  EXPECT_EQ(wire_under("close-delimited 3").body, "012");
}

TEST_F(FaultTest, WrongLengthLiesAboutTheWholeBody) {
  const auto response = wire_under("wrong-length 4");
  EXPECT_EQ(response.header("Content-Length"), "4");
  EXPECT_EQ(response.body, kTinyBytes);
}

TEST_F(FaultTest, TwoLengthsContradictEachOther) {
  const auto response = wire_under("two-lengths 4");
  EXPECT_EQ(response.count("Content-Length: 36"), 1U);
  EXPECT_EQ(response.count("Content-Length: 4"), 1U);
}

TEST_F(FaultTest, LengthAndChunkedStandTogether) {
  const auto response = wire_under("length-and-chunked");
  EXPECT_EQ(response.header("Content-Length"), "36");
  EXPECT_EQ(response.header("Transfer-Encoding"), "chunked");
  EXPECT_TRUE(response.body.ends_with("\r\n0\r\n\r\n"));
}

TEST_F(FaultTest, SignatureFaultsChangeOneThingEach) {
  const std::string good = signature_of(secret(), kTinyBytes);
  const auto bad = wire_under("bad-signature");
  EXPECT_NE(bad.header("x-hmac-signature"), good);
  EXPECT_EQ(bad.header("x-hmac-signature").substr(1), good.substr(1));
  EXPECT_EQ(wire_under("no-signature").count("x-hmac-signature"), 0U);
  const std::string upper = wire_under("upper-signature").header("x-hmac-signature");
  EXPECT_NE(upper, good);
  EXPECT_TRUE(std::equal(upper.begin(), upper.end(), good.begin(),
                         [](unsigned char a, unsigned char b) { return std::tolower(a) == b; }));
  const auto foreign = wire_under("foreign-client");
  EXPECT_EQ(foreign.header("x-auth-client"), "another-client");
  EXPECT_EQ(foreign.header("x-hmac-signature"), good);
  EXPECT_EQ(wire_under("two-signatures").count("x-hmac-signature: "), 2U);
}

TEST_F(FaultTest, WrongContentRangeIsOneOff) {
  const auto response = wire_under("wrong-content-range", "Range: bytes=2-4\r\n");
  EXPECT_TRUE(response.status_line().starts_with("HTTP/1.1 206"));
  EXPECT_EQ(response.header("Content-Range"), "bytes 3-5/36");
  EXPECT_EQ(response.body, "234");
}

TEST_F(FaultTest, IgnoreRangeAnswersTheWhole) {
  const auto response = wire_under("ignore-range", "Range: bytes=2-4\r\n");
  EXPECT_TRUE(response.status_line().starts_with("HTTP/1.1 200"));
  EXPECT_EQ(response.body, kTinyBytes);
}

TEST_F(FaultTest, RedirectNamesThePlace) {
  const auto response = wire_under("redirect 302 http://169.254.169.254/latest");
  EXPECT_TRUE(response.status_line().starts_with("HTTP/1.1 302"));
  EXPECT_EQ(response.header("Location"), "http://169.254.169.254/latest");
}

TEST_F(FaultTest, ContentFaultsReplaceTheBody) {
  EXPECT_EQ(wire_under("gzip").header("Content-Encoding"), "gzip");
  const auto html = wire_under("html");
  EXPECT_EQ(html.header("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(html.count("x-hmac-signature"), 0U);
  const auto fail = wire_under("json-error 1802");
  EXPECT_TRUE(fail.status_line().starts_with("HTTP/1.1 200"));
  EXPECT_NE(fail.body.find(R"("code":"1802")"), std::string::npos);
  const auto empty = wire_under("empty");
  EXPECT_EQ(empty.header("Content-Length"), "0");
  EXPECT_EQ(empty.header("x-hmac-signature"), signature_of(secret(), ""));
  EXPECT_EQ(wire_under("content-type image/gif").header("Content-Type"), "image/gif");
}

TEST_F(FaultTest, EtagAlsoDecidesIfRange) {
  EXPECT_EQ(wire_under("etag v2").header("ETag"), "\"v2\"");
  const auto part = wire_under("etag v2", "Range: bytes=0-0\r\nIf-Range: \"v2\"\r\n");
  EXPECT_EQ(part.body, "0");
}

TEST_F(FaultTest, BodyOfAnotherMediaIsSigned) {
  const auto response = wire_under("body-of " + kOtherId);
  EXPECT_EQ(response.body, "of another person");
  EXPECT_EQ(response.header("x-hmac-signature"), signature_of(secret(), "of another person"));
}

TEST_F(FaultTest, GarbageStatusIsNoHttp) {
  EXPECT_FALSE(wire_under("garbage-status").status_line().starts_with("HTTP/"));
}

TEST_F(FaultTest, HeadersCanBeHugeManyOrAnything) {
  EXPECT_EQ(wire_under("huge-header 100K").header("X-Huge").size(), 100U * 1024);
  EXPECT_EQ(wire_under("many-headers 300").count("X-Many-"), 300U);
  EXPECT_EQ(wire_under("header Set-Cookie: a=b").header("Set-Cookie"), "a=b");
}

TEST_F(FaultTest, DropClosesWithoutAnAnswer) {
  const auto response = wire_under("drop");
  EXPECT_EQ(response.head + response.body, "");
}

TEST_F(FaultTest, EarlyResponsesComeFirst) {
  const auto response = wire_under("early 103 3");
  EXPECT_EQ(response.status_line(), "HTTP/1.1 103 Early");
  EXPECT_NE(response.body.find("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK"), std::string::npos);
}

TEST_F(FaultTest, RawSendsExactlyItsBytes) {
  const auto response = wire_under(R"(raw HTTP/1.1 200 OK\r\nX: a\r\n\tfold\r\nZ: \x00\\\r\n\r\nbody)");
  EXPECT_EQ(response.head, std::string("HTTP/1.1 200 OK\r\nX: a\r\n\tfold\r\nZ: \0\\", 35));
  EXPECT_EQ(response.body, "body");
}

TEST_F(FaultTest, ARuleAppliesToItsCountsOnly) {
  server().set_rules(kTinyId + " 2-3 status 503\n" + kOtherId + " 1 status 404");
  EXPECT_EQ(get_media(kTinyId)->status, 200);
  EXPECT_EQ(get_media(kTinyId)->status, 503);
  EXPECT_EQ(get_media(kTinyId)->status, 503);
  EXPECT_EQ(get_media(kTinyId)->status, 200);
  EXPECT_EQ(get_media(kOtherId)->status, 404);
}

TEST_F(FaultTest, ResumeAfterACutGetsTheRest) {
  server().set_rules(kTinyId + " 1 cut 10");
  const auto begun = wire_to_end();
  const auto rest = get_media(kTinyId, {{"Range", "bytes=10-"}, {"If-Range", begun.header("ETag")}});
  EXPECT_EQ(begun.body + rest->body, kTinyBytes);
}

TEST_F(FaultTest, LatencyAndBandwidthHoldForAll) {
  Options options;
  options.latency = milliseconds(20);
  options.bandwidth = 400;
  start(options);
  const auto before = steady_clock::now();
  EXPECT_EQ(get_media(kTinyId)->body, kTinyBytes);
  EXPECT_GE(steady_clock::now() - before, milliseconds(20 + 40));
}

}  // namespace
}  // namespace mediafs::sandbox
