#include "cli/server.h"

#include <sys/prctl.h>

#include <cstdlib>

#include <fmt/format.h>

#include "cli/argument_list.h"
#include "cli/assemble.h"
#include "cli/credentials_source.h"
#include "cli/mount_owner.h"
#include "mediafs/base/log.h"
#include "mediafs/supervisor/supervisor.h"

namespace mediafs {

namespace {

KernelMount::Options kernel_options(const MountCommand& command, const BaseUrl& base) {
  return {.mountpoint = command.mountpoint, .source = base.text(), .allow_other = command.allow_other};
}

Exit exit_of(const Supervisor::Outcome& outcome, const std::string& mountpoint) {
  switch (outcome.kind) {
    case Supervisor::Outcome::Kind::done:
      return {};
    case Supervisor::Outcome::Kind::mount_refused:
      return {ExitCode::mount_refused, fmt::format("{}: {}", mountpoint, outcome.text)};
    case Supervisor::Outcome::Kind::server_failed:
    case Supervisor::Outcome::Kind::gave_up:
      break;
  }
  return {outcome.code == 0 ? ExitCode::internal : static_cast<ExitCode>(outcome.code), outcome.text};
}

constexpr const char* kProxyVariable = "MEDIAFS_PROXY";  // from a supervisor to its servers

/// A proxy's URL may have a password in it, and anybody can see arguments: it goes by the environment, which
/// nobody else can.
void hand_over_proxy(const MountCommand& command) {
  // NOLINTBEGIN(concurrency-mt-unsafe): before threads start
  if (has_password(command.proxy)) {
    ::setenv(kProxyVariable, command.proxy.c_str(), /*overwrite=*/1);
  } else {
    ::unsetenv(kProxyVariable);
  }
  // NOLINTEND(concurrency-mt-unsafe)
}

std::vector<std::string> servers_arguments(const MountCommand& command) {
  std::vector<std::string> words{"mediafs", kServe, command.directory};
  const std::vector<std::string> given =
      has_password(command.proxy) ? without_option("--proxy", command.words) : command.words;
  words.insert(words.end(), given.begin(), given.end());
  return words;
}

Exit supervise(MountHere mount, const Ready& ready) {
  const MountCommand& command = mount.command;
  Supervisor::Options options{.mount = kernel_options(command, mount.base),
                              .server = servers_arguments(command),
                              .hand_over_bytes = mount.identity.hand_over_bytes,
                              .identity = mount.identity.digest,
                              .kept = std::move(mount.kept)};
  if (!credentials_file(command.credentials)) {
    auto copy = copy_for_servers(mount.credentials);
    if (!copy) return {ExitCode::internal, copy.error().context};
    options.credentials = *std::move(copy);
  }
  hand_over_proxy(command);
  mount.credentials = {};  // what runs from here on has no need of them
  if (!log::set_up(command.log)) return cannot_log(command);
  const SystemClock clock;
  Supervisor supervisor(std::move(options), mount.service, clock);
  return exit_of(supervisor.run(ready), command.mountpoint);
}

Result<Credentials> servers_credentials(const MountCommand& command, const Message& begin) {
  return begin.descriptors.size() > 1 ? read_copy(begin.descriptors[1])
                                      : load_credentials(command.credentials);
}

Exit serve_for(Supervised& supervisor, const MountCommand& command, const Result<Credentials>& credentials) {
  const auto base = BaseUrl::parse(command.url, command.allow_http);
  if (!base) return {ExitCode::bad_url, base.error().context};
  if (!credentials) return {ExitCode::credentials, credentials.error().context};
  return serve(command, *base, *credentials, supervisor);
}

}  // namespace

Exit run_mount_here(MountHere mount, const Ready& ready) {
  if (mount.command.supervisor) return supervise(std::move(mount), ready);
  const auto on_ready = [&] {
    mount.service.tell("READY=1\nSTATUS=Serving");
    ready();
  };
  const auto own = OwnMount::make(kernel_options(mount.command, mount.base), on_ready);
  return own ? serve(mount.command, mount.base, mount.credentials, **own)
             : Exit{ExitCode::internal, own.error().context};
}

Exit run_server(const std::string& directory, const Arguments& arguments) {
  ::prctl(PR_SET_NAME, "mediafs");  // started by a descriptor, it would be called by its number
  Channel channel{UniqueFd(Channel::kServersDescriptor)};
  auto begin = channel.receive();
  if (!begin || begin->kind != Message::Kind::begin || begin->descriptors.empty())
    return {ExitCode::usage, "'serve' is for supervisors of this version of mediafs alone"};
  auto parsed = parse_command_line("mediafs", arguments, directory);
  auto* const command = std::get_if<MountCommand>(&parsed);
  if (command == nullptr) {
    const auto* const mistake = std::get_if<Exit>(&parsed);
    Exit exit = mistake != nullptr ? *mistake : Exit{ExitCode::usage, "not a mount"};
    channel.send(Message::Kind::failed, static_cast<std::uint32_t>(exit.code), exit.message);
    return exit;
  }
  command->mountpoint = begin->text;
  if (const SecretString proxy = take_variable(kProxyVariable); !proxy.empty())
    command->proxy = proxy.reveal();
  const auto credentials = servers_credentials(*command, *begin);
  const Ready ready = command->foreground ? Ready([] {}) : Ready(let_go_of_starter);
  const auto supervisor = Supervised::make(channel, *begin, ready);
  if (!supervisor) {
    channel.send(Message::Kind::failed, static_cast<std::uint32_t>(ExitCode::internal),
                 supervisor.error().context);
    return {ExitCode::internal, {}};
  }
  const Exit exit = serve_for(**supervisor, *command, credentials);
  if (exit.code != ExitCode::ok) (*supervisor)->failed(exit);
  return {exit.code, {}};  // the supervisor tells it
}

}  // namespace mediafs
