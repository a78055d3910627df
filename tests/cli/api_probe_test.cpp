#include "cli/api_probe.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

TEST(ApiProbe, TheApisWordOnASessionThatCannotBeTellsWhetherItTakesTheCredentials) {
  const auto verdict = [](Errc code) { return verdict_on(Error{code, "why"}).code; };
  const MediaId session = *MediaId::parse("5aa53aab-c9aa-4e20-ab31-4bf2ac8e6d4a");
  EXPECT_EQ(verdict_on(Listing{.key = {ListingKind::session_media, session}}).code, ExitCode::ok);
  EXPECT_EQ(verdict(Errc::not_found), ExitCode::ok);
  EXPECT_EQ(verdict(Errc::throttled), ExitCode::throttled);
  EXPECT_EQ(verdict(Errc::denied), ExitCode::credentials);
  for (const Errc code : {Errc::unavailable, Errc::unreachable, Errc::timed_out, Errc::cancelled})
    EXPECT_EQ(verdict(code), ExitCode::unreachable) << static_cast<int>(code);
  for (const Errc code :
       {Errc::untrusted, Errc::outside_api, Errc::protocol, Errc::corrupt, Errc::invalid_argument})
    EXPECT_EQ(verdict(code), ExitCode::not_the_api) << static_cast<int>(code);
  EXPECT_NE(verdict_on(Error{Errc::denied, "HTTP 401"}).message.find("HTTP 401"), std::string::npos);
}

}  // namespace
}  // namespace mediafs
