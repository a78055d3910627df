#include "mount/request_counters.h"

#include <linux/fuse.h>

#include <algorithm>
#include <chrono>

namespace mediafs {

namespace {

struct Operation {
  std::uint32_t opcode;
  std::string_view name;
};

constexpr std::array kOperations{
    Operation{FUSE_LOOKUP, "lookup"},
    Operation{FUSE_GETATTR, "getattr"},
    Operation{FUSE_OPEN, "open"},
    Operation{FUSE_READ, "read"},
    Operation{FUSE_RELEASE, "release"},
    Operation{FUSE_OPENDIR, "opendir"},
    Operation{FUSE_READDIR, "readdir"},
    Operation{FUSE_READDIRPLUS, "readdirplus"},
    Operation{FUSE_RELEASEDIR, "releasedir"},
    Operation{FUSE_GETXATTR, "getxattr"},
    Operation{FUSE_LISTXATTR, "listxattr"},
    Operation{FUSE_STATFS, "statfs"},
    Operation{FUSE_ACCESS, "access"},
    Operation{0, "other"},
};
constexpr std::uint64_t kLookup = 0;
static_assert(kOperations.at(kLookup).opcode == FUSE_LOOKUP);
constexpr std::uint64_t kOther = kOperations.size() - 1;

constexpr unsigned kBitsOfOperation = 4;
static_assert(kOperations.size() <= 1U << kBitsOfOperation);

std::uint64_t operation_of(std::uint32_t opcode) {
  const auto* const found = std::ranges::find(kOperations, opcode, &Operation::opcode);
  return std::min<std::uint64_t>(static_cast<std::uint64_t>(found - kOperations.begin()), kOther);
}

}  // namespace

void RequestCounters::taken(std::size_t place, std::uint32_t opcode) {
  const auto now = static_cast<std::uint64_t>(steady_now().time_since_epoch().count());
  under_way_[place].store(now << kBitsOfOperation | operation_of(opcode), std::memory_order_relaxed);
}

RequestCounters::Taken RequestCounters::at(std::size_t place) const {
  const std::uint64_t both = under_way_[place].load(std::memory_order_relaxed);
  const auto since = static_cast<SteadyTime::rep>(both >> kBitsOfOperation);
  return {.operation = both % (1U << kBitsOfOperation), .since = SteadyTime(SteadyTime::duration(since))};
}

void RequestCounters::answered(const Taken& request) {
  durations_.at(request.operation).observe(steady_now() - request.since);
}

void RequestCounters::note_error(int error) {
  if (error > 0 && static_cast<std::size_t>(error) < kErrors)
    errors_.at(static_cast<std::size_t>(error)).fetch_add(1, std::memory_order_relaxed);
}

bool RequestCounters::is_lookup(const Taken& request) {
  return request.operation == kLookup;
}

MountStats RequestCounters::snapshot() const {
  MountStats out;
  for (std::size_t i = 0; i < kOperations.size(); ++i)
    out.durations.emplace(kOperations.at(i).name, durations_.at(i).snapshot());
  for (std::size_t i = 0; i < errors_.size(); ++i) {
    if (const std::uint64_t count = errors_.at(i).load(std::memory_order_relaxed); count > 0)
      out.errors.emplace(static_cast<int>(i), count);
  }
  return out;
}

}  // namespace mediafs
