#include "cli/mount_owner.h"

#include "mediafs/base/log.h"
#include "mediafs/mount/fusermount.h"
#include "mediafs/mount/mount_table.h"

namespace mediafs {

Result<std::unique_ptr<OwnMount>> OwnMount::make(KernelMount::Options options, Ready ready) {
  const auto file = SharedMemory::create(HandOverMemory::size());
  if (!file) return file.error();
  auto memory = SharedMemory::map(*file);
  if (!memory) return memory.error();
  return std::unique_ptr<OwnMount>(new OwnMount(std::move(options), std::move(ready), *std::move(memory)));
}

Result<Mount::Device> OwnMount::attach() {
  auto mounted = KernelMount::open(options_);
  if (!mounted) return std::move(mounted).error().in(options_.mountpoint);
  mount_ = *std::move(mounted);
  if (mount_->is_hidden()) log::warning("{}", kHiddenMount);
  return Mount::Device{.descriptor = mount_->device(), .hand_over = hand_over_.connection()};
}

Result<std::unique_ptr<Supervised>> Supervised::make(Channel& channel, const Message& begin, Ready ready) {
  auto memory = SharedMemory::map(begin.descriptors.front());
  if (!memory) return memory.error();
  if (memory->bytes().size() != HandOverMemory::size())
    return Error{Errc::internal, "another version of mediafs has mounted this, and it takes a remount"};
  return std::unique_ptr<Supervised>(
      new Supervised(std::move(channel), begin, *std::move(memory), std::move(ready)));
}

Supervised::Supervised(Channel channel, const Message& begin, SharedMemory memory, Ready ready)
    : channel_(std::move(channel)),
      takes_over_((begin.code & Message::kTakeOver) != 0),
      kept_elsewhere_((begin.code & Message::kKeptElsewhere) != 0),
      restarts_(begin.code >> Message::kRestartsShift),
      mountpoint_(begin.text),
      ready_(std::move(ready)),
      hand_over_(std::move(memory)) {
  const auto there = takes_over_ ? find_mount(mountpoint_) : std::nullopt;
  if (there) device_number_ = there->device;
}

Result<Mount::Device> Supervised::attach() {
  channel_.send(Message::Kind::prepared);
  auto order = channel_.receive();
  if (!order || order->kind != Message::Kind::go || order->descriptors.empty())
    return Error{Errc::cancelled, "the supervisor has no mount to serve"};
  device_ = std::move(order->descriptors.front());
  order->descriptors.erase(order->descriptors.begin());
  locks_ = std::move(order->descriptors);
  const auto there = find_mount(mountpoint_);
  if (there) device_number_ = there->device;
  return Mount::Device{.descriptor = device_.get(),
                       .hand_over = hand_over_.connection(),
                       .may_repeat = (order->code & Message::kFailUnderWay) == 0};
}

void Supervised::hold_locks(const std::vector<int>& locks) {
  channel_.send(Message::Kind::holds, 0, {}, locks);
}

void Supervised::serving() {
  ready_();
  channel_.send(Message::Kind::serving);
}

bool Supervised::is_to_step_down() {
  const auto order = channel_.receive();
  return order ? order->kind == Message::Kind::step_down : kept_elsewhere_;
}

void Supervised::ended() {
  if (!channel_.send(Message::Kind::ended)) take_mount_away();
}

void Supervised::failed(const Exit& exit) {
  if (!channel_.send(Message::Kind::failed, static_cast<std::uint32_t>(exit.code), exit.message))
    take_mount_away();
}

void Supervised::take_mount_away() {
  if (kept_elsewhere_) return;
  log::warning("the supervisor is gone: unmounting");
  device_.reset();
  const auto there = find_mount(mountpoint_);
  if (!there || there->type != kMountType) return;
  // A mount that was made for this server before it was told of it, or the one that it was told of.
  if (device_number_.empty() || there->device == device_number_) detach(mountpoint_);
}

}  // namespace mediafs
