#include "cli/command_line.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/cache_options.h"
#include "cli/config_file.h"
#include "cli/default_places.h"
#include "cli/help.h"
#include "cli/mount_arguments.h"
#include "cli/option_types.h"

namespace mediafs {

namespace {

constexpr std::string_view kConfigIs = "--config=";

/// A mistake on the command line or in the file that it names, in words.
Error mistake(std::string what) {
  return {Errc::invalid_argument, std::move(what)};
}

/// The path behind the last --config; `arguments` loses it. Empty: there is none.
Result<std::string> take_config_path(Arguments& arguments) {
  std::string path;
  Arguments others;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const bool separate = arguments[i] == "--config";
    if (separate && i + 1 == arguments.size()) return mistake("--config: the name of a file is missing");
    if (separate) {
      path = arguments[++i];
      if (path.empty()) return mistake("--config: the value is empty");
    } else if (arguments[i].starts_with(kConfigIs)) {
      path = arguments[i].substr(kConfigIs.size());
    } else {
      others.push_back(arguments[i]);
    }
  }
  arguments = std::move(others);
  return path;
}

/// The line as an argument; what is wrong with it, where no option takes it.
Result<std::string> argument_of(const ConfigLine& line) {
  CLI::App app;
  MountCommand mount;
  std::string config;
  const CLI::App* const command = add_mount_command(app, mount, config);
  const CLI::Option* const option = command->get_option_no_throw("--" + line.name);
  if (option == nullptr || option == command->get_help_ptr())
    return mistake(fmt::format("there is no option '{}'", line.name));
  const bool is_flag = option->get_expected_max() == 0;
  if (!is_flag && !line.value) return mistake(fmt::format("{}: the value is missing", line.name));
  const std::string argument = line.value ? fmt::format("--{}={}", line.name, *line.value) : "--" + line.name;
  try {
    app.parse(Arguments{"/", "https://h", argument, "mount"});  // CLI11 takes them from the back
  } catch (const CLI::ParseError& fault) {
    return mistake(fault.what());
  }
  return argument;
}

/// What stands in the file, as arguments. An error names the file and the line.
Result<Arguments> arguments_in(const std::string& path) {
  const auto text = read_config(path);
  if (!text) return text.error();
  auto lines = parse_config(*text);
  if (!lines) return mistake(fmt::format("{}:{}", path, lines.error().context));
  Arguments arguments;
  for (const ConfigLine& line : *lines) {
    auto argument = argument_of(line);
    if (!argument) return mistake(fmt::format("{}:{}: {}", path, line.number, argument.error().context));
    arguments.push_back(*std::move(argument));
  }
  return arguments;
}

/// The mount point that the file names, as an argument.
Result<std::string> mountpoint_in(const std::string& path) {
  const auto text = read_config(path);
  if (!text) return text.error();
  const auto lines = parse_config(*text);
  if (!lines) return mistake(fmt::format("{}:{}", path, lines.error().context));
  const auto last = std::find_if(lines->rbegin(), lines->rend(),
                                 [](const ConfigLine& line) { return line.name == "mountpoint"; });
  if (last == lines->rend() || !last->value)
    return mistake(fmt::format("the configuration file {} names no mountpoint", path));
  return *last->value;
}

/// The mount that a file describes.
Result<MountCommand> mount_in(const Arguments& from_file) {
  CLI::App app;
  MountCommand mount;
  std::string config;
  add_mount_command(app, mount, config);
  Arguments words{"/", "https://h"};  // CLI11 takes them from the back
  words.insert(words.end(), from_file.rbegin(), from_file.rend());
  words.emplace_back("mount");
  try {
    app.parse(words);
  } catch (const CLI::ParseError& fault) {
    return mistake(fault.what());
  }
  return mount;
}

/// What the cache commands take of the mount's options. They have no use for a mount without a cache.
Result<Arguments> cache_arguments(const Arguments& from_file, const Arguments& arguments) {
  const auto mount = mount_in(from_file);
  if (!mount) return mount.error();
  const bool names_another = std::ranges::any_of(arguments, [](const std::string& word) {
    return word == "--cache-dir" || word.starts_with("--cache-dir=");
  });
  if (mount->no_cache && !names_another) return mistake("the configuration file has no-cache: there is none");
  Arguments taken;
  if (!mount->cache_dir.empty()) taken.push_back("--cache-dir=" + mount->cache_dir);
  if (!mount->credentials.empty()) taken.push_back("--credentials=" + mount->credentials);
  return taken;
}

/// The command has an argument.
bool names_a_place(const Arguments& arguments) {
  return std::any_of(arguments.begin() + 1, arguments.end(),
                     [](const std::string& word) { return !word.starts_with('-') || word == "--"; });
}

/// Options of the config file go in front of the others, in its place, so that the command line has the last
/// word.
Result<Arguments> with_config(Arguments arguments) {
  const std::string command = arguments.front();
  const bool is_on_mount = command == "unmount" || command == "upgrade" || command == "status";
  const bool is_on_cache = command == "cache";
  if (command != "mount" && command != "doctor" && !is_on_cache && !is_on_mount) return arguments;
  const auto path = take_config_path(arguments);
  if (!path) return path.error();
  if (path->empty() || (is_on_mount && names_a_place(arguments))) return arguments;
  if (is_on_mount) {
    auto mountpoint = mountpoint_in(*path);
    if (!mountpoint) return mountpoint.error();
    arguments.push_back(*std::move(mountpoint));
    return arguments;
  }
  auto from_file = arguments_in(*path);
  if (!from_file) return from_file.error();
  if (is_on_cache) from_file = cache_arguments(*from_file, arguments);
  if (!from_file) return from_file.error();
  arguments.insert(arguments.begin() + 1, from_file->begin(), from_file->end());
  return arguments;
}

/// The daemon's working directory is /: what is relative means the caller's.
void make_absolute(std::string& path, const std::string& directory) {
  if (path.empty()) return;
  path = (std::filesystem::path(directory) / path).lexically_normal().string();
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
}

/// What of URL and mount point is no argument is an option's.
std::optional<Exit> settle_places(MountCommand& command) {
  if (command.mountpoint.empty()) {
    const bool is_url = command.url.find("://") != std::string::npos;
    command.mountpoint = is_url ? command.usual_mountpoint : std::exchange(command.url, {});
    if (command.mountpoint.empty()) command.mountpoint = command.usual_mountpoint;
  }
  if (command.url.empty()) command.url = command.usual_url;
  if (command.url.empty()) return Exit{ExitCode::usage, "the API URL is missing (https://…)"};
  if (command.mountpoint.empty()) return Exit{ExitCode::usage, "the mount point is missing"};
  return std::nullopt;
}

/// With defaults and paths as they are meant.
MountCommand with_paths(MountCommand command) {
  if (command.cache_dir.empty() && !command.no_cache) command.cache_dir = default_cache_dir();
  if (command.cache_dir.empty()) command.no_cache = true;
  for (std::string* path : {&command.mountpoint, &command.credentials, &command.cacert, &command.cache_dir,
                            &command.sessions, &command.log.file}) {
    make_absolute(*path, command.directory);
  }
  command.log.to_syslog = !command.foreground;
  return command;
}

Command completed(MountCommand command) {
  if (auto exit = settle_places(command)) return *exit;
  return with_paths(std::move(command));
}

Command completed(DoctorCommand command) {
  static_cast<void>(settle_places(command.mount));  // it says itself what is missing
  return DoctorCommand{with_paths(std::move(command.mount))};
}

Command completed(CacheCommand command, const std::string& directory) {
  const CacheRequest& request = command.request;
  if (request.action == CacheRequest::Action::erase && request.media.empty() && request.sessions.empty())
    return Exit{ExitCode::usage, "what to erase is missing: an ID, or --session ID"};
  if (command.cache_dir.empty()) command.cache_dir = default_cache_dir();
  if (command.cache_dir.empty()) return Exit{ExitCode::usage, "no --cache-dir, and no home directory"};
  make_absolute(command.cache_dir, directory);
  make_absolute(command.credentials, directory);
  return command;
}

CLI::App* add_command_on_mount(CLI::App& app, const std::string& name, std::string& mountpoint,
                               std::string& config, const std::string& help) {
  CLI::App* const command = app.add_subcommand(name, help);
  command->add_option("MOUNTPOINT", mountpoint, "Where it is mounted")->required()->option_text(" ");
  add_text(*command, "--config", "FILE", config, "The mount's file, for the mount point that it names");
  return command;
}

CLI::App* add_status_command(CLI::App& app, StatusCommand& status, std::string& config) {
  CLI::App* const command = app.add_subcommand("status", "Show what mounts do, and how the API does");
  command->add_option("MOUNTPOINT", status.mountpoint, "Where it is mounted (default: each mount there is)")
      ->option_text(" ");
  add_text(*command, "--config", "FILE", config, "The mount's file, for the mount point that it names");
  add_flag(*command, "--json", status.json, "For programs");
  add_flag(*command, "--watch", status.watch, "Again and again, until Ctrl-C");
  add_flag(*command, "--check", status.check,
           "Send the API one request, and fail where readers of new media would");
  return command;
}

/// CLI11 would take the next word for the value of `--name=`.
std::optional<Exit> check_no_empty_value(const Arguments& arguments) {
  for (const std::string& word : arguments) {
    if (word == "--") break;
    if (word.starts_with("--") && word.find('=') == word.size() - 1)
      return Exit{ExitCode::usage, fmt::format("{}: the value is empty", word.substr(0, word.size() - 1))};
  }
  return std::nullopt;
}

/// Nothing: they have been read, those of a --config file among them, as `words` has them.
std::optional<Exit> parse(CLI::App& app, const Arguments& arguments, Arguments& words) {
  if (arguments.empty()) return Exit{ExitCode::usage, "a command is missing\n" + commands_of(app)};
  const std::string first = arguments.front().substr(0, arguments.front().find('='));
  if (app.get_option_no_throw(first) == nullptr && command_of(app, first) == nullptr)
    return no_command(app, fmt::format("'{}' is neither a command nor an API URL (https://…)", first));
  if (auto exit = check_no_empty_value(arguments)) return exit;
  auto with_file = with_config(arguments);
  if (!with_file) return Exit{ExitCode::usage, with_file.error().context};
  words = *std::move(with_file);
  try {
    app.parse(Arguments(words.rbegin(), words.rend()));  // CLI11 takes them from the back
  } catch (const CLI::ParseError& stop) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = app.exit(stop, out, err);
    return code == 0 ? Exit{ExitCode::ok, out.str()}
                     : Exit{ExitCode::usage, err.str() + commands_of(last_parsed(app))};
  }
  return std::nullopt;
}

