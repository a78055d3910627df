#include "mediafs/base/result.h"

namespace mediafs {

std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::not_found:
      return "not found";
    case Errc::not_found_by_gateway:
      return "not found, says a gateway";
    case Errc::invalid_argument:
      return "invalid argument";
    case Errc::denied:
      return "denied";
    case Errc::throttled:
      return "throttled";
    case Errc::unreachable:
      return "unreachable";
    case Errc::unavailable:
      return "unavailable";
    case Errc::timed_out:
      return "timed out";
    case Errc::untrusted:
      return "untrusted peer";
    case Errc::outside_api:
      return "not an answer of the API";
    case Errc::protocol:
      return "protocol violation";
    case Errc::corrupt:
      return "corrupt";
    case Errc::changed:
      return "changed";
    case Errc::too_large:
      return "too large";
    case Errc::no_space:
      return "no space";
    case Errc::not_directory:
      return "not a directory";
    case Errc::is_directory:
      return "is a directory";
    case Errc::name_too_long:
      return "name too long";
    case Errc::cancelled:
      return "cancelled";
    case Errc::internal:
      return "internal fault";
  }
  return "unknown";
}

}  // namespace mediafs
