#include "cli/mount_identity.h"

#include <fmt/format.h>

#include "cli/assemble.h"
#include "cli/hand_over_memory.h"
#include "cli/mount_point.h"
#include "mediafs/crypto/digest.h"

namespace mediafs {

MountIdentity identity_of_mount(const MountCommand& command, const BaseUrl& base,
                                const Credentials& credentials) {
  const std::string mountpoint = resolved(command.mountpoint);
  const std::string cache = command.no_cache ? "" : resolved(command.cache_dir);
  const std::string text =
      fmt::format("mediafs mount\n{}\n{} {} {} {:o} {:o}\n{}\n{}", identity_of(base, credentials),
                  command.allow_other, command.uid, command.gid, command.file_mode, command.dir_mode,
                  to_hex(bytes_of(cache)), to_hex(bytes_of(mountpoint)));
  const crypto::Digest digest = crypto::sha256(bytes_of(text));
  return {.mountpoint = mountpoint,
          .hand_over_bytes = HandOverMemory::size(),
          .digest = to_hex(ByteView(digest).first(16))};
}

}  // namespace mediafs
