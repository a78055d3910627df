#include "store/download/recovery.h"

#include "store/transient.h"

namespace mediafs {

bool may_be_for_the_range(Errc code) {
  switch (code) {
    case Errc::not_found:
    case Errc::not_found_by_gateway:
    case Errc::impossible_id:
    case Errc::invalid_argument:
    case Errc::denied:
    case Errc::protocol:
    case Errc::outside_api:
      return true;
    default:
      return false;
  }
}

Recovery recovery_from(const Breakage& b) {
  if (b.cancelled) return Recovery::none;
  // Without a head, the api floor has made all retries by now. The other is the end of the http client.
  if (!b.head_seen || b.code == Errc::cancelled) {
    if (b.is_range && may_be_for_the_range(b.code))
      return b.others_bring_all ? Recovery::drop_range : Recovery::ask_whole;
    return b.ahead && is_transient(b.code) ? Recovery::none : Recovery::fail;
  }
  if (b.code == Errc::corrupt) return b.holds_back ? Recovery::retry_anew : Recovery::version_bad;
  return Recovery::retry;
}

}  // namespace mediafs
