#include "cli/command_line.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/cache_options.h"
#include "cli/help.h"
#include "cli/option_types.h"

namespace mediafs {

namespace {

constexpr std::string_view kConfigIs = "--config=";
constexpr std::uint64_t kLeastMemory = 16_MiB;
constexpr std::chrono::hours kMostAge{90 * 24};      // as long as the provider keeps media by default
constexpr std::uint64_t kMostCache = 64 * 1024_GiB;  // what the address space has room for

void add_access_options(CLI::App& app, MountCommand& command) {
  add_text(app, "--credentials", command.credentials,
           "File with api_key=… and shared_secret=… lines, mode 0600");
  add_text(app, "--cacert", command.cacert, "CA certificates to trust instead of the system's (PEM)");
  add_text(app, "--proxy", command.proxy, "Proxy URL; the environment's proxy variables are not used");
  app.add_flag("--allow-http", command.allow_http, "Accept http:// to other machines");
  app.add_flag("--require-signature", command.require_signature,
               "Refuse media and listings whose response is not signed");
  static const std::map<std::string, bool> kSignatures{{"verify", true}, {"warn", false}};
  app.add_option("--response-signatures", command.verify_signatures,
                 "verify or warn: refuse a response whose signature does not match, or only log it (verify)")
      ->transform(CLI::CheckedTransformer(kSignatures))
      ->take_last();
  add_duration(app, "--deadline", command.deadline, "The longest that a file operation may wait (30s)");
  add_duration(app, "--negative-ttl", command.negative_ttl, "How long 'no such media' is believed (10s)");
  add_duration(app, "--listing-ttl", command.listing_ttl,
               "How long the listing of a session or attempt is taken for the present state (60s)");
  add_duration(app, "--revalidate", command.revalidate,
               "How old the API's word that a media exists may be when it is opened from the cache (24h)");
  add_size(app, "--max-unsized", command.max_unsized, "Largest body without a length that is accepted (1G)");
}

void add_cache_options(CLI::App& app, MountCommand& command) {
  add_text(app, "--cache-dir", command.cache_dir, "Where the sealed cache is kept (~/.cache/mediafs)");
  app.add_flag("--no-cache", command.no_cache, "Keep nothing on disk");
  add_size(app, "--cache-size", command.cache_size,
           "Largest size of the cache (10G, or a tenth of the free space if that is less)");
  add_duration(app, "--max-age", command.max_age,
               "What is older is erased from the cache (30d, at most 90d)");
  app.add_flag("--cache-any-fs", command.cache_any_fs,
               "Keep the cache also on a network file system or an overlay, where it may be damaged");
  static const std::map<std::string, bool> kShared{{"refuse", false}, {"bypass", true}};
  app.add_option(
         "--cache-shared", command.bypass_shared_cache,
         "refuse or bypass: where another server uses the cache, do not mount, or go on without one (refuse)")
      ->transform(CLI::CheckedTransformer(kShared))
      ->take_last();
  static const std::map<std::string, bool> kSwitch{{"on", true}, {"off", false}};
  app.add_option("--prefetch", command.prefetch,
                 "on or off: fetch the next files of a directory whose files are read in order (on)")
      ->transform(CLI::CheckedTransformer(kSwitch))
      ->take_last();
  add_size(app, "--memory", command.memory, "Memory for media bytes (128M, at least 16M)");
}

void add_view_options(CLI::App& app, MountCommand& command) {
  app.add_flag("--foreground,-f", command.foreground, "Stay in the foreground");
  app.add_flag("!--no-supervisor", command.supervisor,
               "One process alone: nobody starts another server when it ends, and there is no upgrade");
  app.add_flag("--allow-other", command.allow_other, "Let other users in, as the modes say");
  add_text(app, "--sessions", command.sessions,
           "File of session ids, one a line, that are shown from the start; read again when it changes");
  add_parsed(app, "--uid", command.uid, parse_user, "a user's number or name", "Owner of the files (you)");
  add_parsed(app, "--gid", command.gid, parse_group, "a group's number or name",
             "Group of the files (yours)");
  add_parsed(app, "--file-mode", command.file_mode, parse_mode, "an octal mode such as 0400",
             "Mode of files (0400)");
  add_parsed(app, "--dir-mode", command.dir_mode, parse_mode, "an octal mode such as 0500",
             "Mode of directories (0500)");
}

void add_log_options(CLI::App& app, MountCommand& command) {
  static const std::map<std::string, log::Level> kLevels{{"debug", log::Level::debug},
                                                         {"info", log::Level::info},
                                                         {"warning", log::Level::warning},
                                                         {"error", log::Level::error},
                                                         {"off", log::Level::off}};
  static const std::map<std::string, log::Format> kFormats{{"text", log::Format::text},
                                                           {"json", log::Format::json}};
  app.add_option("--log-level", command.log.level, "debug, info, warning, error or off (info)")
      ->transform(CLI::CheckedTransformer(kLevels))
      ->take_last();
  app.add_option("--log-format", command.log.format, "text or json (text)")
      ->transform(CLI::CheckedTransformer(kFormats))
      ->take_last();
  add_text(app, "--log-file", command.log.file,
           "Write the log here (standard error; syslog in the background)");
}

/// Options of the config file go in front of the others, in its place, so that the command line has the last
/// word.
Arguments with_config(const Arguments& arguments) {
  std::string path;
  Arguments others;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const bool separate = arguments[i] == "--config";
    if (separate && i + 1 == arguments.size())
      throw CLI::ArgumentMismatch("--config: a file's name is missing");
    if (separate) {
      path = arguments[++i];
    } else if (arguments[i].starts_with(kConfigIs)) {
      path = arguments[i].substr(kConfigIs.size());
    } else {
      others.push_back(arguments[i]);
    }
  }
  if (path.empty() || arguments.front() != "mount") return arguments;
  std::error_code failed;
  if (!std::filesystem::is_regular_file(path, failed)) throw CLI::FileError("no config file " + path);
  const std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file || !text) throw CLI::FileError("cannot read the config file " + path);
  const auto expanded = expand_config(text.str());
  if (!expanded) throw CLI::ValidationError("--config", expanded.error().context);
  others.insert(others.begin() + 1, expanded->begin(), expanded->end());
  return others;
}

