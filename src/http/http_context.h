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

  /// How long a connection may have been idle to be used, in whole seconds as libcurl counts them: those that
  /// have been for as long as one whose path had died go with it. Nothing: as long as libcurl likes; 0: none.
  [[nodiscard]] std::optional<long> longest_idle() const;
};

}  // namespace mediafs
