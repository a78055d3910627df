#include "mediafs/mount/kernel_mount.h"

#include <unistd.h>

#include <vector>

#include "mediafs/base/limits.h"
#include "mediafs/mount/fusermount.h"
#include "mediafs/mount/mount_table.h"
#include "mount/libfuse.h"

namespace mediafs {

/// A session of libfuse that never serves, since it knows how to mount, as root or with fusermount3; or what
/// another process had of one.
class KernelMount::Session {
 public:
  explicit Session(Options options, UniqueFd adopted = {}, std::string number = {})
      : options_(std::move(options)), adopted_(std::move(adopted)), number_(std::move(number)) {}
  ~Session() {
    adopted_.reset();  // first: who waits for an answer is not waited for
    if (session_ != nullptr) {
      if (mounted_) fuse_session_unmount(session_);
      fuse_session_destroy(session_);
    }
    // libfuse leaves a mount in the table whose connection has been aborted.
    const auto there = find_mount(options_.mountpoint);
    if (there && there->device == number_) detach(options_.mountpoint);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Status open() {
    std::string program = "mediafs";
    std::string flags =
        "-oro,nosuid,nodev,noexec,default_permissions,subtype=mediafs,fsname=" + options_.source;
    if (options_.allow_other) flags += ",allow_other";
    char* words[] = {program.data(), flags.data()};
    fuse_args arguments{.argc = 2, .argv = words, .allocated = 0};
    const fuse_lowlevel_ops none{};
    session_ = fuse_session_new(&arguments, &none, sizeof(none), nullptr);
    fuse_opt_free_args(&arguments);  // libfuse has made a copy of its own in it
    if (session_ == nullptr) return Error{Errc::internal, "libfuse refuses the mount's options"};
    // Its fusermount3 is a process too, and libfuse does not say what it lacked.
    if (::geteuid() != 0 && in_child([] { return 0; }) == kNoChild)
      return Error{Errc::internal, kNoMoreProcesses};
    mounted_ = fuse_session_mount(session_, options_.mountpoint.c_str()) == 0;
    const auto there = mounted_ ? find_mount(options_.mountpoint) : std::nullopt;
    if (there && there->type == kMountType) number_ = there->device;
    return mounted_ ? ok_status() : Error{Errc::denied, "the kernel or fusermount3 refuses the mount"};
  }

  [[nodiscard]] bool is_hidden() const {
    const std::string table = mount_table_of("1");
    const auto there = find_mount(options_.mountpoint);
    return there && there->device == number_ && !table.empty() && !has_mount(table, there->id);
  }

  void leave() {
    mounted_ = false;
    number_.clear();
  }

  [[nodiscard]] int device() const { return adopted_ ? adopted_.get() : fuse_session_fd(session_); }
  [[nodiscard]] const std::string& number() const { return number_; }

 private:
  const Options options_;
  UniqueFd adopted_;
  std::string number_;  // of the mount, to tell it from another in its place
  fuse_session* session_ = nullptr;
  bool mounted_ = false;
};

KernelMount::KernelMount(std::unique_ptr<Session> session) : session_(std::move(session)) {}
KernelMount::~KernelMount() = default;

Result<std::unique_ptr<KernelMount>> KernelMount::open(const Options& options) {
  auto session = std::make_unique<Session>(options);
  if (const Status opened = session->open(); !opened) return opened.error();
  return std::unique_ptr<KernelMount>(new KernelMount(std::move(session)));
}

std::unique_ptr<KernelMount> KernelMount::adopt(const Options& options, UniqueFd device, std::string number) {
  return std::unique_ptr<KernelMount>(
      new KernelMount(std::make_unique<Session>(options, std::move(device), std::move(number))));
}

bool KernelMount::is_hidden() const {
  return session_->is_hidden();
}

void KernelMount::leave() {
  session_->leave();
}

int KernelMount::device() const {
  return session_->device();
}

const std::string& KernelMount::number() const {
  return session_->number();
}

}  // namespace mediafs
