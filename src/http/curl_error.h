#pragma once

#include <curl/curl.h>

#include "mediafs/base/result.h"

namespace mediafs {

/// What a CURLcode other than CURLE_OK means to the floors above. The table is that of libcurl 8.14,
/// whichever version this is built or run with; a code that is newer is Errc::protocol.
Errc errc_of(CURLcode code);

/// The context is libcurl's fixed text: no URL, no header.
Error error_of(CURLcode code);

}  // namespace mediafs
