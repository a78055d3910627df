// What a program is told when the API or the way to it fails. A row for each line of the API's error table
// and for each transport fault that the sandbox can make; whatever happens, no program gets a wrong byte.
#include <future>
#include <span>
#include <vector>

#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

constexpr std::uint64_t kSmall = 100'000;       // held back until its signature verifies
constexpr std::uint64_t kLarge = 8_MiB + 1000;  // streamed
constexpr std::uint64_t kAny = ~std::uint64_t{0};

struct Row {
  const char* name;
  const char* fault;  // what happens to each request for the media, in the sandbox's rule language
  int error;          // 0: read in full, exact
  std::uint64_t most_requests = kAny;
  std::uint64_t size = kSmall;
};

/// A table is read through one mount: a media for each row, all of them at the same time.
class Faults : public MountTest {
 protected:
  static std::string id_of(const Row& row) { return media_of(row.size, row.name); }

  /// What is asked for a row's media fares as the row says; `count` says which of its requests.
  void make_faulty(std::span<const Row> rows, const std::string& count) {
    std::string rules;
    for (const Row& row : rows) rules += id_of(row) + " " + count + " " + row.fault + "\n";
    api().set_rules(rules);
  }

  /// Every media is read to its end or to its error, and holds no wrong byte.
  void expect_the_rows(std::span<const Row> rows) {
    std::vector<std::future<Reading>> readings;
    for (const Row& row : rows)
      readings.push_back(std::async(std::launch::async, [this, &row] { return read(id_of(row)); }));
    for (std::size_t i = 0; i < rows.size(); ++i) expect_the_row(rows[i], readings[i].get());
  }

 private:
  void expect_the_row(const Row& row, const Reading& reading) {
    SCOPED_TRACE(row.name);
    const std::string expected = origin_bytes(id_of(row));
    EXPECT_TRUE(same_bytes(reading.bytes, std::string_view(expected).substr(0, reading.bytes.size())));
    EXPECT_TRUE(reading.error != 0 || reading.bytes.size() == expected.size()) << reading.bytes.size();
    EXPECT_EQ(reading.error, row.error) << std::strerror(reading.error) << '\n' << log();
    EXPECT_LE(api().requests_for(id_of(row)), row.most_requests) << log();
    EXPECT_TRUE(row.error == 0 || row.size > kSmall || reading.bytes.empty())
        << "held back until it is verified";
  }
};

// --- The API's answers.

const Row kAnswers[] = {
    {"BadIdCode1001", "status 400 1001 Invalid id", ENOENT, 1},
    {"BadIdCode1002", "status 400 1002 Invalid id", ENOENT, 1},
    {"BadIdCode1104", "status 400 1104 Invalid id", ENOENT, 1},
    {"ValidationFailed", "status 400 1500 Validation failed", EINVAL, 1},
    {"ValidationFailedWithoutJson", "status-plain 400", EINVAL, 1},
    {"Forbidden", "status 403 1103 Inactive", EACCES, 1},
    {"NoSuchMedia", "status 404 1302 Not found", ENOENT, 1},
    {"NotFoundWithoutJson", "status-plain 404", ENOENT, 1},
    {"Erased", "status 410 1302 Erased", ENOENT, 1},
    {"MultipleChoices", "status-plain 300", EIO, 1},
    {"MovedPermanently", "redirect 301 /v1/media/elsewhere-0123456789", EIO, 1},
    {"Found", "redirect 302 /v1/media/elsewhere-0123456789", EIO, 1},
    {"SeeOther", "redirect 303 /v1/media/elsewhere-0123456789", EIO, 1},
    {"NotModified", "status 304", EIO, 1},
    {"UseProxy", "redirect 305 http://127.0.0.1:1/", EIO, 1},
    {"TemporaryRedirect", "redirect 307 /v1/media/elsewhere-0123456789", EIO, 1},
    {"PermanentRedirect", "redirect 308 /v1/media/elsewhere-0123456789", EIO, 1},
    {"PaymentRequired", "status 402 1700 Pay", EIO, 1},
    {"MethodNotAllowed", "status-plain 405", EIO, 1},
    {"Conflict", "status-plain 409", EIO, 1},
    {"Teapot", "status-plain 418", EIO, 1},
    {"LegalReasons", "status-plain 451", EIO, 1},
    {"Created", "status-plain 201", EIO, 1},
    {"NoContent", "status 204", EIO, 1},
    {"PartialUnasked", "status-plain 206", EIO, 2},
    {"ImUsed", "status-plain 226", EIO, 1},
    {"StatusNobodyKnows", "status-plain 999", EIO, 2},
};

