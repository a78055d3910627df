#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/daemon.h"
#include "cli/exit_code.h"
#include "cli/hand_over_memory.h"
#include "cli/mount_command.h"
#include "mediafs/base/unique_fd.h"
#include "mediafs/mount/kernel_mount.h"
#include "mediafs/mount/mount.h"
#include "mediafs/supervisor/channel.h"

namespace mediafs {

/// Where a server has its mount from, and who decides about its end. Main thread only.
class MountOwner {
 public:
  virtual ~MountOwner() = default;

  /// A server before this one has served the mount, which is there already.
  [[nodiscard]] virtual bool takes_over() const = 0;
  /// Gives the mount once it is time to serve it: at once, or when the server before this one is gone. Called
  /// after the cache has been opened; but a server that takes over calls it first, since the one before still
  /// has the cache. An error: there is nothing to serve.
  virtual Result<Mount::Device> attach() = 0;
  [[nodiscard]] virtual const HandOverMemory& hand_over_memory() const = 0;
  /// The descriptors that hold the cache's lock: those of the server before, and this one's, for the next.
  virtual std::vector<UniqueFd> take_locks() = 0;
  virtual void hold_locks(const std::vector<int>& locks) = 0;

  virtual void serving() = 0;
  /// How many servers the supervisor has started before this one.
  [[nodiscard]] virtual std::uint64_t restarts() const = 0;
  /// A line for people, without ids, for who watches the service. Any thread.
  virtual void tell_state(const std::string& line) = 0;
  /// A descriptor that can be read when there is an order; -1: only signals order the end.
  [[nodiscard]] virtual int orders() const = 0;
  /// Whether the order is to leave everything to another server as it is.
  virtual bool is_to_step_down() = 0;
  /// Nothing is served any more: the mount is taken away.
  virtual void ended() = 0;
};

/// A server without a supervisor: the mount is its own.
class OwnMount final : public MountOwner {
 public:
  /// Errc::internal: no memory.
  static Result<std::unique_ptr<OwnMount>> make(KernelMount::Options options, Ready ready);

  [[nodiscard]] bool takes_over() const override { return false; }
  Result<Mount::Device> attach() override;
  [[nodiscard]] const HandOverMemory& hand_over_memory() const override { return hand_over_; }
  std::vector<UniqueFd> take_locks() override { return {}; }
  void hold_locks(const std::vector<int>& /*locks*/) override {}
  void serving() override { ready_(); }
  [[nodiscard]] std::uint64_t restarts() const override { return 0; }
  void tell_state(const std::string& /*line*/) override {}
  [[nodiscard]] int orders() const override { return -1; }
  bool is_to_step_down() override { return false; }
  void ended() override { mount_.reset(); }

 private:
  OwnMount(KernelMount::Options options, Ready ready, SharedMemory memory)
      : options_(std::move(options)), ready_(std::move(ready)), hand_over_(std::move(memory)) {}

  const KernelMount::Options options_;
  const Ready ready_;
  const HandOverMemory hand_over_;
  std::unique_ptr<KernelMount> mount_;
};

/// The mount is a supervisor's. Where the supervisor goes away, this server ends too, and takes the mount
/// away, since nobody else will. A mount that is kept elsewhere (by systemd) is left to the server of the
/// next supervisor.
class Supervised final : public MountOwner {
 public:
  /// `begin` is the supervisor's first message: its text is the mount point, and the memory stands first
  /// among its descriptors. `ready` is called when the mount is served.
  /// Takes over the channel, unless it fails.
  static Result<std::unique_ptr<Supervised>> make(Channel& channel, const Message& begin, Ready ready);

  [[nodiscard]] bool takes_over() const override { return takes_over_; }
  Result<Mount::Device> attach() override;
  [[nodiscard]] const HandOverMemory& hand_over_memory() const override { return hand_over_; }
  std::vector<UniqueFd> take_locks() override { return std::move(locks_); }
  void hold_locks(const std::vector<int>& locks) override;
  void serving() override;
  [[nodiscard]] std::uint64_t restarts() const override { return restarts_; }
  void tell_state(const std::string& line) override { channel_.send(Message::Kind::state, 0, line); }
  [[nodiscard]] int orders() const override { return channel_.descriptor(); }
  bool is_to_step_down() override;
  void ended() override;

  /// Why this server cannot serve.
  void failed(const Exit& exit);

 private:
  Supervised(Channel channel, const Message& begin, SharedMemory memory, Ready ready);
  void take_mount_away();

  const Channel channel_;
  const bool takes_over_;
  const bool kept_elsewhere_;
  const std::uint64_t restarts_;
  const std::string mountpoint_;
  const Ready ready_;
  const HandOverMemory hand_over_;
  std::string device_number_;  // of the mount, to tell it from a later one in its place
  UniqueFd device_;
  std::vector<UniqueFd> locks_;
};

}  // namespace mediafs
