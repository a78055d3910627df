#include "api/failed_attempt.h"

#include "api/api_error.h"

namespace mediafs {

Gate::Outcome outcome_of(const FailedAttempt& attempt) {
  using Outcome = Gate::Outcome;
  switch (attempt.error.code) {
    case Errc::unreachable:
      return Outcome::unreachable;
    case Errc::untrusted:
      return Outcome::untrusted;
    case Errc::cancelled:
    case Errc::internal:
      return Outcome::unknown;
    case Errc::throttled:
      return Outcome::refused;
    case Errc::denied:
      return attempt.status == 403 && !is_authorization_code(attempt.code) ? Outcome::id_denied
                                                                           : Outcome::key_denied;
    case Errc::unavailable:
      if (attempt.status != 503 || attempt.cut) return Outcome::failed;
      return attempt.retry_after ? Outcome::refused : Outcome::overloaded;
    case Errc::timed_out:
    case Errc::protocol:
    case Errc::corrupt:
      return Outcome::failed;
    default:
      return attempt.by_api ? Outcome::answered : Outcome::not_the_api;
  }
}

}  // namespace mediafs
