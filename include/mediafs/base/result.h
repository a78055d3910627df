// Failures are values: Result<T> holds a T or an Error, Status holds success or an Error.
//
// Errc speaks the project's own language; only the mount floor turns it into an errno. An Error's context
// is for the log: it may name hosts, statuses and files, never ids, secrets or signatures.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace mediafs {

enum class Errc {
  not_found,             // no such media or name, said by the API or by the grammar
  not_found_by_gateway,  // a 404 or 410 that is not the API's: true for who asked, and no word on the media
  impossible_id,         // the API takes the id for none: no media then, and no word on one that is known
  invalid_argument,      // the caller or the API says that the request is not valid
  denied,                // key, signature or permission
  throttled,             // the API asked to slow down until past the deadline
  unreachable,           // no connection can be had: may pass
  unavailable,           // network, TLS or server failure: may pass
  timed_out,             // a deadline ended the wait
  untrusted,             // the peer could not prove who it is
  outside_api,           // an answer that the API does not give: a redirect, an unknown status
  protocol,              // a response that is malformed, or cut, or of somebody else's making
  corrupt,               // bytes that fail their check
  changed,               // the media is not the version that was opened
  too_large,             // beyond a configured cap
  no_space,              // disk or map is full
  not_directory,
  is_directory,
  name_too_long,  // beyond what any name here may have
  cancelled,      // the mount is going down, or nobody waits any more
  internal,       // a fault of ours
};

/// Every Errc, for tables and their tests.
inline constexpr Errc kAllErrcs[] = {Errc::not_found,     Errc::not_found_by_gateway,
                                     Errc::impossible_id, Errc::invalid_argument,
                                     Errc::denied,        Errc::throttled,
                                     Errc::unreachable,   Errc::unavailable,
                                     Errc::timed_out,     Errc::untrusted,
                                     Errc::outside_api,   Errc::protocol,
                                     Errc::corrupt,       Errc::changed,
                                     Errc::too_large,     Errc::no_space,
                                     Errc::not_directory, Errc::is_directory,
                                     Errc::name_too_long, Errc::cancelled,
                                     Errc::internal};

/// The API has said that there is no such thing: cached for a while where nothing is known.
constexpr bool is_denial(Errc code) {
  return code == Errc::not_found || code == Errc::impossible_id;
}

/// The word as written above, for logs.
std::string_view to_string(Errc code);

struct Error {
  Errc code = Errc::internal;
  std::string context;

  /// Each floor may put a phrase in front: "reading catalog: " + context.
  Error in(std::string_view phrase) && {
    context.insert(0, std::string(phrase) + ": ");
    return std::move(*this);
  }
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit on purpose
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit on purpose

  [[nodiscard]] bool ok() const { return held_.index() == 0; }
  explicit operator bool() const { return ok(); }

  /// REQUIRES: ok().
  T& value() & { return std::get<0>(held_); }
  [[nodiscard]] const T& value() const& { return std::get<0>(held_); }
  T&& value() && { return std::get<0>(std::move(held_)); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::get<0>(std::move(held_)); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// REQUIRES: !ok().
  Error& error() & { return std::get<1>(held_); }
  [[nodiscard]] const Error& error() const& { return std::get<1>(held_); }
  Error&& error() && { return std::get<1>(std::move(held_)); }

 private:
  std::variant<T, Error> held_;
};

/// Takes a result later. Called exactly once, on any thread of the program; on the calling one it may be
/// before the call returns. It must not block: it may be the http thread or the timer's that calls it.
///
/// No lock is held meanwhile, but where an erasure answers: that of whole erasures (LockRank::erase_service).
/// So it may call back into whom it was given to, but takes no lock of that rank or an earlier one.
template <typename T>
using Done = std::function<void(Result<T>)>;

using Status = Result<std::monostate>;
inline Status ok_status() {
  return std::monostate{};
}

}  // namespace mediafs
