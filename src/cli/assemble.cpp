#include "cli/assemble.h"

#include <malloc.h>
#include <pthread.h>

#include <csignal>
#include <memory>

#include <fmt/format.h>

#include "mediafs/api/api_client.h"
#include "mediafs/base/log.h"
#include "mediafs/base/timer.h"
#include "mediafs/cache/cache.h"
#include "mediafs/crypto/digest.h"
#include "mediafs/filesystem/filesystem.h"
#include "mediafs/http/http_client.h"
#include "mediafs/mount/mount.h"
#include "mediafs/store/catalog.h"
#include "mediafs/store/listing_store.h"
#include "mediafs/store/media_store.h"

namespace mediafs {

namespace {

constexpr std::chrono::seconds kReachWithin{5};
constexpr std::chrono::seconds kReachWithinWhenKnown{1};

/// Threads inherit the mask; Mount::run lets the signals in where it waits for them.
void block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

/// LMDB allocates the pages of each record that it writes. Were they given back to the kernel each time,
/// every page would be faulted in and cleared anew: a fifth of what writing a chunk costs.
void keep_freed_memory() {
  ::mallopt(M_MMAP_THRESHOLD, 1024 * 1024);
  ::mallopt(M_TRIM_THRESHOLD, 8 * 1024 * 1024);  // twice what a batch of the writer takes
}

/// One directory for each API and key, so that integrations never mix; its name tells neither.
std::string cache_directory(const MountCommand& command, const BaseUrl& base,
                            const Credentials& credentials) {
  const SecretString identity(
      fmt::format("mediafs cache\n{}\n{}", base.text(), credentials.api_key.reveal()));
  const crypto::Digest digest = crypto::sha256(bytes_of(identity.reveal()));
  return command.cache_dir + "/" + to_hex(ByteView(digest).first(16));
}

/// The cache, or null where there is to be none; an Exit where another server has it.
std::optional<Exit> open_cache(const MountCommand& command, const BaseUrl& base,
                               const Credentials& credentials, std::unique_ptr<Cache>& cache) {
  if (command.no_cache) return std::nullopt;
  auto opened = Cache::open(
      {.directory = cache_directory(command, base, credentials), .size_limit = command.cache_size},
      credentials.shared_secrets);
  if (opened) {
    cache = *std::move(opened);
    return std::nullopt;
  }
  if (opened.error().code == Errc::unavailable) {
    return Exit{ExitCode::cache_in_use,
                "another server uses this cache: give this mount its own with --cache-dir, or --no-cache"};
  }
  log::warning("no cache: {}", opened.error().context);
  fmt::print(stderr, "mediafs: going on without a cache: {}\n", opened.error().context);
  return std::nullopt;
}

/// What is known can be read with the API away; with nothing known there is nothing to mount for.
std::optional<Exit> check_api(const MountCommand& command, const BaseUrl& base, bool something_known) {
  const Status reachable =
      check_reachable(base.text(), command.proxy, something_known ? kReachWithinWhenKnown : kReachWithin);
  if (reachable) return std::nullopt;
  const std::string what =
      fmt::format("the API at {} cannot be reached: {}", base.text(), reachable.error().context);
  if (!something_known) return Exit{ExitCode::unreachable, what};
  log::warning("{}; what is cached can be read", what);
  fmt::print(stderr, "mediafs: {}; what is cached can be read\n", what);
  return std::nullopt;
}

Mount::Options mount_options(const MountCommand& command, const BaseUrl& base) {
  return {.mountpoint = command.mountpoint,
          .source = base.text(),
          .allow_other = command.allow_other,
          .owner = command.uid,
          .group = command.gid,
          .file_mode = command.file_mode,
          .directory_mode = command.dir_mode};
}

MediaStore::Options media_options(const MountCommand& command) {
  return {.deadline = command.deadline,
          .negative_ttl = command.negative_ttl,
          .max_unsized = command.max_unsized,
          .seek = !command.require_signature,
          .memory = command.memory};
}

ListingStore::Options listing_options(const MountCommand& command) {
  return {.deadline = command.deadline, .ttl = command.listing_ttl, .negative_ttl = command.negative_ttl};
}

Filesystem::Options filesystem_options(const MountCommand& command) {
  return {.fetch_ahead = command.prefetch,
          .negative_ttl = command.negative_ttl,
          .listing_ttl = command.listing_ttl,
          .sessions_file = command.sessions};
}

/// What comes up from below: changes that the kernel has to be told of.
void connect(Mount& mount, Filesystem& filesystem, MediaStore& store) {
  filesystem.on_new_attributes([&mount](NodeNumber node) { mount.refresh_attributes(node); });
  filesystem.on_gone(
      [&mount](NodeNumber directory, const std::string& name) { mount.forget_name(directory, name); });
  store.on_change([&filesystem](const MediaId& id) { filesystem.media_changed(id); });
}

}  // namespace

Exit serve(const MountCommand& command, const BaseUrl& base, Credentials credentials, const Ready& ready) {
  if (!log::set_up(command.log))
    return {ExitCode::usage, "the log file cannot be written: " + command.log.file};
  block_signals();
  keep_freed_memory();
  std::unique_ptr<Cache> cache;
  if (auto exit = open_cache(command, base, credentials, cache)) return *exit;
  Catalog catalog(cache.get());
  if (auto exit = check_api(command, base, !catalog.empty())) return *exit;

  Timer timer;
  HttpClient http({.ca_file = command.cacert, .proxy = command.proxy});
  ApiClient api(
      {.base = base, .credentials = std::move(credentials), .require_signature = command.require_signature},
      http, timer);
  MediaStore store(media_options(command), api, cache.get(), catalog, timer);
  ListingStore listings(listing_options(command), api, catalog, timer);
  Filesystem filesystem(filesystem_options(command), catalog, store, listings);
  auto mount = Mount::open(mount_options(command, base), filesystem, timer);
  if (!mount)
    return {ExitCode::mount_refused, fmt::format("{}: {}", command.mountpoint, mount.error().context)};
  connect(**mount, filesystem, store);

  log::info("mounted");
  const auto answer_everybody = [&] {
    store.stop();
    listings.stop();
  };
  const bool ended_well = (*mount)->run(ready, answer_everybody);
  // From the top: nobody waits any more, nothing comes any more, no job is left; then the floors go by
  // themselves.
  http.stop();
  timer.stop();
  log::info("unmounted");
  return {ended_well ? ExitCode::ok : ExitCode::internal, {}};
}

}  // namespace mediafs
