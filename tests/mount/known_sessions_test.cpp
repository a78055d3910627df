// Sessions that are known: without the API, from a file, and very many.
#include "session_fixture.h"

namespace mediafs::e2e {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using KnownSessions = SessionTest;

// --- Without the API.

TEST_F(KnownSessions, KnownOnesListAndCachedMediaReadWithTheApiDown) {
  publish(1, {show(10), show(11)});
  mount({{"--listing-ttl", "0s"}, {"--deadline", "1s"}, {"--prefetch", "off"}});
  visit(directory(1));
  keep(10);
  stop_api();
  expect_warnings();
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(names_in("sessions"), ElementsAre(session(1)));
    EXPECT_THAT(names_in(directory(1)), ElementsAre("attempts", name_of(10), name_of(11)));
    EXPECT_TRUE(same_bytes(read(directory(1) + "/" + name_of(10)).bytes, bytes(10)));
    EXPECT_EQ(read(directory(1) + "/" + name_of(11)).error, EIO);
    EXPECT_EQ(stat_error(directory(2)), EIO) << "not ENOENT";
    EXPECT_EQ(stat_error(directory(1) + "/" + name_of(12)), EIO) << "it may have come since";
    if (round == 0) remount();
  }
}

// --- Many.

TEST_F(KnownSessions, TenThousandOfAFileCostNothing) {
  std::string ids = "# the sessions of today\n\nnot an id\n";
  for (int i = 0; i < 10'000; ++i) ids += session(i) + "\n";
  publish(42, {show(10)});
  expect_warnings();  // of the line that is none
  mount({{"--sessions", write_file(scratch() / "sessions", ids)}});
  EXPECT_EQ(sh("ls -l $M/sessions | wc -l").out, "10001\n");
  EXPECT_EQ(sh("find $M/sessions -maxdepth 1 -mindepth 1 -type d | wc -l").out, "10000\n");
  EXPECT_EQ(api().total_requests(), 0U);
  EXPECT_THAT(names_in(directory(42)), ElementsAre("attempts", name_of(10)));
  EXPECT_EQ(listings_of(42), 1U);
  EXPECT_EQ(sh("ls $M/" + directory(43)).code, 2) << "the API does not know it";
}

TEST_F(KnownSessions, TheFileIsReadAgainWhenItChanges) {
  write_file(scratch() / "sessions", session(1) + "\n");
  mount({{"--sessions", scratch() / "sessions"}});
  EXPECT_THAT(names_in("sessions"), ElementsAre(session(1)));
  write_file(scratch() / "sessions", session(2) + "\n" + session(3));
  EXPECT_TRUE(eventually([&] { return names_in("sessions") == std::vector{session(2), session(3)}; }));
  const auto warnings = [&] {
    visit("sessions");
    const std::string text = log();
    int count = 0;
    for (std::size_t at = text.find("cannot be read"); at != std::string::npos;
         at = text.find("cannot be read", at + 1))
      ++count;
    return count;
  };
  fs::resize_file(scratch() / "sessions", 65 * 1024 * 1024);
  EXPECT_TRUE(eventually([&] { return warnings() == 1; })) << "too large";
  EXPECT_THAT(names_in("sessions"), ElementsAre(session(2), session(3)));
  write_file(scratch() / "sessions", session(4) + "\n");
  EXPECT_TRUE(eventually([&] { return names_in("sessions") == std::vector{session(4)}; }));
  fs::remove(scratch() / "sessions");
  EXPECT_TRUE(eventually([&] { return warnings() == 2; })) << "gone";
  EXPECT_THAT(names_in("sessions"), ElementsAre(session(4)));
  expect_warnings();
}

TEST_F(KnownSessions, AFileThatCannotBeReadIsRefused) {
  const Outcome outcome = try_mount({{"--sessions", root() / "missing"}});
  EXPECT_EQ(outcome.code, 2) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("--sessions"));
}

TEST_F(KnownSessions, AHundredThousandEntriesAreListed) {
  std::string body = R"({"status":"success","images":[)";
  for (int i = 0; i < 100'000; ++i) {
    body += std::string(i == 0 ? "" : ",") + R"({"id":")" + media(i) +
            R"(","context":"face","size":1,"mimetype":"image/png"})";
  }
  publish_text(1, body + "]}");
  mount();
  EXPECT_EQ(sh("ls -f $M/" + directory(1) + " | sort -u | wc -l").out, "100003\n");
  remount();
  EXPECT_EQ(sh("find $M/" + directory(1) + " -name 'face-*.png' | wc -l").out, "100000\n");
  EXPECT_EQ(listings_of(1), 1U);
}

}  // namespace
}  // namespace mediafs::e2e
