#include "mediafs/base/repeated_lines.h"

#include <gtest/gtest.h>

namespace mediafs::log {
namespace {

constexpr SteadyTime kStart{std::chrono::hours(1)};
constexpr auto kSecond = std::chrono::seconds(1);

std::string outage(int n) {
  return fmt::format("media {:08x}: unavailable (HTTP 503: message {})",
                     0xabcdef00U + static_cast<unsigned>(n), n);
}

TEST(RepeatedLines, KindsAreToldApartByTheirWordsAndNotByIdsNumbersOrAnOriginsWords) {
  EXPECT_EQ(kind_of_line("media 1a2b3c4d: unavailable (HTTP 503)"), "media #: unavailable");
  EXPECT_EQ(kind_of_line("media deadbeef: unavailable (connection refused)"), "media #: unavailable");
  EXPECT_NE(kind_of_line("media 1a2b3c4d: denied (x)"), kind_of_line("media 1a2b3c4d: unavailable (x)"));
  EXPECT_EQ(kind_of_line("the server 12 has ended"), kind_of_line("the server 3 has ended"));
  EXPECT_EQ(kind_of_line(""), "");
  EXPECT_LE(kind_of_line(std::string(100'000, 'a') + " b").size(), 100'002U);
}

TEST(RepeatedLines, OfEachKindAFewArePrintedAndTheRestIsCounted) {
  RepeatedLines lines;
  int printed = 0;
  for (int i = 0; i < 5000; ++i) printed += lines.note(Level::warning, outage(i), kStart) ? 1 : 0;
  EXPECT_EQ(printed, 5);
  EXPECT_TRUE(lines.note(Level::warning, "something else", kStart)) << "others are not held up by it";
  EXPECT_TRUE(lines.note(Level::error, outage(1), kStart)) << "another level is another kind";
  EXPECT_TRUE(lines.ended_by(kStart + 9 * kSecond).empty());
  const auto counts = lines.ended_by(kStart + 10 * kSecond);
  ASSERT_EQ(counts.size(), 1U) << "what was printed whole is not counted";
  EXPECT_EQ(counts[0].lines, 4995U);
  EXPECT_EQ(counts[0].level, Level::warning);
  EXPECT_EQ(to_string(counts[0]), "4995 more lines of the kind: media #: unavailable");
  EXPECT_TRUE(lines.ended_by(kStart + 10 * kSecond).empty()) << "each is told once";
}

TEST(RepeatedLines, AfterItsTimeAKindIsPrintedAgain) {
  RepeatedLines lines;
  for (int i = 0; i < 9; ++i) lines.note(Level::info, outage(i), kStart);
  lines.ended_by(kStart + 10 * kSecond);
  EXPECT_TRUE(lines.note(Level::info, outage(9), kStart + 11 * kSecond));
}

TEST(RepeatedLines, AtTheEndEverythingIsTold) {
  RepeatedLines lines;
  for (int i = 0; i < 7; ++i) lines.note(Level::info, outage(i), kStart);
  const auto counts = lines.all();
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].lines, 2U);
  EXPECT_TRUE(lines.all().empty());
}

TEST(RepeatedLines, TheirNumberOfKindsIsBounded) {
  RepeatedLines lines;
  int printed = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::string word{static_cast<char>('a' + i % 26), static_cast<char>('a' + i / 26 % 26),
                           static_cast<char>('a' + i / 676)};
    printed += lines.note(Level::info, word, kStart) ? 1 : 0;
  }
  EXPECT_LE(printed, 205);
}

}  // namespace
}  // namespace mediafs::log
