#include "mediafs/supervisor/service_manager.h"

#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-login.h>
#include <unistd.h>

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

/// One conversation with systemd about the service of this process.
class OurService {
 public:
  OurService() : bus_(open_bus()) {
    if (!bus_) return;
    sd_bus_message* message = nullptr;
    if (sd_bus_call_method(bus_.get(), kSystemd, "/org/freedesktop/systemd1",
                           "org.freedesktop.systemd1.Manager", "GetUnitByPID", nullptr, &message, "u",
                           static_cast<std::uint32_t>(::getpid())) < 0)
      return;
    const Reply found(message, &sd_bus_message_unref);
    const char* unit = nullptr;
    if (sd_bus_message_read(found.get(), "o", &unit) >= 0) unit_ = unit;
  }

  /// "start", "stop", "restart", …; empty: there is none. Nothing: systemd does not say.
  [[nodiscard]] std::optional<std::string> job() const {
    sd_bus_message* message = nullptr;
    if (unit_.empty() ||
        sd_bus_get_property(bus_.get(), kSystemd, unit_.c_str(), "org.freedesktop.systemd1.Unit", "Job",
                            nullptr, &message, "(uo)") < 0)
      return std::nullopt;
    const Reply property(message, &sd_bus_message_unref);
    std::uint32_t number = 0;  // 0: there is none
    const char* job = nullptr;
    if (sd_bus_message_read(property.get(), "(uo)", &number, &job) < 0) return std::nullopt;
    if (number == 0) return "";
    char* type = nullptr;
    if (sd_bus_get_property_string(bus_.get(), kSystemd, job, "org.freedesktop.systemd1.Job", "JobType",
                                   nullptr, &type) < 0)
      return std::nullopt;
    const Text owner(type, &std::free);
    return type;
  }

  [[nodiscard]] std::uint32_t descriptors_kept() const {
    std::uint32_t count = 0;
    static_cast<void>(sd_bus_get_property_trivial(bus_.get(), kSystemd, unit_.c_str(),
                                                  "org.freedesktop.systemd1.Service", "NFileDescriptorStore",
                                                  nullptr, 'u', &count));
    return count;
  }

 private:
  const Bus bus_;
  std::string unit_;  // its object path; empty: it cannot be told
};

ServiceJob ask_for_our_job(std::uint32_t descriptors) {
  const OurService service;
  const auto job = service.job();
  if (!job) return ServiceJob::unknown;
  if (*job == "stop") return ServiceJob::stop;
  if (*job != "restart") return ServiceJob::none;
  return service.descriptors_kept() < descriptors ? ServiceJob::restart_without_kept : ServiceJob::restart;
}

}  // namespace

bool is_service() {
  return !variable("NOTIFY_SOCKET").empty();
}

void tell_service_manager(const std::string& state, const std::vector<int>& descriptors) {
  // What it returns is ignored, as sd_notify(3) advises.
  sd_pid_notify_with_fds(0, /*unset_environment=*/0, state.c_str(), descriptors.data(),
                         static_cast<unsigned>(descriptors.size()));
}

ServiceJob job_of_our_service(std::uint32_t descriptors) {
  // In a child, which is given up after two seconds.
  const int said = in_child([&] { return static_cast<int>(ask_for_our_job(descriptors)); });
  return said < 0 ? ServiceJob::unknown : static_cast<ServiceJob>(said);
}

ServiceManager::ServiceManager()
    : there_(is_service()), keeps_(there_ && std::atoi(variable("FDSTORE").c_str()) > 0) {
  char** names = nullptr;
  const int count = sd_listen_fds_with_names(/*unset_environment=*/1, &names);
  for (int i = 0; i < count; ++i) {
    const Text name(names[i], &std::free);
    kept_.push_back({name.get(), UniqueFd(SD_LISTEN_FDS_START + i)});
  }
  // NOLINTNEXTLINE(cppcoreguidelines-no-malloc,hicpp-no-malloc): sd_listen_fds(3) says so
  std::free(static_cast<void*>(names));
}

void ServiceManager::keep(const std::string& name, int descriptor) const {
  tell_service_manager(fmt::format("FDSTORE=1\nFDPOLL=0\nFDNAME={}", name), {descriptor});
}

void ServiceManager::forget(const std::string& name) const {
  tell(fmt::format("FDSTOREREMOVE=1\nFDNAME={}", name));
}

}  // namespace mediafs
