#include "cli/floor_options.h"

#include <algorithm>
#include <thread>

#include "cli/descriptors.h"

namespace mediafs {

namespace {

/// Handlers do not wait for the network, so a few threads are enough; more than those that may be in the
/// cache, whose disk may hang, by two.
unsigned worker_threads() {
  return std::clamp(std::thread::hardware_concurrency(), 4U, 8U);
}
unsigned threads_in_the_cache() {
  return worker_threads() - 2;
}

}  // namespace

std::unordered_set<Revision> versions_of(const OpenFiles& open_files) {
  std::unordered_set<Revision> versions;
  for (const OpenFiles::File& file : open_files.all()) versions.insert(file.version);
  return versions;
}

Mount::Options mount_options(const MountCommand& command) {
  return {.mountpoint = command.mountpoint,
          .owner = command.uid,
          .group = command.gid,
          .file_mode = command.file_mode,
          .directory_mode = command.dir_mode,
          .workers = worker_threads()};
}

HttpClient::Options http_options(const MountCommand& command, std::uint64_t descriptors) {
  // A transfer that stalls is ended early enough to be continued before the deadline.
  const auto third = std::chrono::duration_cast<std::chrono::seconds>(command.deadline / 3);
  const HttpClient::Options usual;
  return {.ca_file = command.cacert,
          .proxy = command.proxy,
          .connections = connections_for(descriptors),
          .stall_timeout = std::clamp(third, std::chrono::seconds(1), usual.stall_timeout)};
}

ApiClient::Options api_options(const MountCommand& command, const BaseUrl& base,
                               const Credentials& credentials) {
  return {.base = base,
          .credentials = credentials,
          .require_signature = command.require_signature,
          .verify_signatures = command.verify_signatures};
}

MediaStore::Options media_options(const MountCommand& command, const OpenFiles& open_files,
                                  ServedFingerprints& served_fingerprints) {
  return {.deadline = command.deadline,
          .negative_ttl = command.negative_ttl,
          .max_unsized = command.max_unsized,
          .seek = !command.require_signature,
          .revalidate = command.revalidate,
          .lookups = threads_in_the_cache(),
          .served_fingerprints = &served_fingerprints,
          .in_use = versions_of(open_files),
          .memory = command.memory};
}

ListingStore::Options listing_options(const MountCommand& command) {
  return {.deadline = command.deadline, .ttl = command.listing_ttl, .negative_ttl = command.negative_ttl};
}

Filesystem::Options filesystem_options(const MountCommand& command, bool taken_over) {
  return {.fetch_ahead = command.prefetch,
          .negative_ttl = command.negative_ttl,
          .listing_ttl = command.listing_ttl,
          .sessions_file = command.sessions,
          .taken_over = taken_over};
}

}  // namespace mediafs