TEST_F(Faults, EachAnswerOfTheApiBecomesItsErrno) {
  expect_warnings();
  make_faulty(kAnswers, "*");
  mount({{"--deadline", "6s"}});
  expect_the_rows(kAnswers);
  EXPECT_EQ(api().requests_for("elsewhere-0123456789"), 0U);
}

// --- What counts for all of an origin: each in a mount of its own.

const Row kOfAll[] = {
    {"AuthorizationCode1801", "status 400 1801 Not authorized", EACCES, 1},
    {"AuthorizationCode1819", "status 400 1819 Not authorized", EACCES, 1},
    {"AuthorizationCode1820", "status 400 1820 Something", EACCES, 1},
    {"AuthorizationCodeOfAnotherStatus", "status 500 1803 Unknown key", EACCES, 1},
    {"KeyUnknown", "status 401 1102 Unknown key", EACCES, 1},
    {"Unauthorized", "status-plain 401", EACCES, 1},
    {"ThrottledForLongerThanTheDeadline", "status 429 1600 Slow down + retry-after 60", EBUSY, 1},
    {"ThrottledForTenYears", "status 429 1600 Slow down + retry-after 315360000", EBUSY, 1},
};

class OfAll : public Faults, public testing::WithParamInterface<Row> {};

TEST_P(OfAll, ItIsSaidAtOnceAndTheSecondReaderCostsNoRequest) {
  expect_warnings();
  make_faulty({&GetParam(), 1}, "*");
  mount({{"--deadline", "20s"}});
  expect_the_rows({&GetParam(), 1});
  EXPECT_EQ(read(media_of(kSmall, "another")).error, GetParam().error);
  EXPECT_EQ(api().total_requests(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Answers, OfAll, testing::ValuesIn(kOfAll), kItsName);

// --- What may pass.

const Row kPassing[] = {
    {"InternalError", "status 500 1000 Internal", EIO},
    {"BadGateway", "status-plain 502", EIO},
    {"ServiceUnavailable", "status-plain 503", EIO},
    {"GatewayTimeout", "status-plain 504", EIO},
    {"RequestTimeout", "status-plain 408", EIO},
    {"NotImplemented", "status-plain 501", EIO},
    {"OriginIsDown", "status-plain 521", EIO},
    {"TooEarly", "status-plain 425", EIO},
    {"Throttled", "status 429 1600 Slow down", EBUSY},
    {"ThrottledWithGarbage", "status 429 1600 Slow down + retry-after soon", EBUSY},
};

/// One after another, with a good answer in between: where several fail, that is an outage of all.
TEST_F(Faults, ThatMayPassBecomeTheirErrnoWithTheDeadline) {
  expect_warnings();
  make_faulty(kPassing, "*");
  mount({{"--deadline", "2s"}});
  for (const Row& row : kPassing) {
    expect_the_rows({&row, 1});
    EXPECT_GT(api().requests_for(id_of(row)), 1U) << row.name;
    EXPECT_TRUE(
        eventually([&] { return read(media_of(kSmall, std::string("good-") + row.name)).error == 0; }));
  }
}

// --- Faults of the transport and the framing.

const Row kTransport[] = {
    {"BodyCut", "cut 10 + ignore-range", EIO},
    {"LargeBodyCut", "cut 500000 + ignore-range", EIO, kAny, kLarge},
    {"CutAfterTheHead", "cut 0", EIO},
    {"MoreBytesThanTheLength", "wrong-length 90000", EIO},
    {"FewerBytesThanTheLength", "wrong-length 200000", EIO},
    {"TwoLengths", "two-lengths 90000", EIO},
    {"ChunkedBodyCut", "cut-chunked 10 + ignore-range", EIO},
    {"LargeChunkedBodyCut", "cut-chunked 500000 + ignore-range", EIO, kAny, kLarge},
    {"BodyUntilCloseCut", "close-delimited 50000", EIO},
    {"BodyUntilCloseUnsigned", "close-delimited + no-signature", EIO},
    {"LengthAndChunked", "length-and-chunked", EIO},
    {"WrongSignature", "bad-signature", EIO},
    {"WrongSignatureOfALargeBody", "bad-signature", EIO, kAny, kLarge},
    {"TwoDifferentSignatures", "two-signatures", EIO},
    {"SignedForAnotherClient", "foreign-client", EIO},
    {"WebPage", "html", EIO},
    {"WebPageSaidToBeAPicture", "html + content-type image/jpeg + header X-A: b + empty + wrong-length 10",
     EIO},
    {"PlainText", "content-type text/plain + no-signature", EIO},
    {"ErrorFormWith200", "json-error 1302 + no-signature", EIO},
    {"SignedErrorFormWith200", "json-error 1302", EIO},
    {"ErrorFormSaidToBeAPicture", "json-error 1302 + no-signature + content-type image/jpeg", EIO},
    {"ErrorFormWithoutALength", "json-error 1302 + no-signature + no-length", EIO},
    {"GarbageStatusLine", "garbage-status", EIO},
    {"NotHttpAtAll", "raw hello\\r\\n", EIO},
    {"OldHttpWithoutAHead", "raw <html>hello</html>", EIO},
    {"EmptyReply", "drop", EIO},
    {"ResetBeforeTheBody", "reset 0", EIO},
    {"HugeHeader", "huge-header 10485760", EIO},
    {"TooManyHeaders", "many-headers 5000", EIO},
    {"Compressed", "gzip", EIO},
    {"FloodOfEarlyResponses", "early 103 10000", EIO},
};

/// And no failure that may pass is remembered as if it would not.
TEST_F(Faults, OfTheTransportAreErrorsAndForgottenWhenTheyHavePassed) {
  expect_warnings();
  make_faulty(kTransport, "*");
  mount({{"--deadline", "6s"}});
  expect_the_rows(kTransport);
  api().set_rules("");
  for (const Row& row : kTransport) {
    SCOPED_TRACE(row.name);
    EXPECT_TRUE(eventually([&] { return read(id_of(row)).error == 0; })) << log();
    read_whole(id_of(row));
  }
}

// --- An origin that answers nothing, or not to the end.

const Row kStalls[] = {
    {"BeforeTheHead", "hang", ETIMEDOUT},
    {"InTheHead", "hang-headers", ETIMEDOUT},
    {"InTheBody", "stall 50000 + ignore-range", ETIMEDOUT},
    {"InALargeBody", "stall 5000000 + ignore-range", ETIMEDOUT, kAny, kLarge},
    {"OneByteASecond", "slow 1", ETIMEDOUT},
};

TEST_F(Faults, AnOriginThatStandsStillEndsWithTheDeadline) {
  expect_warnings();
  make_faulty(kStalls, "*");
  mount({{"--deadline", "1s"}});
  expect_the_rows(kStalls);
}

// --- What is mended on the way: a fault of the first request only.

const Row kMended[] = {
    {"ServerError", "status 500 1000 Internal", 0, 2},
    {"Throttling", "status 429 1600 Slow down + retry-after 1", 0, 2},
    {"EmptyReply", "drop", 0, 2},
    {"BodyCut", "cut 50000", 0, 2},
    {"LargeBodyCut", "cut 5000000", 0, 2, kLarge},
    {"LargeBodyReset", "reset 5000000", 0, 2, kLarge},
    {"ChunkedBodyCut", "cut-chunked 50000", 0, 2},
    {"GarbageStatusLine", "garbage-status", 0, 2},
    {"WrongSignature", "bad-signature", 0, 2},
    {"TwoLengths", "two-lengths 90000", 0, 2},
};

TEST_F(Faults, OfTheFirstRequestAloneAreNotSeenByPrograms) {
  expect_warnings();
  make_faulty(kMended, "1");
  mount({{"--deadline", "20s"}});
  expect_the_rows(kMended);
  for (const Row& row : kMended) EXPECT_EQ(api().requests_for(id_of(row)), 2U) << row.name;
}

using Errno = MountTest;

TEST_F(Errno, ABodyThatIsCutAgainAndAgainIsResumedToItsEnd) {
  const std::string id = media_of(kLarge);
  api().set_rules(id + " * cut 1000000");
  mount({{"--deadline", "20s"}});
  read_whole(id);
}

// --- Odd, but right.

const Row kHarmless[] = {
    {"UpperCaseSignature", "upper-signature", 0, 1},
    {"NoSignature", "no-signature", 0, 1},
    {"EarlyHints", "early 103 3", 0, 1},
    {"Cookie", "header Set-Cookie: a=b", 0, 1},
    {"AlternativeService", "header Alt-Svc: h2=\":1\"", 0, 1},
    {"Refresh", "header Refresh: 0; url=http://127.0.0.1:1/", 0, 1},
    {"UnknownContentType", "content-type application/x-unheard-of", 0, 1},
    {"ManyHeaders", "many-headers 50", 0, 1},
    {"Delay", "delay 300ms", 0, 1},
    {"Chunked", "no-length", 0, 1},
    {"LargeUnsigned", "no-signature", 0, 1, kLarge},
};

TEST_F(Faults, OdditiesAreReadInFull) {
  make_faulty(kHarmless, "*");
  mount({{"--deadline", "20s"}});
  expect_the_rows(kHarmless);
}

// --- What does not fit a row.

TEST_F(Errno, NothingListensAnyMore) {
  expect_warnings();
  mount({{"--deadline", "20s"}});
  stop_api();
  EXPECT_EQ(stat_error(media_of(kSmall)), EIO);
}

TEST_F(Errno, AWrongSecretIsDenied) {
  expect_warnings();
  write_file(credentials(), "api_key=" + api_options.api_key + "\nshared_secret=not-the-one\n");
  mount();
  EXPECT_EQ(stat_error(media_of(kSmall)), EACCES);
}

TEST_F(Errno, AWrongKeyIsDenied) {
  expect_warnings();
  write_file(credentials(), "api_key=not-the-one\nshared_secret=" + api_options.secrets.front() + "\n");
  mount();
  EXPECT_EQ(stat_error(media_of(kSmall)), EACCES);
}

TEST_F(Errno, AnUnsignedResponseIsAnErrorWhereSignaturesAreRequired) {
  expect_warnings();
  const std::string id = media_of(kSmall);
  api().set_rules(id + " * no-signature");
  mount({{"--require-signature", kSet}});
  EXPECT_EQ(stat_error(id), EIO);
  read_whole(media_of(kSmall, "another-one-that-is-signed"));
}

TEST_F(Errno, TheCodeAndTheMessageOfTheApiReachTheLog) {
  expect_warnings();
  const std::string id = media_of(kSmall);
  api().set_rules(id + " * status 403 1103 The integration sleeps");
  mount();
  ASSERT_EQ(stat_error(id), EACCES);
  EXPECT_NE(log().find("1103"), std::string::npos) << log();
  EXPECT_NE(log().find("The integration sleeps"), std::string::npos) << log();
}

/// Of one outage there are not as many lines as there are files.
TEST_F(Errno, RepeatedLinesOfTheLogAreCountedInsteadOfPrinted) {
  expect_warnings();
  constexpr int kFiles = 60;
  api().set_rules("* * status 400 1500 Validation failed");
  mount();
  for (int i = 0; i < kFiles; ++i)
    EXPECT_EQ(stat_error(media_of(kSmall, "of-many-" + std::to_string(100 + i))), EINVAL);
  unmount();
  std::istringstream lines(log());
  int printed = 0;
  int counted = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t more = line.find(" more lines of the kind: media #: invalid argument");
    const std::size_t number = line.rfind(' ', more - 1) + 1;
    if (more != std::string::npos) counted += std::stoi(line.substr(number, more - number));
    printed += line.find("invalid argument (HTTP 400") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(printed + counted, kFiles) << log();
  EXPECT_LE(printed, kFiles / 2) << log();
}

TEST_F(Errno, AMessageCannotForgeALineOfTheLog) {
  expect_warnings();
  const std::string id = media_of(kSmall);
  const std::string body = R"({"status":"fail","code":"1103","message":"one\\n2024-01-01 error: two"})";
  const std::size_t sent = body.size() - 1;  // a rule writes each backslash twice
  api().set_rules(id + R"( * raw HTTP/1.1 403 No\r\nContent-Type: application/json\r\nContent-Length: )" +
                  std::to_string(sent) + R"(\r\n\r\n)" + body);
  mount();
  ASSERT_EQ(stat_error(id), EACCES) << log();
  EXPECT_NE(log().find("two"), std::string::npos) << log();
  EXPECT_EQ(log().find("\n2024-01-01"), std::string::npos) << log();
}

/// The signed body of an error is a file's content in nobody's eyes.
TEST_F(Errno, AnErrorBodyWithStatus200IsNeverServed) {
  expect_warnings();
  const std::string id = media_of(kSmall);
  api().set_rules(id + " * json-error 1302");
  mount({{"--deadline", "20s"}});
  const Reading reading = read(id);
  EXPECT_NE(reading.error, 0);
  EXPECT_EQ(reading.bytes, "");
}

/// The second half comes from another version: the reader gets an error or one of the two, never a mixture.
TEST_F(Errno, AMediaThatChangesUnderWayIsNotMixed) {
  expect_warnings();
  const std::string id = "changes-under-way-0001";
  const std::string before(8_MiB, 'b');
  const std::string after(8_MiB, 'a');
  api().put_media(id, "video/mp4", before);
  api().set_rules(id + " 1 stall 5000000");
  mount({{"--deadline", "20s"}});
  const auto reader = start("cat $M/" + id + " > $T/copy");
  ASSERT_TRUE(api().wait_for_requests(id, 1));
  ASSERT_TRUE(eventually([&] { return api().requests().front().sent >= 5'000'000; }));
  api().put_media(id, "video/mp4", after);
  api().set_rules(id + " 1 cut 5000000");
  api().release();
  reader->finish(kPatience);
  const Outcome kinds = sh("fold -w 65536 $T/copy | tr -d '\\n' | head -c 8388608 | tr -s ab");
  EXPECT_TRUE(kinds.out == "a" || kinds.out == "b" || kinds.out.empty()) << kinds;
}

}  // namespace
}  // namespace mediafs::e2e
