// What `mediafs cache …` asks of one cache, and its answer: executed by the server that has the cache open,
// or by the command itself where none has. As text, one line each, on the socket between them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mediafs/base/result.h"
#include "mediafs/cache/cache.h"
#include "mediafs/model/media_id.h"

namespace mediafs {

struct CacheRequest {
  enum class Action { stats, verify, erase, clear, give_way };

  Action action = Action::stats;
  std::vector<MediaId> media;          // to erase
  std::vector<MediaId> sessions;       // to erase
  std::uint64_t bytes_per_second = 0;  // to verify at; 0: as fast as it goes
};

/// One line, without its end.
std::string encode(const CacheRequest& request);
Result<CacheRequest> decode_request(std::string_view line);

/// Named numbers and texts.
using CacheAnswer = std::map<std::string, std::string>;
std::string encode(const CacheAnswer& answer);
CacheAnswer decode_answer(std::string_view line);

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

}  // namespace mediafs
