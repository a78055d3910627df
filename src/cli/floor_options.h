// What the options of a mount mean to each floor.
#pragma once

#include <cstdint>
#include <unordered_set>

#include "cli/mount_command.h"
#include "mediafs/api/api_client.h"
#include "mediafs/filesystem/filesystem.h"
#include "mediafs/http/http_client.h"
#include "mediafs/mount/mount.h"
#include "mediafs/store/listing_store.h"
#include "mediafs/store/media_store.h"

namespace mediafs {

/// Of what is open.
std::unordered_set<Revision> versions_of(const OpenFiles& open_files);

Mount::Options mount_options(const MountCommand& command);
/// `descriptors`: how many the server may have open.
HttpClient::Options http_options(const MountCommand& command, std::uint64_t descriptors);
ApiClient::Options api_options(const MountCommand& command, const BaseUrl& base,
                               const Credentials& credentials);
MediaStore::Options media_options(const MountCommand& command, const OpenFiles& open_files,
                                  ServedFingerprints& served_fingerprints);
ListingStore::Options listing_options(const MountCommand& command);
Filesystem::Options filesystem_options(const MountCommand& command, bool taken_over);

}  // namespace mediafs
