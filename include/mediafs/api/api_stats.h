// What an operator may know of the API, as it is seen from here. No ids, keys or secrets.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "mediafs/base/clock.h"
#include "mediafs/base/histogram.h"

namespace mediafs {

/// What is asked for: /v1/media/ID, /v1/sessions/ID/media, /v1/sessions/ID/attempts, /v1/attempts/ID/media.
enum class Endpoint { media, session_media, session_attempts, attempt_media };

/// Every Endpoint, for tables and their tests.
inline constexpr Endpoint kAllEndpoints[] = {Endpoint::media, Endpoint::session_media,
                                             Endpoint::session_attempts, Endpoint::attempt_media};

/// The word as written above.
const char* name_of(Endpoint endpoint);

/// A snapshot. Numbers count from the server's start; each HTTP request counts for itself, retries too.
struct ApiStats {
  /// Where several are true, the first of: denied, down, throttled, unknown, up.
  ///
  /// `down` is told
  /// - with the first connection that cannot be had, or whose peer cannot prove who it is;
  /// - half a second after the first failure (5xx, a broken or worthless body, no answer within its deadline)
  ///   where three requests or more have failed since, and none was answered. Be it three for one id alone:
  ///   as long as nothing else is asked for, nothing tells the API's fault from the media's. An id that has
  ///   failed while others were answered counts for a minute against itself only.
  ///
  /// So an API that says 500 to everything is down within 2 s of a reader's first request, whose retries come
  /// fast at first. One that takes connections and says nothing is down only after the deadlines of three
  /// requests: until then it may be slow, and `silent_for` tells how slow. Any answer ends it, also a refusal
  /// and one of a gateway's.
  enum class State {
    unknown,    // no answer yet; or none since credentials that were denied have been replaced
    up,         // it answers
    down,       // nothing is answered
    throttled,  // it refuses requests (429, Retry-After, many 503), or did until lately
    denied,     // it does not take the key or any secret: nothing is asked but one probe in 30 s
  };

  State state = State::unknown;
  UnixSeconds since = 0;  // when it began; of the first `unknown`, the client's making

  /// When the API has answered last as it does to whom it knows: 2xx, but also a 404 of its own and the like.
  std::optional<UnixSeconds> last_success;
  /// What has gone wrong last with a request or its body, in the log's words; empty: nothing has. Not what
  /// was cancelled, nor a secret's denial where another one is tried next.
  std::string last_error;
  std::optional<UnixSeconds> last_error_at;

  /// For how long nothing has been heard, though requests wait for the head of an answer; nothing: none does.
  std::optional<Duration> silent_for;

  /// Requests that were sent, each counted once, by the status of its answer ("200") when that comes, or
  /// where none comes by why, when it ends: "timeout" (the deadline, or a connection that stood still),
  /// "unreachable" (no connection), "untrusted" (the peer could not prove who it is), "broken" (the
  /// connection ended first), "malformed" (no HTTP), "cancelled" (nobody waited any more), "other".
  std::map<std::pair<Endpoint, std::string>, std::uint64_t> requests;
  /// From a request's sending until the head of its answer, of a media: its body takes as long as its reader.
  /// Until the end of the body, of a listing. Or until it has failed before that. Every endpoint is there.
  std::map<Endpoint, DurationHistogram::Snapshot> durations;

  std::uint64_t received_bytes = 0;         // of bodies, those of errors too
  std::uint64_t verification_failures = 0;  // signatures that did not match, also where that is only logged
  std::uint64_t held_back = 0;              // requests that wait in the Gate just now
  std::optional<double> rate;               // requests a second that are let through, where that is limited
};

/// Every State, for tables and their tests.
inline constexpr ApiStats::State kAllApiStates[] = {ApiStats::State::unknown, ApiStats::State::up,
                                                    ApiStats::State::down, ApiStats::State::throttled,
                                                    ApiStats::State::denied};

/// The word as written above.
const char* name_of(ApiStats::State state);

}  // namespace mediafs
