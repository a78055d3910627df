#pragma once

#include <optional>

#include "http/left_behind.h"
#include "http/open_sockets.h"
#include "mediafs/http/http_client.h"

namespace mediafs {

/// What the transfers of one client share. Lives on the http thread.
struct HttpContext {
  HttpClient::Options options;
  SystemClock clock;
  LeftBehind left_behind;
  OpenSockets sockets;
  bool pool_is_relied_on = false;       // by a transfer, perhaps
  std::optional<SteadyTime> path_died;  // of a connection of the pool, last
  /// Has come over a connection that its peer did not close with it, last.
  std::optional<SteadyTime> unasked_input;

  /// How long a connection of the pool may have been idle to be used again, in whole seconds as libcurl
  /// counts them. Once the path of one has died, those that have been idle since then are not used, and
  /// none for ten minutes after unasked input: it may come again, and too late to be told from an answer.
  /// Nothing: as libcurl decides; 0: none is used.
  [[nodiscard]] std::optional<long> longest_idle() const;
};

}  // namespace mediafs
