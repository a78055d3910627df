#include "cli/doctor.h"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "cli/api_probe.h"
#include "cli/credentials_source.h"
#include "cli/descriptors.h"
#include "cli/floor_options.h"
#include "cli/mount_point.h"
#include "cli/units.h"
#include "mediafs/base/log.h"
#include "mediafs/base/parent_directories.h"
#include "mediafs/base/text.h"
#include "mediafs/cache/cache_place.h"
#include "mediafs/control/sockets.h"
#include "mediafs/http/http_client.h"
#include "mediafs/http/url.h"
#include "mediafs/mount/mount_table.h"

namespace mediafs {

namespace {

using Kind = Finding::Kind;

constexpr std::chrono::seconds kConnectWithin{5};
constexpr Duration kDateWithin{10'000};
constexpr UnixSeconds kClockMayDiffer = 30;

Finding good(std::string what, std::string text) {
  return {Kind::good, std::move(what), std::move(text)};
}
Finding bad(std::string what, ExitCode code, std::string text) {
  return {Kind::bad, std::move(what), std::move(text), code};
}
Finding doubtful(std::string what, std::string text) {
  return {Kind::doubtful, std::move(what), std::move(text)};
}
Finding not_looked_at(std::string what, std::string text) {
  return {Kind::not_looked_at, std::move(what), std::move(text)};
}

Finding program() {
  utsname system{};
  ::uname(&system);
  return good("program", fmt::format("mediafs {} on {} {}, user {}", MEDIAFS_VERSION, system.sysname,
                                     system.release, ::geteuid()));
}

Finding fuse() {
  if (const auto exit = check_fuse()) return bad("fuse", exit->code, exit->message);
  return good("fuse", ::geteuid() == 0 ? "/dev/fuse can be opened"
                                       : "/dev/fuse can be opened, and fusermount3 is there");
}

/// fuse.conf(5) in mount.fuse3(8).
std::optional<Finding> allow_other(const MountCommand& command) {
  if (!command.allow_other || ::geteuid() == 0) return std::nullopt;
  std::ifstream file("/etc/fuse.conf");
  for (std::string line; std::getline(file, line);) {
    if (trimmed(line) == "user_allow_other") return good("allow-other", "/etc/fuse.conf lets users do it");
  }
  return bad("allow-other", ExitCode::mount_refused, "a line user_allow_other is missing in /etc/fuse.conf");
}

Finding mount_point(const MountCommand& command) {
  if (command.mountpoint.empty()) return not_looked_at("mount point", "none is named");
  if (find_mount_of_ours(command.mountpoint)) {
    if (is_served(command.mountpoint))
      return good("mount point", fmt::format("{} is mounted: see `mediafs status`", command.mountpoint));
    return doubtful(
        "mount point",
        fmt::format("{} is mounted, and its server does not answer; if it is gone, `mediafs unmount` or "
                    "the next mount clears it",
                    command.mountpoint));
  }
  const auto exit = check_mount_point(command.mountpoint, command.no_cache ? "" : command.cache_dir);
  return exit ? bad("mount point", exit->code, exit->message)
              : good("mount point", command.mountpoint + " is an empty directory");
}

/// By the mount of /: process 1 has the same one, or sees other mounts than this process.
Finding namespaces() {
  const std::string of_first = mount_table_of("1");
  if (of_first.empty()) return not_looked_at("namespace", "process 1 may not be looked at");
  const auto line_of_root = [](const std::string& table) {
    return table.substr(0, std::min(table.find('\n'), table.size()));
  };
  if (line_of_root(of_first) == line_of_root(mount_table_of("self")))
    return good("namespace", "what is mounted here is seen by the whole machine");
  return doubtful("namespace",
                  "this is a mount namespace of its own: only processes in it see what is mounted here");
}

Finding credentials_finding(const MountCommand& command, const Result<Credentials>& credentials) {
  if (!credentials) return bad("credentials", ExitCode::credentials, credentials.error().context);
  const std::vector<std::string> doubts = doubts_about(*credentials);
  const std::size_t secrets = credentials->shared_secrets.size();
  std::string text = fmt::format("a key and {} shared secret{}, from {}", secrets, secrets == 1 ? "" : "s",
                                 command.credentials.empty() ? "the environment" : command.credentials);
  for (const std::string& doubt : doubts) text += "; " + doubt;
  return doubts.empty() ? good("credentials", text) : doubtful("credentials", text);
}

Finding cache(const MountCommand& command) {
  if (command.no_cache) return not_looked_at("cache", "--no-cache");
  const Status place = check_cache_place(command.cache_dir, command.cache_any_fs);
  if (!place)
    return doubtful("cache", fmt::format("a mount would go on without one: {}", place.error().context));
  std::filesystem::path existing = command.cache_dir;
  std::error_code failed;
  while (!std::filesystem::exists(existing, failed) && existing.has_relative_path())
    existing = existing.parent_path();
  const auto space = std::filesystem::space(existing, failed);
  return good("cache", fmt::format("{}, {} free on its disk", command.cache_dir, size_text(space.available)));
}

/// Of the options that name files and an address, those that are in the way.
std::vector<Finding> options(const MountCommand& command) {
  std::vector<Finding> findings;
  const auto add = [&](const std::string& why) { findings.push_back(bad("options", ExitCode::usage, why)); };
  if (const auto exit = check_readable("--cacert", command.cacert)) add(exit->message);
  if (const auto exit = check_readable("--sessions", command.sessions)) add(exit->message);
  if (!command.log.file.empty()) {
    const Status place = check_parent_directories(command.log.file, "the log file");
    if (!place) add(place.error().context);
  }
  const bool is_mounted = find_mount_of_ours(command.mountpoint).has_value();  // and has the address
  if (!command.metrics.empty() && !is_mounted) {
    const auto listening = listen_at_address(command.metrics);
    if (!listening) add("--metrics: " + listening.error().context);
  }
  return findings;
}

Finding limits() {
  const std::uint64_t descriptors = raise_descriptor_limit();
  const std::string text =
      fmt::format("{} open files, {} connections", descriptors, connections_for(descriptors));
  if (descriptors < kFewestDescriptors)
    return bad("limits", ExitCode::internal, text + ": too few (ulimit -n)");
  return good("limits", text);
}

/// Reads the Date of whatever answers.
class DateSink final : public ResponseSink {
 public:
  std::future<std::optional<UnixSeconds>> date() { return promise_.get_future(); }

  Flow on_head(const ResponseHead& head) override {
    if (const auto text = head.find("date")) date_ = parse_http_date(*text);
    return Flow::stop;
  }
  Flow on_body(ByteView /*piece*/) override { return Flow::stop; }
  void on_end(Status /*outcome*/) override { promise_.set_value(date_); }

 private:
  std::optional<UnixSeconds> date_;
  std::promise<std::optional<UnixSeconds>> promise_;
};

Finding clock_of(const MountCommand& command, const BaseUrl& base) {
  HttpClient http(http_options(command, raise_descriptor_limit()));
  const auto sink = std::make_shared<DateSink>();
  auto date = sink->date();
  const auto transfer = http.start({.url = base.text()}, sink);
  if (date.wait_for(kDateWithin) != std::future_status::ready) http.cancel(transfer);
  const auto there = date.get();
  http.stop();
  if (!there) return not_looked_at("clock", "the API sends no Date");
  return clock_finding(SystemClock().wall_seconds(), *there);
}

std::vector<Finding> api(const MountCommand& command, const Result<Credentials>& credentials) {
  if (command.url.empty()) return {not_looked_at("API", "no URL is named")};
  const auto base = BaseUrl::parse(command.url, command.allow_http);
  if (!base) return {bad("API", ExitCode::bad_url, base.error().context)};
  const Status reachable = check_reachable(base->text(), command.proxy, kConnectWithin);
  if (!reachable)
    return {bad("API", ExitCode::unreachable,
                fmt::format("{} cannot be reached: {}", base->text(), reachable.error().context))};
  std::vector<Finding> findings{good("network", base->text() + " can be reached"), clock_of(command, *base)};
  if (!credentials) {
    findings.push_back(not_looked_at("API", "not asked, without credentials"));
    return findings;
  }
  const Exit verdict = probe_api(command, *base, *credentials);
  findings.push_back(verdict.code == ExitCode::ok ? good("API", verdict.message)
                                                  : bad("API", verdict.code, verdict.message));
  return findings;
}

const char* word_of(Kind kind) {
  switch (kind) {
    case Kind::good:
      return "ok";
    case Kind::doubtful:
      return "doubt";
    case Kind::bad:
      return "BAD";
    case Kind::not_looked_at:
      return "-";
  }
  return "";
}

}  // namespace

Finding clock_finding(UnixSeconds here, UnixSeconds there) {
  const UnixSeconds ahead = here - there;
  if (std::abs(ahead) <= kClockMayDiffer) return good("clock", "as the API's");
  return doubtful("clock",
                  fmt::format("{} s {} the API's", std::abs(ahead), ahead > 0 ? "ahead of" : "behind"));
}

std::string report_of(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings)
    text += fmt::format("{:<6}{:<13}{}\n", word_of(finding.kind), finding.what, printable(finding.text));
  const auto bad = std::ranges::count(findings, Kind::bad, &Finding::kind);
  return text +
         (bad == 0 ? "nothing is in the way of a mount\n" : fmt::format("{} in the way of a mount\n", bad));
}

Exit run_doctor(DoctorCommand command) {
  static_cast<void>(log::set_up({.level = log::Level::off}));  // the report says it
  MountCommand& mount = command.mount;
  mount.credentials = credentials_option(mount.credentials);
  const auto credentials = load_credentials(mount.credentials);
  std::vector<Finding> findings{program(), fuse()};
  if (auto finding = allow_other(mount)) findings.push_back(*std::move(finding));
  for (auto finding :
       {mount_point(mount), namespaces(), credentials_finding(mount, credentials), cache(mount), limits()})
    findings.push_back(std::move(finding));
  for (Finding& finding : options(mount)) findings.push_back(std::move(finding));
  for (Finding& finding : api(mount, credentials)) findings.push_back(std::move(finding));
  fmt::print("{}", report_of(findings));
  const auto first = std::ranges::find(findings, Kind::bad, &Finding::kind);
  return {first == findings.end() ? ExitCode::ok : first->code, {}};
}

}  // namespace mediafs
