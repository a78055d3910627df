#include "rules.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <gtest/gtest.h>

#include "synthetic.h"
#include "units.h"

namespace mediafs::sandbox {
namespace {

constexpr const char* kId = "media-id-0000000001";

bool fires(const std::string& rule, std::uint64_t nth_of_id, std::uint64_t nth_of_path = 1) {
  const RuleSet rules(rule);
  return !rules.actions_for({kId, "/v1/sessions/media-id-0000000001/media", nth_of_id, nth_of_path}).empty();
}

std::string error_of(const std::string& text) {
  try {
    const RuleSet rules(text);
  } catch (const RuleError& error) {
    return error.what();
  }
  return {};
}

TEST(RulesTest, SelectorsAndCountsChooseTheRequests) {
  const std::string id = kId;
  EXPECT_TRUE(fires("* * drop", 7));
  EXPECT_TRUE(fires(id + " 7 drop", 7));
  EXPECT_FALSE(fires(id + " 7 drop", 8));
  EXPECT_TRUE(fires(id + " 2-4 drop", 4));
  EXPECT_FALSE(fires(id + " 2-4 drop", 5));
  EXPECT_TRUE(fires(id + " 3+ drop", 900));
  EXPECT_FALSE(fires(id + " 3+ drop", 2));
  EXPECT_FALSE(fires("another-id-00000001 * drop", 1));
  EXPECT_TRUE(fires("/media 2 drop", 9, 2));
  EXPECT_FALSE(fires("/attempts * drop", 1));
}

TEST(RulesTest, TheFirstRuleThatFitsWins) {
  const RuleSet rules("# a comment\n\n* 1 delay 6s + slow 2K + redirect 302 http://a/ b\n* * drop\n");
  const auto& first = rules.actions_for({kId, "/x", 1, 1});
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(first[0].time, std::chrono::seconds(6));
  EXPECT_EQ(first[1].number, 2048U);
  EXPECT_EQ(first[2].number, 302U);
  EXPECT_EQ(first[2].text, "http://a/ b");
  ASSERT_EQ(rules.actions_for({kId, "/x", 2, 2}).size(), 1U);
}

TEST(RulesTest, ABadRuleIsNamedWithItsLine) {
  EXPECT_EQ(error_of("* * drop\n* * explode"), "rule line 2: unknown action 'explode'");
  EXPECT_EQ(error_of("* 0 drop"), "rule line 1: '0' is not n, n-m, n+, n% or *");
  EXPECT_EQ(error_of("* 3-2 drop"), "rule line 1: '3-2' is not n, n-m, n+, n% or *");
  EXPECT_EQ(error_of("*"), "rule line 1: '' is not n, n-m, n+, n% or *");
  EXPECT_EQ(error_of("* 1"), "rule line 1: an action is missing");
  EXPECT_EQ(error_of("* 1 cut"), "rule line 1: cut needs a number, not ''");
  EXPECT_EQ(error_of("* 1 cut x"), "rule line 1: cut needs a number, not 'x'");
  EXPECT_EQ(error_of("* 1 hang 3"), "rule line 1: '3' is too much for hang");
  EXPECT_EQ(error_of("* 1 delay 3"), "rule line 1: delay needs a duration such as 50ms");
  EXPECT_EQ(error_of("* 1 status 20"), "rule line 1: status needs a status of three digits");
  EXPECT_EQ(error_of("* 1 etag"), "rule line 1: etag needs an argument");
  EXPECT_EQ(error_of("* 1 redirect 302"), "rule line 1: redirect needs an argument");
  EXPECT_EQ(error_of("* 1 slow 0"), "rule line 1: slow needs a rate above 0");
  EXPECT_EQ(error_of("* 1 drop + "), "rule line 1: '+' is too much for drop");
}

TEST(UnitsTest, SizesAndDurationsAreReadAsWritten) {
  EXPECT_EQ(parse_size("64K"), 65536U);
  EXPECT_EQ(parse_size("12"), 12U);
  for (const char* bad : {"", "K", "1k", "-1", "1.5M", "99999999999G"}) EXPECT_FALSE(parse_size(bad)) << bad;
  EXPECT_EQ(parse_duration("5m"), std::chrono::minutes(5));
  for (const char* bad : {"", "5", "ms", "1h 2"}) EXPECT_FALSE(parse_duration(bad)) << bad;
}

TEST(SyntheticTest, IdsNameTheirSizeAndSeed) {
  const auto parsed = synthetic_from_id("gen-0000041943040-alpha0001");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->size, 41943040U);
  EXPECT_EQ(parsed->seed, synthetic_from_id("gen-1-alpha0001")->seed);
  for (const char* bad : {"gen--alpha0001", "gen-12x-alpha0001", "gen-12", "gen-12-", "GEN-12-a",
                          "gen-99999999999999999999-a"}) {
    EXPECT_FALSE(synthetic_from_id(bad)) << bad;
  }
}

TEST(SyntheticTest, EveryOffsetAndLengthIsAPartOfOneStream) {
  std::array<std::byte, 64> whole{};
  fill_synthetic(42, 0, whole);
  for (std::size_t offset = 0; offset < 24; ++offset) {
    for (std::size_t size = 0; size + offset <= whole.size(); ++size) {
      std::array<std::byte, 64> part{};
      fill_synthetic(42, offset, std::span(part).first(size));
      ASSERT_TRUE(std::equal(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(size),
                             whole.begin() + static_cast<std::ptrdiff_t>(offset)));
    }
  }
}

TEST(SyntheticTest, TheBytesStayTheSameForEver) {
  std::array<std::byte, 8> bytes{};
  fill_synthetic(0, 0, bytes);
  const std::array<std::byte, 8> golden{std::byte{0xaf}, std::byte{0xcd}, std::byte{0x1d}, std::byte{0x7b},
                                        std::byte{0x39}, std::byte{0xa8}, std::byte{0x20}, std::byte{0xe2}};
  EXPECT_EQ(bytes, golden);
}

}  // namespace
}  // namespace mediafs::sandbox
