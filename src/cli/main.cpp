#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "cli/assemble.h"
#include "cli/cache_command.h"
#include "cli/command_line.h"
#include "cli/credentials_source.h"
#include "cli/daemon.h"
#include "cli/mount_identity.h"
#include "cli/mount_point.h"
#include "cli/server.h"
#include "cli/unmount.h"
#include "mediafs/base/log.h"
#include "mediafs/base/text.h"
#include "mediafs/supervisor/kept_mount.h"
#include "mediafs/supervisor/service_manager.h"
#include "mediafs/supervisor/supervisor.h"
#include "mediafs/supervisor/upgrade.h"

namespace mediafs {

namespace {

/// What holds keys and faces leaves no core file, lets nobody attach, and makes no file that others can read.
void harden() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__)  // its leak check attaches to the process
  ::prctl(PR_SET_DUMPABLE, 0);
#endif
  ::umask(077);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGCHLD, SIG_DFL);   // ignored, as some starters leave it, it hides how children end
  ::unsetenv("SSLKEYLOGFILE");  // libcurl would write the session keys there
}

/// Servers and the watch of the file are told of what was found here: the environment has changed for them.
void find_credentials(MountCommand& command) {
  if (!command.credentials.empty()) return;
  command.credentials = credentials_option({});
  if (!command.credentials.empty())
    command.words.insert(command.words.begin() + 1, "--credentials=" + command.credentials);
}

Exit run_mount(MountCommand command) {
  // A stop that comes while this start is young is for the supervisor: it knows what there is to take away.
  if (command.foreground && command.supervisor && is_service()) Supervisor::hold_signals_back();
  ServiceManager service;
  find_credentials(command);
  auto credentials = load_credentials(command.credentials);
  const auto base = BaseUrl::parse(command.url, command.allow_http);
  if (!base) return {ExitCode::bad_url, base.error().context};
  if (base->text().find_first_of(",\\") != std::string::npos) {
    return {ExitCode::bad_url, "the API URL has a comma or backslash in it"};
  }
  if (!credentials) return {ExitCode::credentials, credentials.error().context};
  for (const std::string& doubt : doubts_about(*credentials))
    fmt::print(stderr, "{}mediafs: warning: credentials: {}\n", log::journal_prefix(log::Level::warning),
               doubt);
  if (command.log.to_syslog && command.log.file.empty() && ::access("/dev/log", W_OK) != 0)
    fmt::print(stderr, "mediafs: there is no syslog here (/dev/log): without --log-file nothing is logged\n");
  if (auto exit = check_fuse()) return *exit;
  if (service.is_there() && !log::set_up(command.log)) return cannot_log(command);
  const MountIdentity identity = identity_of_mount(command, *base, *credentials);
  auto kept = take_kept_mount(service, command.supervisor ? std::optional(identity) : std::nullopt);
  if (!kept) {
    if (auto exit = check_mount_point(command.mountpoint, command.no_cache ? "" : command.cache_dir))
      return *exit;
  }
  if (auto exit = check_readable("--cacert", command.cacert)) return *exit;
  if (auto exit = check_readable("--sessions", command.sessions)) return *exit;
  command.mountpoint = identity.mountpoint;
  const auto here = [&](const Ready& ready) {
    return run_mount_here({command, *base, *std::move(credentials), service, identity, std::move(kept)},
                          ready);
  };
  return command.foreground ? here([] {}) : run_in_background(here);
}

Exit run_upgrade(const std::string& mountpoint) {
  const auto mount = find_mount_of_ours(mountpoint);
  if (!mount) return {ExitCode::not_a_mount, fmt::format("{} is not a mount of mediafs", mountpoint)};
  if (auto exit = check_permitted(*mount, mountpoint)) return *exit;
  const auto paused = upgrade_server(mount->device, mount->owner);
  if (!paused) return {ExitCode::no_upgrade, fmt::format("{}: {}", mountpoint, paused.error().context)};
  return {ExitCode::ok, fmt::format("upgraded; nobody was served for {} ms", paused->count())};
}

Exit run(const Command& command) {
  if (const auto* mount = std::get_if<MountCommand>(&command)) return run_mount(*mount);
  if (const auto* unmounting = std::get_if<UnmountCommand>(&command)) {
    return unmounting->if_stopped ? unmount_if_stopped(unmounting->mountpoint)
                                  : unmount(unmounting->mountpoint, unmounting->lazy);
  }
  if (const auto* upgrade = std::get_if<UpgradeCommand>(&command)) return run_upgrade(upgrade->mountpoint);
  if (const auto* status = std::get_if<StatusCommand>(&command)) return run_status_command(*status);
  if (const auto* doctor = std::get_if<DoctorCommand>(&command)) return run_doctor(*doctor);
  if (const auto* cache = std::get_if<CacheCommand>(&command)) return run_cache_command(*cache);
  return std::get<Exit>(command);
}

Exit run(const std::string& program, const Arguments& arguments) {
  if (arguments.size() > 1 && arguments[0] == kServe)
    return run_server(arguments[1], Arguments(arguments.begin() + 2, arguments.end()));
  Exit exit = run(parse_command_line(program, arguments));
  const bool is_service = !arguments.empty() && arguments[0] == "mount";
  // `systemctl status` shows it.
  if (exit.code != ExitCode::ok && is_service)
    tell_service_manager("STATUS=Failed: " + printable(exit.message));
  return exit;
}

/// Each line of it with the priority that the journal reads.
std::string as_error(const std::string& lines) {
  const std::string prefix = log::journal_prefix(log::Level::error);
  std::string out = prefix + "mediafs: ";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    out += lines[i];
    if (lines[i] == '\n' && i + 1 < lines.size()) out += prefix;
  }
  return out;
}

}  // namespace

}  // namespace mediafs

int main(int argc, char** argv) {
  try {
    mediafs::harden();
    const std::string program = argc > 0 ? std::filesystem::path(argv[0]).filename().string() : "mediafs";
    const mediafs::Arguments arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    const mediafs::Exit exit = mediafs::run(program, arguments);
    const bool good = exit.code == mediafs::ExitCode::ok;
    mediafs::log::settle();
    if (!exit.message.empty()) {
      // Some of it may come from a socket, a file or an option.
      const std::string message = mediafs::printable_lines(exit.message);
      fmt::print(good ? stdout : stderr, "{}{}", good ? message : mediafs::as_error(message),
                 message.ends_with('\n') ? "" : "\n");
    }
    const bool told = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
    return static_cast<int>(good && !told ? mediafs::ExitCode::internal : exit.code);
  } catch (const std::exception& fault) {
    std::fputs(mediafs::as_error(mediafs::printable(fault.what())).c_str(), stderr);
    std::fputs("\n", stderr);
    return static_cast<int>(mediafs::ExitCode::internal);
  }
}
