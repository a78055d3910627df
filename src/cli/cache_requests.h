// What `mediafs cache …` asks of one cache, and its answer: executed by the server that has the cache open,
// or by the command itself where none has. As HTTP on the sockets between them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/json.h"
#include "mediafs/base/result.h"
#include "mediafs/cache/cache.h"
#include "mediafs/control/control_service.h"
#include "mediafs/model/media_id.h"

namespace mediafs {

struct CacheRequest {
  enum class Action { stats, verify, erase, clear, give_way };

  Action action = Action::stats;
  std::vector<MediaId> media{};        // NOLINT(readability-redundant-member-init): to erase
  std::vector<MediaId> sessions{};     // NOLINT(readability-redundant-member-init): to erase
  std::uint64_t bytes_per_second = 0;  // to verify at; 0: as fast as it goes
};

/// Of each action a path, "/cache/erase", and what it is about as JSON.
ControlRequest encode(const CacheRequest& request);
/// Errc::invalid_argument: it is none.
Result<CacheRequest> decode(const ControlRequest& request);

/// Named numbers and texts, an object.
using CacheAnswer = Json;

/// What it takes to carry requests out.
struct CacheControl {
  Cache& cache;
  /// Here, above and on disk, before it returns; how many of them there were.
  std::function<Result<std::size_t>(const std::vector<MediaId>& media, const std::vector<MediaId>& sessions)>
      erase;
  std::function<Status()> clear;
  /// Ends what else is being carried out, for a server that is to have the cache. None: this is a server's.
  std::function<void()> give_way;
  /// Of the server; empty: a cache command.
  std::string mountpoint{};  // NOLINT(readability-redundant-member-init): gcc warns without it
};

/// Told how far it has come; false ends it.
using CacheProgress = std::function<bool(std::uint64_t done, std::uint64_t all)>;

/// Any thread, and several at once, as far as `control` allows it.
Result<CacheAnswer> carry_out(const CacheRequest& request, const CacheControl& control,
                              const CacheProgress& progress);

/// Carries out what is asked over a socket; `control` must outlive the answer. A verification says in lines
/// how far it has come, {"done": 1, "all": 2}; the last one is the outcome, or {"error": "…"}; none: it was
/// ended early. Nothing: it is no request to a cache.
std::optional<ControlResponse> answer_cache_request(const ControlRequest& request,
                                                    const CacheControl& control);

}  // namespace mediafs
