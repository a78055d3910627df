#include "mediafs/mount/errno_of.h"

#include <cerrno>

namespace mediafs {

int errno_of(Errc code) {
  switch (code) {
    case Errc::not_found:
    case Errc::not_found_by_gateway:
    case Errc::impossible_id:
      return ENOENT;
    case Errc::invalid_argument:
      return EINVAL;
    case Errc::denied:
      return EACCES;
    case Errc::throttled:
      return EBUSY;
    case Errc::timed_out:
      return ETIMEDOUT;
    case Errc::changed:
      return ESTALE;
    case Errc::too_large:
      return EFBIG;
    case Errc::not_directory:
      return ENOTDIR;
    case Errc::is_directory:
      return EISDIR;
    case Errc::name_too_long:
      return ENAMETOOLONG;
    // The caller cannot repair these, and none may look like "there is no such file".
    case Errc::unreachable:
    case Errc::unavailable:
    case Errc::untrusted:
    case Errc::outside_api:
    case Errc::protocol:
    case Errc::corrupt:
    case Errc::no_space:
    case Errc::cancelled:
    case Errc::internal:
      return EIO;
  }
  return EIO;
}

}  // namespace mediafs