std::string default_cache_dir() {
  if (const char* const xdg = std::getenv("XDG_CACHE_HOME"); xdg != nullptr && *xdg == '/') {
    return std::string(xdg) + "/mediafs";
  }
  if (::geteuid() == 0) return "/var/cache/mediafs";
  const char* const home = std::getenv("HOME");
  return home != nullptr ? std::string(home) + "/.cache/mediafs" : std::string();
}

/// The daemon's working directory is /: what is relative means the caller's.
void make_absolute(std::string& path, const std::string& directory) {
  if (path.empty()) return;
  path = (std::filesystem::path(directory) / path).lexically_normal().string();
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
}

Command completed(MountCommand command) {
  if (command.memory < kLeastMemory) return Exit{ExitCode::usage, "--memory must be at least 16M"};
  if (command.cache_size == 0U || command.cache_size > kMostCache)
    return Exit{ExitCode::usage,
                "--cache-size must be more than nothing (--no-cache keeps nothing) and at most 64T"};
  if (command.deadline <= Duration::zero())
    return Exit{ExitCode::usage, "--deadline must be more than nothing"};
  if (command.max_age <= Duration::zero() || command.max_age > kMostAge)
    return Exit{ExitCode::usage, "--max-age must be more than nothing and at most 90d"};
  if (command.revalidate <= Duration::zero())
    return Exit{ExitCode::usage,
                "--revalidate must be more than nothing: what is erased at the API must go here"};
  if (command.cache_dir.empty() && !command.no_cache) command.cache_dir = default_cache_dir();
  if (command.cache_dir.empty()) command.no_cache = true;
  for (std::string* path : {&command.mountpoint, &command.credentials, &command.cacert, &command.cache_dir,
                            &command.sessions, &command.log.file}) {
    make_absolute(*path, command.directory);
  }
  command.log.to_syslog = !command.foreground;
  return command;
}

