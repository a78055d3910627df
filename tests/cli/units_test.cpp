#include "cli/units.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

TEST(Duration, HasANumberAndAUnit) {
  EXPECT_EQ(parse_duration("500ms"), Duration(500));
  EXPECT_EQ(parse_duration("6s"), Duration(6000));
  EXPECT_EQ(parse_duration("5m"), Duration(300'000));
  EXPECT_EQ(parse_duration("12h"), Duration(43'200'000));
  EXPECT_EQ(parse_duration("30d"), Duration(2'592'000'000));
  for (const char* text :
       {"", "5", "s", "-1s", "1.5s", "5 s", "5sec", "99999999999d", "99999999999999999999s"}) {
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
  }
}

TEST(Size, CountsInPowersOf1024) {
  EXPECT_EQ(parse_size("4096"), 4096U);
  EXPECT_EQ(parse_size("64K"), 65'536U);
  EXPECT_EQ(parse_size("10G"), 10'737'418'240U);
  for (const char* text : {"", "M", "-1", "1.5G", "10GB", "10g", "99999999999999T"}) {
    EXPECT_FALSE(parse_size(text).has_value()) << text;
  }
}

TEST(Owners, AreNumbersOrNames) {
  EXPECT_EQ(parse_user("root"), 0U);
  EXPECT_EQ(parse_group("root"), 0U);
  EXPECT_EQ(parse_user("1234"), 1234U);
  for (const char* text : {"", "-1", "no-such-user-here", "99999999999"}) {
    EXPECT_FALSE(parse_user(text).has_value()) << text;
    EXPECT_FALSE(parse_group(text).has_value()) << text;
  }
}

TEST(Mode, IsOctal) {
  EXPECT_EQ(parse_mode("0440"), 0440U);
  EXPECT_EQ(parse_mode("750"), 0750U);
  for (const char* text : {"", "8", "1000", "04755", "r--", "-1"})
    EXPECT_FALSE(parse_mode(text).has_value()) << text;
}

}  // namespace
}  // namespace mediafs
