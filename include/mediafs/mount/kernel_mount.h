#pragma once

#include <memory>
#include <string>

#include "mediafs/base/result.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {

/// What is said of a mount that is_hidden().
inline constexpr const char* kHiddenMount =
    "the mount is in a mount namespace of its own: only processes in that namespace see it";

/// A mount as the kernel has it: an entry in the mount table and a descriptor of /dev/fuse, without anybody
/// who serves it yet. Whoever owns this object needs nothing of the rest of the project.
class KernelMount {
 public:
  struct Options {
    std::string mountpoint;  // absolute
    std::string source;      // what df and mount show; no comma, backslash or white space
    bool allow_other = false;
  };

  /// Mounts; the kernel's requests wait until somebody serves them. Errc::denied: refused.
  static Result<std::unique_ptr<KernelMount>> open(const Options& options);

  /// One that is there already: the descriptor that belongs to it, and its device number ("major:minor").
  static std::unique_ptr<KernelMount> adopt(const Options& options, UniqueFd device, std::string number);

  /// Unmounts, lazily, where that has not happened; who still has the mount open gets errors once no other
  /// process has the descriptor.
  ~KernelMount();
  KernelMount(const KernelMount&) = delete;
  KernelMount& operator=(const KernelMount&) = delete;

  /// It stands in a mount namespace that process 1 does not share, mount_namespaces(7): other processes do
  /// not see it. False where that cannot be told.
  [[nodiscard]] bool is_hidden() const;

  /// The mount stays when this object goes, for another process that has the descriptor.
  void leave();

  /// Good as long as this object.
  [[nodiscard]] int device() const;

  /// Its device number, by which the mount table knows it; empty where something has come over it at once.
  [[nodiscard]] const std::string& number() const;

 private:
  class Session;
  explicit KernelMount(std::unique_ptr<Session> session);
  std::unique_ptr<Session> session_;
};

}  // namespace mediafs
