#include "cli/mount_arguments.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/default_places.h"
#include "cli/option_types.h"

namespace mediafs {

namespace {

constexpr std::uint64_t kLeastMemory = 16_MiB;
constexpr std::chrono::hours kMostAge{90 * 24};      // as long as the provider keeps media by default
constexpr std::uint64_t kMostCache = 64 * 1024_GiB;  // what the address space has room for
constexpr Bounds<Duration> kMoreThanNothing{.least = Duration(1), .most = Duration::max()};

void add_access_options(CLI::App& app, MountCommand& command) {
  add_text(app, "--credentials", "FILE", command.credentials, help_on_credentials());
  add_text(app, "--cacert", "FILE", command.cacert, "CA certificates to trust, PEM (default: the system's)");
  add_text(app, "--proxy", "URL", command.proxy,
           "Proxy (default: none; the environment's proxy variables are not used)");
  add_flag(
      app, "--probe", command.probe,
      "Send the API one request before mounting, and do not mount where it does not take the credentials");
  add_flag(app, "--allow-http", command.allow_http, "Accept http:// to other machines");
  add_flag(app, "--require-signature", command.require_signature,
           "Refuse media and listings whose response is not signed");
  add_choice<bool>(app, "--response-signatures", command.verify_signatures,
                   {{"verify", true}, {"warn", false}},
                   "Refuse a response whose signature does not match, or only log it");
  add_duration(app, "--deadline", command.deadline, "The longest that a file operation may wait",
               kMoreThanNothing);
  add_duration(app, "--negative-ttl", command.negative_ttl, "How long 'no such media' is believed");
  add_duration(app, "--listing-ttl", command.listing_ttl,
               "How long the listing of a session or attempt is taken for the present state");
  add_duration(
      app, "--revalidate", command.revalidate,
      "How old the API's word that a media exists may be when it is opened from the cache",
      {.least = Duration(1), .most = Duration::max(), .why = "what is erased at the API must go here"});
  add_size(app, "--max-unsized", command.max_unsized, 'G',
           fmt::format("Largest body without a length that is accepted (default: {})",
                       size_option(command.max_unsized)));
}

void add_cache_options(CLI::App& app, MountCommand& command) {
  add_text(app, "--cache-dir", "DIRECTORY", command.cache_dir, help_on_cache_dir());
  add_flag(app, "--no-cache", command.no_cache, "Keep nothing on disk");
  add_size(app, "--cache-size", command.cache_size, 'G',
           "Largest size of the cache (default: 10G, or a tenth of the free space if that is less)",
           {.least = 1_MiB, .most = kMostCache, .why = "--no-cache keeps nothing"});
  add_duration(app, "--max-age", command.max_age, "What is older is erased from the cache; at most 90d",
               {.least = Duration(1), .most = kMostAge});
  add_flag(app, "--cache-any-fs", command.cache_any_fs,
           "Keep the cache also on a network file system or an overlay, where it may be damaged");
  add_choice<bool>(app, "--cache-shared", command.bypass_shared_cache, {{"refuse", false}, {"bypass", true}},
                   "Where another server uses the cache: do not mount, or go on without one");
  add_choice<bool>(app, "--prefetch", command.prefetch, {{"on", true}, {"off", false}},
                   "Fetch the next files of a directory whose files are read in order",
                   {{"yes", true}, {"no", false}, {"true", true}, {"false", false}});
  add_size(app, "--memory", command.memory, 'M',
           fmt::format("Memory for media bytes, at least {} (default: {})", size_option(kLeastMemory),
                       size_option(command.memory)),
           {.least = kLeastMemory});
}

void add_view_options(CLI::App& app, MountCommand& command) {
  add_flag(app, "--foreground,-f", command.foreground, "Stay in the foreground");
  add_flag(app, "--no-supervisor", command.supervisor,
           "One process alone: nobody starts another server when it ends, and there is no upgrade",
           /*means=*/false);
  add_flag(app, "--allow-other", command.allow_other, "Let other users in, as the modes say");
  add_text(app, "--sessions", "FILE", command.sessions,
           "Session ids, one a line, that are shown from the start; read again when it changes");
  add_parsed(app, "--uid", "USER", command.uid, parse_user, "a user's number or name",
             "Owner of the files (default: you)");
  add_parsed(app, "--gid", "GROUP", command.gid, parse_group, "a group's number or name",
             "Group of the files (default: yours)");
  constexpr const char* kModes = "an octal mode such as 0400, at most 0777";
  add_parsed(app, "--file-mode", "MODE", command.file_mode, parse_mode, kModes,
             fmt::format("Mode of files (default: {:04o})", command.file_mode));
  add_parsed(app, "--dir-mode", "MODE", command.dir_mode, parse_mode, kModes,
             fmt::format("Mode of directories (default: {:04o})", command.dir_mode));
}

void add_log_options(CLI::App& app, MountCommand& command) {
  using log::Format;
  using log::Level;
  add_choice<Level>(app, "--log-level", command.log.level,
                    {{"debug", Level::debug},
                     {"info", Level::info},
                     {"warning", Level::warning},
                     {"error", Level::error},
                     {"off", Level::off}},
                    "What is logged, and what is worse", {{"warn", Level::warning}});
  add_choice<Format>(app, "--log-format", command.log.format,
                     {{"text", Format::text}, {"json", Format::json}}, "Lines for people or for programs");
  add_text(app, "--log-file", "FILE", command.log.file,
           "Write the log here (default: standard error, and in the background syslog)");
  add_text(app, "--metrics", "ADDRESS:PORT", command.metrics,
           "Prometheus metrics over HTTP, by the loopback where only a port is named (default: none)");
}

}  // namespace

CLI::App* add_mount_command(CLI::App& app, MountCommand& command, std::string& config,
                            const std::string& name, const std::string& help) {
  CLI::App* const mount = app.add_subcommand(name, help);
  mount->add_option("API_URL", command.url, "https://HOST[:PORT][/PATH]")->option_text(" ");
  mount->add_option("MOUNTPOINT", command.mountpoint, "An empty directory")->option_text(" ");
  add_text(*mount, "--url", "API_URL", command.usual_url,
           "For a configuration file: the same as the argument");
  add_text(*mount, "--mountpoint", "MOUNTPOINT", command.usual_mountpoint, "Likewise");
  add_text(*mount, "--config", "FILE", config, "File with one option a line, as name=value");
  add_view_options(*mount, command);
  add_access_options(*mount, command);
  add_cache_options(*mount, command);
  add_log_options(*mount, command);
  mount->footer("-o name=value,… gives the same options, as mount(8) and /etc/fstab do.");
  return mount;
}

}  // namespace mediafs
