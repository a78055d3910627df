#include "cli/doctor.h"

#include <gmock/gmock.h>

namespace mediafs {
namespace {

using Kind = Finding::Kind;

TEST(Doctor, AClockThatIsFarFromTheApisIsDoubtful) {
  EXPECT_EQ(clock_finding(1'000, 1'000).kind, Kind::good);
  EXPECT_EQ(clock_finding(1'030, 1'000).kind, Kind::good);
  EXPECT_EQ(clock_finding(1'031, 1'000).kind, Kind::doubtful);
  EXPECT_EQ(clock_finding(1'031, 1'000).text, "31 s ahead of the API's");
  EXPECT_EQ(clock_finding(1'000, 1'100).text, "100 s behind the API's");
}

TEST(Doctor, TheReportSaysWhatIsInTheWay) {
  EXPECT_EQ(report_of({{.what = "fuse", .text = "there"}}),
            "ok    fuse         there\nnothing is in the way of a mount\n");
  const std::string report =
      report_of({{.kind = Kind::bad, .what = "API", .text = "away\n", .code = ExitCode::unreachable},
                 {.kind = Kind::doubtful, .what = "clock", .text = "late"},
                 {.kind = Kind::not_looked_at, .what = "cache", .text = "none"}});
  EXPECT_EQ(report,
            "BAD   API          away\\x0a\ndoubt clock        late\n-     cache        none\n1 in the way of "
            "a mount\n");
}

}  // namespace
}  // namespace mediafs