Command completed(CacheCommand command, const std::string& directory) {
  if (command.cache_dir.empty()) command.cache_dir = default_cache_dir();
  if (command.cache_dir.empty()) return Exit{ExitCode::usage, "no --cache-dir, and no home directory"};
  make_absolute(command.cache_dir, directory);
  make_absolute(command.credentials, directory);
  return command;
}

void add_mount_command(CLI::App& app, MountCommand& mount, std::string& config) {
  CLI::App* const command = app.add_subcommand("mount", "Mount an API; returns when the mount is ready");
  command->add_option("API_URL", mount.url, "https://HOST[:PORT][/PATH]")->required();
  command->add_option("MOUNTPOINT", mount.mountpoint, "An empty directory")->required();
  command->add_option("--config", config, "File with one option a line, as name=value")->take_last();
  add_view_options(*command, mount);
  add_access_options(*command, mount);
  add_cache_options(*command, mount);
  add_log_options(*command, mount);
  command->footer("-o name=value,… gives the same options, as mount(8) and /etc/fstab do.");
}

CLI::App* add_command_on_mount(CLI::App& app, const std::string& name, std::string& mountpoint,
                               const std::string& help) {
  CLI::App* const command = app.add_subcommand(name, help);
  command->add_option("MOUNTPOINT", mountpoint, "Where it is mounted")->required();
  return command;
}

/// Nothing: they have been read, those of a --config file among them, as `words` has them.
std::optional<Exit> parse(CLI::App& app, const Arguments& arguments, Arguments& words) {
  if (arguments.empty()) return Exit{ExitCode::usage, "a command is missing\n" + commands_of(app)};
  const std::string first = arguments.front().substr(0, arguments.front().find('='));
  if (app.get_option_no_throw(first) == nullptr && command_of(app, first) == nullptr)
    return no_command(app, fmt::format("'{}' is neither a command nor an API URL (https://…)", first));
  try {
    words = with_config(arguments);
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

}  // namespace

Command parse_command_line(const std::string& program, const Arguments& arguments,
                           const std::string& directory) {
  std::error_code nowhere;
  const std::string here = directory.empty() ? std::filesystem::current_path(nowhere).string() : directory;
  MountCommand mount{.uid = ::geteuid(), .gid = ::getegid()};
  mount.directory = here;
  UnmountCommand unmount;
  UpgradeCommand upgrade;
  CacheCommand cache;
  std::string config;

  CLI::App app("A read-only file system over an identity-verification media API", "mediafs");
  app.set_version_flag("--version", MEDIAFS_VERSION, "Print the version and exit");
  app.require_subcommand(1);
  add_mount_command(app, mount, config);
  CLI::App* const unmount_app = add_command_on_mount(app, "unmount", unmount.mountpoint, "Take a mount down");
  unmount_app->add_flag("--lazy", unmount.lazy, "Detach it also while it is in use");
  const CLI::App* const upgrade_app =
      add_command_on_mount(app, "upgrade", upgrade.mountpoint,
                           "Put another server in the place of a mount's, without anybody noticing");
  const CLI::App* const cache_app = add_cache_command(app, cache);
  std::vector<std::string> asked;
  const CLI::App* const help_app = add_help_command(app, asked);
  const CLI::App* const version_app = app.add_subcommand("version", "Print the version");

  const auto plain = normalised(program, arguments);
  if (!plain) return Exit{ExitCode::usage, plain.error().context};
  if (auto exit = parse(app, *plain, mount.words)) return *exit;
  if (help_app->parsed()) return help_on(app, asked);
  if (version_app->parsed()) return Exit{ExitCode::ok, MEDIAFS_VERSION};
  if (unmount_app->parsed()) {
    make_absolute(unmount.mountpoint, here);
    return unmount;
  }
  if (upgrade_app->parsed()) {
    make_absolute(upgrade.mountpoint, here);
    return upgrade;
  }
  if (cache_app->parsed()) return completed(std::move(cache), here);
  return completed(std::move(mount));
}

}  // namespace mediafs
