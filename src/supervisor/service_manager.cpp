#include "mediafs/supervisor/service_manager.h"

#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include <fmt/format.h>

#include "mediafs/mount/fusermount.h"

namespace mediafs {

namespace {

constexpr const char* kSystemd = "org.freedesktop.systemd1";

std::string variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): there is one thread
  return value == nullptr ? "" : value;
}

using Bus = std::unique_ptr<sd_bus, decltype(&sd_bus_flush_close_unref)>;
using Reply = std::unique_ptr<sd_bus_message, decltype(&sd_bus_message_unref)>;
using Text = std::unique_ptr<char, decltype(&std::free)>;

/// That of the manager whose service this is: the system's, or a user's.
Bus open_bus() {
  char* unit = nullptr;
  const bool is_users = sd_pid_get_user_unit(0, &unit) >= 0;
  const Text unit_owner(unit, &std::free);
  sd_bus* bus = nullptr;
  static_cast<void>(is_users ? sd_bus_open_user(&bus) : sd_bus_open_system(&bus));
  return {bus, &sd_bus_flush_close_unref};
}

/// "start", "stop", "restart", …; empty: there is no job, or it cannot be told.
std::string type_of_our_job() {
  const Bus bus = open_bus();
  if (!bus) return {};
  sd_bus_message* message = nullptr;
  if (sd_bus_call_method(bus.get(), kSystemd, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
                         "GetUnitByPID", nullptr, &message, "u", static_cast<std::uint32_t>(::getpid())) < 0)
    return {};
  const Reply found(message, &sd_bus_message_unref);
  const char* unit = nullptr;
  if (sd_bus_message_read(found.get(), "o", &unit) < 0) return {};
  if (sd_bus_get_property(bus.get(), kSystemd, unit, "org.freedesktop.systemd1.Unit", "Job", nullptr,
                          &message, "(uo)") < 0)
    return {};
  const Reply property(message, &sd_bus_message_unref);
  std::uint32_t number = 0;  // 0: there is none
  const char* job = nullptr;
  if (sd_bus_message_read(property.get(), "(uo)", &number, &job) < 0 || number == 0) return {};
  char* type = nullptr;
  if (sd_bus_get_property_string(bus.get(), kSystemd, job, "org.freedesktop.systemd1.Job", "JobType", nullptr,
                                 &type) < 0)
    return {};
  const Text owner(type, &std::free);
  return type;
}

}  // namespace

ServiceManager::ServiceManager()
    : there_(!variable("NOTIFY_SOCKET").empty()),
      keeps_(there_ && std::atoi(variable("FDSTORE").c_str()) > 0) {
  char** names = nullptr;
  const int count = sd_listen_fds_with_names(/*unset_environment=*/1, &names);
  for (int i = 0; i < count; ++i) {
    const Text name(names[i], &std::free);
    kept_.emplace_back(name.get(), UniqueFd(SD_LISTEN_FDS_START + i));
  }
  std::free(names);  // NOLINT(cppcoreguidelines-no-malloc,hicpp-no-malloc): sd_listen_fds(3) says so
}

void ServiceManager::tell(const std::string& state, const std::vector<int>& descriptors) const {
  // What it returns is ignored, as sd_notify(3) advises.
  sd_pid_notify_with_fds(0, /*unset_environment=*/0, state.c_str(), descriptors.data(),
                         static_cast<unsigned>(descriptors.size()));
}

void ServiceManager::keep(const std::string& name, int descriptor) const {
  tell(fmt::format("FDSTORE=1\nFDPOLL=0\nFDNAME={}", name), {descriptor});
}

void ServiceManager::forget(const std::string& name) const {
  tell(fmt::format("FDSTOREREMOVE=1\nFDNAME={}", name));
}

bool ServiceManager::has_kept(const std::string& name) const {
  return std::ranges::any_of(kept_, [&](const auto& kept) { return kept.first == name; });
}

std::optional<UniqueFd> ServiceManager::take_kept(const std::string& name) {
  const auto found = std::ranges::find(kept_, name, &std::pair<std::string, UniqueFd>::first);
  if (found == kept_.end()) return std::nullopt;
  UniqueFd descriptor = std::move(found->second);
  kept_.erase(found);
  return descriptor;
}

void ServiceManager::forget_kept() {
  for (const auto& [name, descriptor] : kept_) forget(name);
  kept_.clear();
}

bool ServiceManager::is_restarting_us() const {
  // In a child, which is given up after two seconds.
  return there_ && in_child([] { return type_of_our_job() == "restart" ? 1 : 0; }) == 1;
}

}  // namespace mediafs
