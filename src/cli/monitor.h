#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "cli/erase_service.h"
#include "cli/exit_code.h"
#include "cli/mount_command.h"
#include "cli/mount_owner.h"
#include "cli/mount_report.h"
#include "mediafs/api/api_client.h"
#include "mediafs/base/timer.h"
#include "mediafs/control/control_service.h"
#include "mediafs/control/control_socket.h"
#include "mediafs/filesystem/open_files.h"
#include "mediafs/store/media_store.h"

namespace mediafs {

/// Where the server of a mount answers, by the mount's device number and the user who has mounted it:
/// /run/mediafs/0:53.sock for root, else in that user's folder of /run/user, or where that is missing in
/// $XDG_RUNTIME_DIR (XDG Base Directory Specification).
std::string control_socket_of(const std::string& device, uid_t owner);

/// Shows what a server does, and does what the cache commands ask: over HTTP to our user and root on a socket
/// of the mount and one in the cache's directory; shows it, without ids, to anybody where --metrics says, and
/// in a line to who has started the mount.
///   GET /status   json_of(MountReport)        GET /metrics  metrics_of(MountReport)
///   GET /healthz  200, or 503 and why         GET /check    asks the API: an exit code, a blank, and words
///   /cache…       cli/cache_requests.h
/// While the API does not answer, or denies, /healthz has it asked as a reader would: it is to be seen that
/// it is well again, though nobody reads.
class Monitor {
 public:
  struct Watched {
    const MountCommand& command;
    const BaseUrl& base;
    const Credentials& credentials;  // those of the start
    ApiClient& api;
    MediaStore& store;
    const OpenFiles& open_files;
    std::optional<CacheControl> cache;  // nothing: there is none
    const std::string& cache_directory;
    const Mount& mount;
    const EraseService& erase_service;
  };

  /// All must outlive this object, and `timer` what it has been given. `owner` is told on the timer's thread.
  Monitor(Watched watched, MountOwner& owner, Timer& timer);
  ~Monitor();
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  /// Begins to answer. A unix socket that cannot be had is logged; an Exit where the address of --metrics is
  /// wrong or taken.
  std::optional<Exit> start(const std::string& device);
  /// The mount is served, and its owner has been told so: from now on it is told how that goes.
  void serving();
  /// Answers nobody any more.
  void stop();

 private:
  [[nodiscard]] MountReport report() const;
  [[nodiscard]] ControlResponse answer(const ControlRequest& request) const;
  [[nodiscard]] ControlResponse answer_anybody(const ControlRequest& request) const;
  [[nodiscard]] ControlResponse health() const;
  [[nodiscard]] Exit check() const;
  void open_sockets(const std::string& device);
  void tell_owner();
  void tell_owner_again_and_again();

  const Watched watched_;
  MountOwner& owner_;
  Timer& timer_;
  const UnixSeconds began_;
  std::string told_;  // on the timer's thread
  std::stop_source stopping_;
  std::unique_ptr<ControlSocket> of_mount_;
  std::unique_ptr<ControlSocket> of_cache_;
  std::unique_ptr<ControlService> metrics_;
};

}  // namespace mediafs
