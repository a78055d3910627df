#include "mediafs/supervisor/kept_mount.h"

#include <poll.h>

#include <algorithm>

#include <fmt/format.h>

#include "mediafs/base/log.h"
#include "mediafs/mount/fusermount.h"
#include "mediafs/mount/mount_table.h"
#include "mediafs/supervisor/channel.h"

namespace mediafs {

namespace {

constexpr std::string_view kDevice = "mediafs-fuse-";
constexpr std::string_view kMemory = "mediafs-state-";

/// What the memory's name says of version and size.
std::string version_name(const MountIdentity& identity) {
  return fmt::format("{}{}-{}-", kMemory, Channel::kVersion, identity.hand_over_bytes);
}

/// The first that begins so; empty: there is none.
std::string name_with(std::string_view beginning, const std::vector<std::string>& names) {
  const auto found =
      std::ranges::find_if(names, [&](const std::string& name) { return name.starts_with(beginning); });
  return found == names.end() ? "" : *found;
}

/// Empty where it names none.
std::string number_in(const std::string& name_of_device) {
  if (name_of_device.empty()) return {};
  std::string number = name_of_device.substr(kDevice.size());
  std::ranges::replace(number, '-', ':');
  return number;
}

std::string_view text_of(LastMount what) {
  switch (what) {
    case LastMount::same:
      return "is the one that this start would make";
    case LastMount::gone:
      return "has gone";
    case LastMount::another_version:
      return "is of another version of mediafs";
    case LastMount::another_place:
      return "is at another place";
    case LastMount::other_options:
      return "is of other options";
  }
  return {};
}

/// As long as the kernel's side of it is there, no other mount has its number.
bool is_connected(const UniqueFd& device) {
  pollfd asked{.fd = device.get(), .events = 0, .revents = 0};
  return ::poll(&asked, 1, 0) == 0;
}

}  // namespace

std::string kept_name_of_device(std::string_view number) {
  std::string name = std::string(kDevice).append(number);
  std::ranges::replace(name, ':', '-');
  return name;
}

std::string kept_name_of_memory(const MountIdentity& identity) {
  return version_name(identity) + identity.digest;
}

LastMount judge(const std::vector<std::string>& names, std::string_view mountinfo,
                const std::optional<MountIdentity>& wanted) {
  const std::string number = number_in(name_with(kDevice, names));
  const std::vector<std::string> places = places_of(mountinfo, number);
  if (places.empty()) return LastMount::gone;
  if (!wanted) return LastMount::other_options;
  if (name_with(version_name(*wanted), names).empty()) return LastMount::another_version;
  if (std::ranges::find(places, wanted->mountpoint) == places.end()) return LastMount::another_place;
  const bool same = std::ranges::find(names, kept_name_of_memory(*wanted)) != names.end();
  return same ? LastMount::same : LastMount::other_options;
}

std::optional<KeptMount> take_kept_mount(ServiceManager& service,
                                         const std::optional<MountIdentity>& wanted) {
  std::vector<ServiceManager::Kept> kept = service.take_kept();
  if (kept.empty()) return std::nullopt;
  KeptMount mount;
  std::vector<std::string> names;
  for (ServiceManager::Kept& each : kept) {
    const bool is_device = each.name.starts_with(kDevice);
    if (is_device) mount.number = number_in(each.name);
    (is_device ? mount.device : mount.memory) = std::move(each.descriptor);
    names.push_back(std::move(each.name));
  }
  const std::string mountinfo = is_connected(mount.device) ? mount_table_of("self") : "";
  const LastMount what = judge(names, mountinfo, wanted);
  if (what == LastMount::same) return mount;
  log::warning("the mount of the last start {}: mounting anew", text_of(what));
  for (const std::string& place : places_of(mountinfo, mount.number)) detach(place);
  for (const std::string& name : names) service.forget(name);
  return std::nullopt;
}

}  // namespace mediafs
