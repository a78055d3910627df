#include "mediafs/base/result.h"

#include <algorithm>
#include <utility>

namespace mediafs {

namespace {

constexpr std::pair<Errc, std::string_view> kWords[] = {
    {Errc::not_found, "not found"},
    {Errc::not_found_by_gateway, "not found, says a gateway"},
    {Errc::impossible_id, "no id, says the API"},
    {Errc::invalid_argument, "invalid argument"},
    {Errc::denied, "denied"},
    {Errc::throttled, "throttled"},
    {Errc::unreachable, "unreachable"},
    {Errc::unavailable, "unavailable"},
    {Errc::timed_out, "timed out"},
    {Errc::untrusted, "untrusted peer"},
    {Errc::outside_api, "not an answer of the API"},
    {Errc::protocol, "protocol violation"},
    {Errc::corrupt, "corrupt"},
    {Errc::changed, "changed"},
    {Errc::too_large, "too large"},
    {Errc::no_space, "no space"},
    {Errc::not_directory, "not a directory"},
    {Errc::is_directory, "is a directory"},
    {Errc::name_too_long, "name too long"},
    {Errc::cancelled, "cancelled"},
    {Errc::internal, "internal fault"},
};
static_assert(std::size(kWords) == std::size(kAllErrcs));

}  // namespace

std::string_view to_string(Errc code) {
  const auto* const found =
      std::find_if(std::begin(kWords), std::end(kWords), [&](const auto& row) { return row.first == code; });
  return found == std::end(kWords) ? "unknown" : found->second;
}

}  // namespace mediafs
