#include "cli/assemble.h"

#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>
#include <system_error>
#include <thread>
#include <unordered_set>

#include <fmt/format.h>

#include "cli/api_probe.h"
#include "cli/cache_socket.h"
#include "cli/credentials_watch.h"
#include "cli/descriptors.h"
#include "cli/erase_service.h"
#include "cli/floor_options.h"
#include "cli/key_rotation.h"
#include "cli/monitor.h"
#include "cli/start_warning.h"
#include "cli/units.h"
#include "mediafs/api/api_client.h"
#include "mediafs/base/log.h"
#include "mediafs/base/log_file.h"
#include "mediafs/base/text.h"
#include "mediafs/base/timer.h"
#include "mediafs/cache/cache.h"
#include "mediafs/crypto/digest.h"
#include "mediafs/filesystem/filesystem.h"
#include "mediafs/http/http_client.h"
#include "mediafs/mount/mount.h"
#include "mediafs/mount/mount_table.h"
#include "mediafs/store/catalog.h"
#include "mediafs/store/listing_store.h"
#include "mediafs/store/media_store.h"

namespace mediafs {

namespace {

constexpr Duration kStepDownWithin{2'000};

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

/// A tenth of what would be free without it, so that it does not shrink by what it holds itself.
std::uint64_t reasonable_cache_size(const std::string& directory) {
  constexpr std::uint64_t kEnough = 10_GiB;
  std::error_code failed;
  std::filesystem::path existing = directory;
  while (!std::filesystem::exists(existing, failed) && existing.has_relative_path())
    existing = existing.parent_path();
  const auto space = std::filesystem::space(existing, failed);
  if (failed) return kEnough;
  return std::min(kEnough, (space.available + Cache::bytes_used(directory)) / 10);
}

/// A cache command that has it open lets it go; it may not have been listening at first.
Result<std::unique_ptr<Cache>> take_cache(Cache::Options options, const std::vector<SecretString>& secrets) {
  if (!options.held.empty()) return Cache::open(options, secrets);
  SteadyTime give_up = steady_now() + options.wait;
  options.wait /= 10;
  for (;;) {
    if (ask_to_give_way(options.directory)) give_up = std::max(give_up, steady_now() + 10 * options.wait);
    auto opened = Cache::open(options, secrets);
    const bool taken = !opened && opened.error().code == Errc::unavailable;
    if (!taken || steady_now() >= give_up) return opened;
  }
}

/// The cache, or null where there is to be none; an Exit where another server has it.
std::optional<Exit> open_cache(const MountCommand& command, const std::string& directory,
                               const Credentials& credentials, const std::vector<UniqueFd>& locks,
                               std::unique_ptr<Cache>& cache) {
  if (command.no_cache) return std::nullopt;
  std::vector<int> held;
  held.reserve(locks.size());
  for (const UniqueFd& lock : locks) held.push_back(lock.get());
  auto opened =
      take_cache({.directory = directory,
                  .size_limit = command.cache_size ? *command.cache_size : reasonable_cache_size(directory),
                  .max_age = std::chrono::ceil<std::chrono::seconds>(command.max_age),
                  .api_key = credentials.api_key,
                  .held = held,
                  .any_filesystem = command.cache_any_fs},
                 credentials.shared_secrets);
  if (opened) {
    cache = *std::move(opened);
    return std::nullopt;
  }
  if (opened.error().code == Errc::unavailable && !command.bypass_shared_cache) {
    return Exit{ExitCode::cache_in_use,
                fmt::format("the cache is in use by {}: give this mount its own with --cache-dir, or "
                            "--no-cache, or go on without one with --cache-shared=bypass",
                            holder_of_cache(directory))};
  }
  warn_at_start(command.log, "going on without a cache: " + opened.error().context);
  return std::nullopt;
}

/// What comes up from below: changes that the kernel has to be told of.
/// `chores` is a timer of its own, since to tell the kernel of an erasure waits in the kernel.
void connect(Mount& mount, Filesystem& filesystem, MediaStore& store, EraseService& erase_service,
             Timer& chores) {
  filesystem.on_new_attributes([&mount](NodeNumber node) { mount.refresh_attributes(node); });
  filesystem.on_gone(
      [&mount](NodeNumber directory, const std::string& name) { mount.forget_name(directory, name); });
  store.on_change([&filesystem](const MediaId& id) { filesystem.media_changed(id); });
  store.on_gone([&](const MediaId& id, std::function<void()> then) {
    chores.post([&erase_service, result = filesystem.erase(id), then = std::move(then)] {
      erase_service.finish_erased(result);
      then();
    });
  });
}

/// Null where the credentials come from no file.
std::unique_ptr<CredentialsWatch> watch_credentials(const MountCommand& command, const Credentials& known,
                                                    ApiClient& api, KeyRotation* keys, Timer& timer) {
  auto file = credentials_file(command.credentials);
  if (!file) return nullptr;
  const auto take = [&api, keys](const std::vector<SecretString>& secrets) {
    api.replace_secrets(secrets);
    if (keys != nullptr) keys->rotate_to(secrets);
  };
  return std::make_unique<CredentialsWatch>(*std::move(file), known, timer, take);
}

/// Writes to the disk what has been read, and ends as a crash would: what is under way is left to the next
/// server. Nothing is taken down, since threads may wait in the kernel for that server.
[[noreturn]] void step_down(Cache* cache) {
  if (cache != nullptr) cache->settle_within(kStepDownWithin);
  log::info("another server takes over");
  log::settle();
  ::_exit(static_cast<int>(ExitCode::ok));
}

/// What the floors stand on.
struct Ground {
  const MountCommand& command;
  const BaseUrl& base;
  const Credentials& credentials;
  const std::string& cache_directory;
  Cache* cache = nullptr;  // null: there is none
  Catalog& catalog;
  OpenFiles& open_files;
  ServedFingerprints& served_fingerprints;
  MountOwner& mount_owner;
  const Mount::Device& device;
  std::uint64_t descriptors = 0;  // that may be open
};

/// From the http client up; each stands on those before it.
struct Floors {
  explicit Floors(const Ground& on)
      : http(http_options(on.command, on.descriptors)),
        api(api_options(on.command, on.base, on.credentials), http, timer),
        store(media_options(on.command, on.open_files, on.served_fingerprints), api, on.cache, on.catalog,
              timer),
        listings(listing_options(on.command), api, on.catalog, timer),
        filesystem(filesystem_options(on.command, on.mount_owner.takes_over()), on.catalog, store, listings,
                   on.open_files, timer.clock()) {}

  /// Answers all who wait, and asks for nothing more.
  void stop_asking() {
    store.stop();
    listings.stop();
  }
  /// After this no answer comes and no job runs, and the members can be destroyed, from the top.
  void stop() {
    http.stop();
    timer.stop();
  }

  TimerThread timer;
  HttpClient http;
  ApiClient api;
  MediaStore store;
  ListingStore listings;
  Filesystem filesystem;
};

/// Ends the jobs of these timers before what they use is destroyed.
class TimersEnd {
 public:
  TimersEnd(TimerThread& one, TimerThread& other) : one_(one), other_(other) {}
  ~TimersEnd() {
    one_.stop();
    other_.stop();
  }
  TimersEnd(const TimersEnd&) = delete;
  TimersEnd& operator=(const TimersEnd&) = delete;

 private:
  TimerThread& one_;
  TimerThread& other_;
};

std::string in_words(const Ground& on) {
  const std::string cache = on.cache == nullptr ? std::string("no cache")
                                                : fmt::format("cache {} of at most {}", on.cache_directory,
                                                              size_text(on.cache->stats().limit));
  return fmt::format("{} at {}, version {}, {}", on.base.text(), on.command.mountpoint, MEDIAFS_VERSION,
                     cache);
}

Monitor::Watched watched(const Ground& on, Floors& floors, const Mount& mount, EraseService& erase_service) {
  return {.command = on.command,
          .base = on.base,
          .credentials = on.credentials,
          .api = floors.api,
          .store = floors.store,
          .open_files = on.open_files,
          .cache = on.cache == nullptr
                       ? std::nullopt
                       : std::optional(control_of(*on.cache, erase_service, on.command.mountpoint)),
          .cache_directory = on.cache_directory,
          .mount = mount,
          .erase_service = erase_service};
}

/// A mount that is there already goes on without what it cannot have.
std::optional<Exit> start(Monitor& monitor, const Ground& on) {
  const auto there = find_mount(on.command.mountpoint);
  auto exit = monitor.start(there ? there->device : "none");
  if (!exit || !on.mount_owner.takes_over()) return exit;
  log::warning("{}", exit->message);
  return std::nullopt;
}

/// For as long as the mount is there.
Exit run_mounted(const Ground& on) {
  Floors floors(on);
  auto mount = Mount::open(mount_options(on.command), on.device, floors.filesystem, floors.timer);
  if (!mount)
    return {ExitCode::mount_refused, fmt::format("{}: {}", on.command.mountpoint, mount.error().context)};
  TimerThread chores;    // what may wait for the disk or the kernel, and nobody waits for
  TimerThread watching;  // what may wait for the credentials file, whose disk may hang
  EraseService erase_service(floors.filesystem, on.cache, **mount);
  Monitor monitor(watched(on, floors, **mount, erase_service), on.mount_owner, watching);
  std::optional<KeyRotation> keys;
  std::unique_ptr<CredentialsWatch> watch;
  const TimersEnd timers_end(chores, watching);  // also where no thread can be made for the mount
  connect(**mount, floors.filesystem, floors.store, erase_service, chores);
  if (on.cache != nullptr) keys.emplace(*on.cache, chores).rotate_to(on.credentials.shared_secrets);
  watch = watch_credentials(on.command, on.credentials, floors.api, keys ? &*keys : nullptr, watching);
  log::tell_counts_by(watching);
  if (on.cache != nullptr) erase_what_is_too_old(erase_service, on.command.max_age, chores);
  if (auto exit = start(monitor, on)) return *exit;

  log::info("{}, {}", on.mount_owner.takes_over() ? "serving what another server has left" : "mounted",
            in_words(on));
  const auto end_service = [&](Mount::End why) {
    if (why == Mount::End::ordered && on.mount_owner.is_to_step_down())
      return (*mount)->stop_replying(kStepDownWithin);
    floors.stop_asking();
    // An erasure may wait for the kernel, which is answered as long as there are workers.
    monitor.stop();
    chores.stop();
  };
  const auto serving = [&] { on.mount_owner.serving(), monitor.serving(); };
  const Mount::End end = (*mount)->run(serving, end_service, on.mount_owner.orders());
  if ((*mount)->has_stopped_replying()) step_down(on.cache);
  if (end != Mount::End::failed) on.mount_owner.ended();
  watching.stop();
  floors.stop();
  log::info("unmounted");
  if (end != Mount::End::failed) return {};
  return {ExitCode::internal, "/dev/fuse has failed"};
}

Exit serve_or_throw(const MountCommand& command, const BaseUrl& base, const Credentials& credentials,
                    MountOwner& mount_owner) {
  if (!log::set_up(command.log)) return cannot_log(command);
  block_signals();
  keep_freed_memory();
  const std::uint64_t descriptors = raise_descriptor_limit();
  if (descriptors < kFewestDescriptors)
    return {ExitCode::internal,
            fmt::format("no more than {} files can be open: ulimit -n has to be {} at least", descriptors,
                        kFewestDescriptors)};
  Result<Mount::Device> device = Mount::Device{};
  if (mount_owner.takes_over()) device = mount_owner.attach();
  if (!device) return {ExitCode::internal, device.error().context};
  std::unique_ptr<Cache> cache;
  const std::string directory = command.cache_dir + "/" + identity_of(base, credentials);
  if (auto exit = open_cache(command, directory, credentials, mount_owner.take_locks(), cache)) return *exit;
  if (cache) mount_owner.hold_locks(cache->locks());
  OpenFiles open_files(mount_owner.hand_over_memory().open_files());
  Journal journal(mount_owner.hand_over_memory().journal());
  ServedFingerprints served_fingerprints(mount_owner.hand_over_memory().served_fingerprints());
  const SystemClock clock;
  Catalog catalog({.journal = &journal, .in_use = versions_of(open_files)}, cache.get(), clock);
  if (!mount_owner.takes_over()) {
    if (auto exit = check_api_at_start(command, base, credentials, !catalog.empty())) return *exit;
    device = mount_owner.attach();
    if (!device) return {ExitCode::mount_refused, device.error().context};
  }
  return run_mounted({command, base, credentials, directory, cache.get(), catalog, open_files,
                      served_fingerprints, mount_owner, *device, descriptors});
}

}  // namespace

std::string identity_of(const BaseUrl& base, const Credentials& credentials) {
  const auto identity =
      SecretString::joined({"mediafs cache\n", base.text(), "\n", credentials.api_key.reveal()});
  const crypto::Digest digest = crypto::sha256(bytes_of(identity.reveal()));
  return to_hex(ByteView(digest).first(16));
}

Exit cannot_log(const MountCommand& command) {
  const auto file = open_log_file(command.log.file);
  return {ExitCode::usage, file ? "the log cannot be written" : file.error().context};
}

Exit serve(const MountCommand& command, const BaseUrl& base, const Credentials& credentials,
           MountOwner& mount_owner) {
  try {
    return serve_or_throw(command, base, credentials, mount_owner);
  } catch (const std::system_error& fault) {
    if (fault.code() != std::errc::resource_unavailable_try_again) throw;
    return {ExitCode::internal, "no more threads can be made: ulimit -u or pids.max is too low"};
  }
}

}  // namespace mediafs
