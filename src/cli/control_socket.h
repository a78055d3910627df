// The socket in a cache's directory by which `mediafs cache …` talks to the server that has the cache open.
#pragma once

#include <optional>
#include <string>
#include <thread>

#include "cli/cache_requests.h"
#include "mediafs/base/mutex.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {

/// The end of the process that has the cache open, a server or a cache command: a thread that listens, and
/// one for each request, so that none waits for another. Only for its own user and root.
class ControlSocket {
 public:
  /// In the directory of a cache that this process has open. Errors of the socket are logged, and there is
  /// none then.
  ControlSocket(std::string directory, CacheControl control);
  ~ControlSocket();  // ends what is being carried out as soon as it can be
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

 private:
  void run(const std::stop_token& stop);
  void converse(UniqueFd socket, const std::stop_token& stop);
  void answer(const UniqueFd& client, const std::stop_token& stop);

  const std::string directory_;
  const CacheControl control_;
  UniqueFd listening_;
  UniqueFd wake_;  // an eventfd(2)
  Mutex mutex_{LockRank::control_socket};
  CondVar one_is_over_;
  int conversations_ GUARDED_BY(mutex_) = 0;  // under way, each on a thread that nobody joins
  std::jthread thread_;
};

/// Whether a server answers there.
bool has_server(const std::string& directory);

/// For people, who has the cache of that directory open: "mediafs (4711), which serves /mnt/media". "another
/// server or cache command" where it does not say within a second.
std::string holder_of_cache(const std::string& directory);

/// Asks a cache command that has the cache open to end, since a server needs it. True: one has, and ends
/// soon.
bool ask_to_give_way(const std::string& directory);

/// The client's end: sends the request and gives the answer; nothing where there is no server.
/// Errc::unavailable: it has not answered. Errc::cancelled: it ended before it was done.
std::optional<Result<CacheAnswer>> ask_server(const std::string& directory, const CacheRequest& request,
                                              const CacheProgress& progress);

}  // namespace mediafs
