#include "cli/command_line.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/units.h"

namespace mediafs {

namespace {

constexpr std::uint64_t kLeastMemory = 16_MiB;
constexpr std::uint64_t kMostCache = 64 * 1024_GiB;  // what the address space has room for

/// An option whose text `parse` turns into a value; `expects` says what was wanted where it cannot.
template <typename Value, typename Parse>
void add_parsed(CLI::App& app, const std::string& name, Value& value, Parse parse, const std::string& expects,
                const std::string& help) {
  app.add_option_function<std::string>(
         name,
         [&value, parse, name, expects](const std::string& text) {
           const auto parsed = parse(text);
           if (!parsed) throw CLI::ValidationError(name, "'" + text + "' is not " + expects);
           value = static_cast<Value>(*parsed);
         },
         help)
      ->take_last();
}

void add_duration(CLI::App& app, const std::string& name, Duration& value, const std::string& help) {
  add_parsed(app, name, value, parse_duration, "a duration such as 500ms, 6s, 5m, 12h or 30d", help);
}

void add_size(CLI::App& app, const std::string& name, std::uint64_t& value, const std::string& help) {
  add_parsed(app, name, value, parse_size, "a size such as 64M or 10G", help);
}

void add_text(CLI::App& app, const std::string& name, std::string& value, const std::string& help) {
  app.add_option(name, value, help)->take_last();
}

void add_access_options(CLI::App& app, MountCommand& command) {
  add_text(app, "--credentials", command.credentials,
           "File with api_key=… and shared_secret=… lines, mode 0600");
  add_text(app, "--cacert", command.cacert, "CA certificates to trust instead of the system's (PEM)");
  add_text(app, "--proxy", command.proxy, "Proxy URL; the environment's proxy variables are not used");
  app.add_flag("--allow-http", command.allow_http, "Accept http:// to other machines");
  app.add_flag("--require-signature", command.require_signature,
               "Refuse media and listings whose response is not signed");
  add_duration(app, "--deadline", command.deadline, "The longest that a file operation may wait (30s)");
  add_duration(app, "--negative-ttl", command.negative_ttl, "How long 'no such media' is believed (10s)");
  add_duration(app, "--listing-ttl", command.listing_ttl,
               "How long the listing of a session or attempt is taken for the present state (60s)");
  add_size(app, "--max-unsized", command.max_unsized, "Largest body without a length that is accepted (1G)");
}

void add_cache_options(CLI::App& app, MountCommand& command) {
  add_text(app, "--cache-dir", command.cache_dir, "Where the sealed cache is kept (~/.cache/mediafs)");
  app.add_flag("--no-cache", command.no_cache, "Keep nothing on disk");
  add_size(app, "--cache-size", command.cache_size, "Largest size of the cache (10G)");
  static const std::map<std::string, bool> kSwitch{{"on", true}, {"off", false}};
  app.add_option("--prefetch", command.prefetch,
                 "on or off: fetch the next files of a directory whose files are read in order (on)")
      ->transform(CLI::CheckedTransformer(kSwitch))
      ->take_last();
  add_size(app, "--memory", command.memory, "Memory for media bytes (128M, at least 16M)");
}

void add_view_options(CLI::App& app, MountCommand& command) {
  app.add_flag("--foreground,-f", command.foreground, "Stay in the foreground");
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

/// Options of the config file go in front of the others, so that the command line has the last word.
Arguments with_config(const Arguments& arguments) {
  const auto last = std::find_if(arguments.rbegin(), arguments.rend(), [](const std::string& word) {
    return word == "--config" || word.starts_with("--config=");
  });
  const auto named = last == arguments.rend() ? arguments.end() : std::prev(last.base());
  if (named == arguments.end() || arguments.front() != "mount") return arguments;
  const bool separate = *named == "--config";
  if (separate && named + 1 == arguments.end())
    throw CLI::ArgumentMismatch("--config: a file's name is missing");
  const std::string path = separate ? *(named + 1) : named->substr(std::string("--config=").size());
  std::error_code failed;
  if (!std::filesystem::is_regular_file(path, failed)) throw CLI::FileError("no config file " + path);
  const std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file || !text) throw CLI::FileError("cannot read the config file " + path);
  const auto expanded = expand_config(text.str());
  if (!expanded) throw CLI::ValidationError("--config", expanded.error().context);
  Arguments out{"mount"};
  out.insert(out.end(), expanded->begin(), expanded->end());
  out.insert(out.end(), arguments.begin() + 1, arguments.end());
  return out;
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
void make_absolute(std::string& path) {
  if (path.empty()) return;
  path = std::filesystem::absolute(path).lexically_normal().string();
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
}

Command completed(MountCommand command) {
  if (command.memory < kLeastMemory) return Exit{ExitCode::usage, "--memory must be at least 16M"};
  if (command.cache_size > kMostCache) return Exit{ExitCode::usage, "--cache-size must be at most 64T"};
  if (command.deadline <= Duration::zero())
    return Exit{ExitCode::usage, "--deadline must be more than nothing"};
  if (command.cache_dir.empty() && !command.no_cache) command.cache_dir = default_cache_dir();
  if (command.cache_dir.empty()) command.no_cache = true;
  for (std::string* path : {&command.mountpoint, &command.credentials, &command.cacert, &command.cache_dir,
                            &command.sessions, &command.log.file}) {
    make_absolute(*path);
  }
  command.log.to_syslog = !command.foreground;
  return command;
}

}  // namespace

Command parse_command_line(const std::string& program, const Arguments& arguments) {
  MountCommand mount{.uid = ::geteuid(), .gid = ::getegid()};
  UnmountCommand unmount;
  std::string config;

  CLI::App app("A read-only file system over an identity-verification media API", "mediafs");
  app.set_version_flag("--version", MEDIAFS_VERSION);
  app.require_subcommand(1);
  CLI::App* const mount_app = app.add_subcommand("mount", "Mount an API; returns when the mount is ready");
  mount_app->add_option("API_URL", mount.url, "https://HOST[:PORT][/PATH]")->required();
  mount_app->add_option("MOUNTPOINT", mount.mountpoint, "An empty directory")->required();
  mount_app->add_option("--config", config, "File with one option a line, as name=value")->take_last();
  add_view_options(*mount_app, mount);
  add_access_options(*mount_app, mount);
  add_cache_options(*mount_app, mount);
  add_log_options(*mount_app, mount);
  mount_app->footer("-o name=value,… gives the same options, as mount(8) and /etc/fstab do.");
  CLI::App* const unmount_app = app.add_subcommand("unmount", "Take a mount down");
  unmount_app->add_option("MOUNTPOINT", unmount.mountpoint, "Where it is mounted")->required();
  unmount_app->add_flag("--lazy", unmount.lazy, "Detach it also while it is in use");

  try {
    const auto plain = normalised(program, arguments);
    if (!plain) return Exit{ExitCode::usage, plain.error().context};
    Arguments words = with_config(*plain);
    std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
    app.parse(words);
  } catch (const CLI::ParseError& stop) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = app.exit(stop, out, err);
    if (code == 0) return Exit{ExitCode::ok, out.str()};
    return Exit{ExitCode::usage, err.str()};
  }
  if (unmount_app->parsed()) {
    make_absolute(unmount.mountpoint);
    return unmount;
  }
  return completed(std::move(mount));
}

}  // namespace mediafs