/// What the arguments are read into.
struct Given {
  MountCommand mount{.uid = ::geteuid(), .gid = ::getegid()};
  std::string config;
  UnmountCommand unmount;
  UpgradeCommand upgrade;
  StatusCommand status;
  DoctorCommand doctor{{.uid = ::geteuid(), .gid = ::getegid()}};
  CacheCommand cache;
  std::vector<std::string> asked;  // behind `help`
};

void add_commands(CLI::App& app, Given& given) {
  app.set_version_flag("--version", MEDIAFS_VERSION, "Print the version and exit");
  app.require_subcommand(1);
  add_mount_command(app, given.mount, given.config);
  CLI::App* const unmount =
      add_command_on_mount(app, "unmount", given.unmount.mountpoint, given.config, "Take a mount down");
  add_flag(*unmount, "--lazy", given.unmount.lazy, "Detach it also while it is in use");
  add_flag(*unmount, "--if-stopped", given.unmount.if_stopped,
           "For ExecStopPost=: only where systemd stops this service, and where nobody serves the mount");
  add_command_on_mount(app, "upgrade", given.upgrade.mountpoint, given.config,
                       "Put another server in the place of a mount's, without anybody noticing");
  add_status_command(app, given.status, given.config);
  add_mount_command(app, given.doctor.mount, given.config, "doctor",
                    "Look at all that a mount with these options needs, without making one");
  add_cache_command(app, given.cache, given.config);
  add_help_command(app, given.asked);
  app.add_subcommand("version", "Print the version");
  lay_out_help(app);
}

