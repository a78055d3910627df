#include <string>

#include <gtest/gtest.h>

#include "mediafs/api/listing.h"

namespace mediafs {
namespace {

TEST(Timestamp, IsReadAsRfc3339HasIt) {
  EXPECT_EQ(parse_timestamp("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_timestamp("2024-02-29T12:00:00.123456789Z"), 1'709'208'000);
  EXPECT_EQ(parse_timestamp("2024-02-29T14:00:00+02:00"), 1'709'208'000);
  EXPECT_EQ(parse_timestamp("2024-02-29 06:30:00-0530"), 1'709'208'000);
  EXPECT_EQ(parse_timestamp("2024-02-29T12:00:00"), 1'709'208'000);
  for (const std::string bad :
       {"", "2024", "2024-02-30T12:00:00Z", "2024-02-29T24:00:00Z", "2024-02-29T12:00:00Zx",
        "2024-02-29T12:00:00+2", "2024-13-01T00:00:00Z", "x024-01-01T00:00:00Z", "2024-01-01T00:00"}) {
    EXPECT_EQ(parse_timestamp(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace mediafs
