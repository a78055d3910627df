#include "api/failed_attempt.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

using Outcome = Gate::Outcome;

struct Row {
  FailedAttempt attempt;
  Outcome says;
};

FailedAttempt with(Errc code, int status = 0) {
  return {.error = {code, ""}, .status = status, .code = {}, .retry_after = {}};
}
FailedAttempt with_code(FailedAttempt attempt, const char* code) {
  attempt.code = code;
  attempt.by_api = true;
  return attempt;
}
FailedAttempt with_retry_after(FailedAttempt attempt) {
  attempt.retry_after = Duration(1'000);
  return attempt;
}
FailedAttempt cut(FailedAttempt attempt) {
  attempt.cut = true;
  return attempt;
}

TEST(FailedAttempt, EachSaysWhatItIsOfTheOrigin) {
  const Row rows[] = {
      {with(Errc::unreachable), Outcome::unreachable},
      {with(Errc::unavailable), Outcome::failed},
      {with(Errc::unavailable, 500), Outcome::failed},
      {with_retry_after(with(Errc::unavailable, 500)), Outcome::failed},
      {with(Errc::unavailable, 503), Outcome::overloaded},
      {with_retry_after(with(Errc::unavailable, 503)), Outcome::refused},
      {cut(with(Errc::unavailable, 503)), Outcome::failed},
      {with(Errc::throttled, 429), Outcome::refused},
      {with(Errc::timed_out), Outcome::failed},
      {with(Errc::protocol, 200), Outcome::failed},
      {with(Errc::corrupt, 200), Outcome::failed},
      {with(Errc::denied, 401), Outcome::key_denied},
      {with_code(with(Errc::denied, 400), "1812"), Outcome::key_denied},
      {with(Errc::denied, 403), Outcome::id_denied},
      {with_code(with(Errc::denied, 403), "1101"), Outcome::id_denied},
      {with_code(with(Errc::denied, 403), "1804"), Outcome::key_denied},
      {with_code(with(Errc::not_found, 404), "1302"), Outcome::answered},
      {with(Errc::not_found_by_gateway, 404), Outcome::not_the_api},
      {with(Errc::outside_api, 302), Outcome::not_the_api},
      {with_code(with(Errc::invalid_argument, 400), "1500"), Outcome::answered},
      {with(Errc::untrusted), Outcome::untrusted},
      {with(Errc::internal), Outcome::unknown},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(outcome_of(row.attempt), row.says)
        << to_string(row.attempt.error.code) << ", HTTP " << row.attempt.status << ", " << row.attempt.code;
  }
}

}  // namespace
}  // namespace mediafs