/// The one that has been parsed.
Command command_in(const CLI::App& app, Given given, const std::string& directory) {
  if (app.got_subcommand("help")) return help_on(app, given.asked);
  if (app.got_subcommand("version")) return Exit{ExitCode::ok, MEDIAFS_VERSION};
  make_absolute(given.unmount.mountpoint, directory);
  make_absolute(given.upgrade.mountpoint, directory);
  make_absolute(given.status.mountpoint, directory);
  if (app.got_subcommand("unmount")) return given.unmount;
  if (app.got_subcommand("upgrade")) return given.upgrade;
  if (given.status.watch && given.status.check)
    return Exit{ExitCode::usage, "--watch and --check do not go together"};
  if (app.got_subcommand("status")) return given.status;
  if (app.got_subcommand("doctor")) return completed(std::move(given.doctor));
  if (app.got_subcommand("cache")) return completed(std::move(given.cache), directory);
  return completed(std::move(given.mount));
}

}  // namespace

Command parse_command_line(const std::string& program, const Arguments& arguments,
                           const std::string& directory) {
  std::error_code nowhere;
  const std::string here = directory.empty() ? std::filesystem::current_path(nowhere).string() : directory;
  Given given;
  given.mount.directory = given.doctor.mount.directory = here;
  CLI::App app("A read-only file system over an identity-verification media API", "mediafs");
  add_commands(app, given);
  const auto plain = normalised(program, arguments);
  if (!plain) return Exit{ExitCode::usage, plain.error().context};
  if (auto exit = parse(app, *plain, given.mount.words)) return *exit;
  return command_in(app, std::move(given), here);
}

}  // namespace mediafs
