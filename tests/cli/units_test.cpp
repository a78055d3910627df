#include "cli/units.h"

#include <gtest/gtest.h>

#include "mediafs/base/bytes.h"

namespace mediafs {
namespace {

/// What is wrong with the text; empty: it is taken.
template <typename Value>
std::string fault(const Result<Value>& parsed) {
  return parsed ? std::string() : parsed.error().context;
}

TEST(Duration, HasANumberAndAUnit) {
  EXPECT_EQ(*parse_duration("500ms"), Duration(500));
  EXPECT_EQ(*parse_duration("6s"), Duration(6000));
  EXPECT_EQ(*parse_duration("5m"), Duration(300'000));
  EXPECT_EQ(*parse_duration("12h"), Duration(43'200'000));
  EXPECT_EQ(*parse_duration("30d"), Duration(2'592'000'000));
}

TEST(Duration, IsTakenAsPeopleWriteItWhereThatIsPlain) {
  EXPECT_EQ(*parse_duration("30 s"), std::chrono::seconds(30));
  EXPECT_EQ(*parse_duration("30S"), std::chrono::seconds(30));
  EXPECT_EQ(*parse_duration("1.5h"), std::chrono::minutes(90));
  EXPECT_EQ(*parse_duration("0.25s"), Duration(250));
  EXPECT_EQ(*parse_duration("0"), Duration::zero());
}

TEST(Duration, ThatIsNoneIsRefusedInWords) {
  EXPECT_EQ(fault(parse_duration("")), "is empty");
  EXPECT_EQ(fault(parse_duration("30")), "has no unit");
  EXPECT_EQ(fault(parse_duration("1.5")), "has no unit");
  EXPECT_EQ(fault(parse_duration("-5s")), "is negative");
  EXPECT_EQ(fault(parse_duration("s")), "is no number");
  EXPECT_EQ(fault(parse_duration("soon")), "is no number");
  EXPECT_EQ(fault(parse_duration("1.s")), "is no number");
  EXPECT_EQ(fault(parse_duration("1.1234567s")), "is no number");
  EXPECT_EQ(fault(parse_duration("5sec")), "has an unknown unit");
  EXPECT_EQ(fault(parse_duration("5 m s")), "has an unknown unit");
  EXPECT_EQ(fault(parse_duration("5M")), "may be meant in months; minutes are m");
  EXPECT_EQ(fault(parse_duration("99999999999d")), "is too long");
  EXPECT_EQ(fault(parse_duration("18446744073709551615d")), "is too large");
  EXPECT_EQ(fault(parse_duration("99999999999999999999s")), "is too large");
}

TEST(Size, CountsInPowersOf1024) {
  EXPECT_EQ(*parse_size("4096"), 4096U);
  EXPECT_EQ(*parse_size("64K"), 65'536U);
  EXPECT_EQ(*parse_size("10G"), 10'737'418'240U);
}

TEST(Size, IsTakenAsPeopleWriteItWhereThatIsPlain) {
  for (const char* text : {"10GiB", "10gib", "10Gi", "10g", "10 G", "10.0G"})
    EXPECT_EQ(*parse_size(text), 10'737'418'240U) << text;
  EXPECT_EQ(*parse_size("1.5G"), 1'610'612'736U);
  EXPECT_EQ(*parse_size("10B"), 10U);
}

TEST(Size, ThatIsNoneIsRefusedInWords) {
  for (const char* text : {"10GB", "10gb", "10 Gb"})
    EXPECT_NE(fault(parse_size(text)).find("powers of 1000 or of 1024"), std::string::npos) << text;
  EXPECT_EQ(fault(parse_size("")), "is empty");
  EXPECT_EQ(fault(parse_size("M")), "is no number");
  EXPECT_EQ(fault(parse_size("1.5")), "has no unit");
  EXPECT_EQ(fault(parse_size("-1")), "is negative");
  EXPECT_EQ(fault(parse_size("10X")), "has an unknown unit");
  EXPECT_EQ(fault(parse_size("10ib")), "has an unknown unit");
  EXPECT_EQ(fault(parse_size("99999999999999T")), "is too large");
  EXPECT_EQ(fault(parse_size("16777215.999999T")), "");
  EXPECT_EQ(fault(parse_size("16777216T")), "is too large");
}

TEST(Owners, AreNumbersOrNames) {
  EXPECT_EQ(*parse_user("root"), 0U);
  EXPECT_EQ(*parse_group("root"), 0U);
  EXPECT_EQ(*parse_user("1234"), 1234U);
  for (const char* text : {"", "-1", "no-such-user-here", "99999999999", "4294967295", "1 2"}) {
    EXPECT_NE(fault(parse_user(text)), "") << text;
    EXPECT_NE(fault(parse_group(text)), "") << text;
  }
}

TEST(Mode, IsOctal) {
  EXPECT_EQ(*parse_mode("0440"), 0440U);
  EXPECT_EQ(*parse_mode("750"), 0750U);
  for (const char* text : {"", "8", "1000", "04755", "r--", "-1"})
    EXPECT_NE(fault(parse_mode(text)), "") << text;
}

TEST(Switch, HasItsWordsInAnyCase) {
  for (const char* text : {"on", "ON", "Yes", "true"}) EXPECT_TRUE(*parse_switch(text)) << text;
  for (const char* text : {"off", "No", "FALSE"}) EXPECT_FALSE(*parse_switch(text)) << text;
  for (const char* text : {"", "1", "maybe"}) EXPECT_NE(fault(parse_switch(text)), "") << text;
}

TEST(Units, AreShownAsTheyAreTaken) {
  EXPECT_EQ(duration_option(std::chrono::seconds(30)), "30s");
  EXPECT_EQ(duration_option(std::chrono::hours(24)), "1d");
  EXPECT_EQ(duration_option(Duration(1500)), "1500ms");
  EXPECT_EQ(duration_option(Duration::zero()), "0");
  EXPECT_EQ(size_option(128_MiB), "128M");
  EXPECT_EQ(size_option(4097), "4097");
}

}  // namespace
}  // namespace mediafs
