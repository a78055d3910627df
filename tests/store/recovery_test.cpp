#include "store/download/recovery.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

TEST(Recovery, OfWhatIsNotWantedAnyMoreIsNone) {
  EXPECT_EQ(recovery_from({.code = Errc::cancelled, .cancelled = true, .head_seen = true}), Recovery::none);
  EXPECT_EQ(recovery_from({.code = Errc::corrupt, .cancelled = true, .head_seen = true}), Recovery::none);
}

TEST(Recovery, BeforeAHeadIsNone) {
  EXPECT_EQ(recovery_from({.code = Errc::not_found}), Recovery::fail);
  EXPECT_EQ(recovery_from({.code = Errc::unreachable}), Recovery::fail) << "all retries have been made";
  EXPECT_EQ(recovery_from({.code = Errc::throttled, .ahead = true}), Recovery::none) << "nobody has asked";
  EXPECT_EQ(recovery_from({.code = Errc::not_found, .ahead = true}), Recovery::fail);
}

TEST(Recovery, OfADeniedRangeIsToAskForTheWhole) {
  for (const Errc code : {Errc::not_found, Errc::denied, Errc::invalid_argument, Errc::protocol}) {
    EXPECT_EQ(recovery_from({.code = code, .is_range = true}), Recovery::ask_whole);
    EXPECT_EQ(recovery_from({.code = code, .is_range = true, .others_bring_all = true}),
              Recovery::drop_range);
  }
  EXPECT_EQ(recovery_from({.code = Errc::unavailable, .is_range = true}), Recovery::fail);
}

TEST(Recovery, OfABodyThatBreaksIsARetry) {
  EXPECT_EQ(recovery_from({.code = Errc::unavailable, .head_seen = true}), Recovery::retry);
  EXPECT_EQ(recovery_from({.code = Errc::protocol, .head_seen = true, .is_range = true}), Recovery::retry);
}

TEST(Recovery, OfAWrongSignatureDependsOnWhetherAnybodyHasSeenTheBody) {
  EXPECT_EQ(recovery_from({.code = Errc::corrupt, .head_seen = true, .holds_back = true}),
            Recovery::retry_anew);
  EXPECT_EQ(recovery_from({.code = Errc::corrupt, .head_seen = true}), Recovery::version_bad);
}

}  // namespace
}  // namespace mediafs
