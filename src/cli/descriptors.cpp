#include "cli/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

#include "mediafs/http/http_client.h"

namespace mediafs {

namespace {

constexpr std::uint64_t kForAllElse = 40;  // a server has 25 open without a connection, and some for a moment
// Of which the connection's own is one: while its name is resolved libcurl has a pair of sockets open, and
// getaddrinfo(3) one.
constexpr std::uint64_t kForEach = 3;
constexpr std::uint64_t kFewest = 4;
static_assert(kFewestDescriptors == kForAllElse + kForEach * kFewest);

}  // namespace

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

long connections_for(std::uint64_t descriptors) {
  const auto most = static_cast<std::uint64_t>(HttpClient::Options().connections);
  const std::uint64_t left = descriptors - std::min(descriptors, kForAllElse);
  return static_cast<long>(std::clamp(left / kForEach, kFewest, most));
}

}  // namespace mediafs
