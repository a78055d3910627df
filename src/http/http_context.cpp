#include "http/http_context.h"

#include <algorithm>

namespace mediafs {

namespace {

constexpr std::chrono::seconds kKeptByLibcurl{118};  // CURLOPT_MAXAGE_CONN
constexpr std::chrono::minutes kDistrusted{10};

}  // namespace

std::optional<long> HttpContext::longest_idle() const {
  const SteadyTime now = clock.now();
  if (unasked_input && now - *unasked_input < kDistrusted) return 0;
  if (!path_died) return std::nullopt;
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(now - *path_died);
  if (since > kKeptByLibcurl) return std::nullopt;
  return std::max<long>(0, static_cast<long>(since.count()) - 1);  // it drops the fraction of both
}

}  // namespace mediafs
