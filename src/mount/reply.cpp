#include "mount/reply.h"

#include <sys/uio.h>

#include <vector>

namespace mediafs {

namespace {

constexpr blksize_t kPreferredRead = 1024 * 1024;  // cp and stdio read in this size

}  // namespace

struct stat stat_of(const Attributes& attributes, const Mount::Options& options) {
  struct stat out{};
  out.st_ino = static_cast<ino_t>(attributes.node);
  out.st_mode = attributes.directory ? S_IFDIR | options.directory_mode : S_IFREG | options.file_mode;
  out.st_nlink = attributes.links;
  out.st_uid = options.owner;
  out.st_gid = options.group;
  out.st_size = static_cast<off_t>(attributes.size);
  out.st_blksize = kPreferredRead;
  out.st_blocks = static_cast<blkcnt_t>((attributes.size + 511) / 512);
  out.st_mtim.tv_sec = out.st_ctim.tv_sec = out.st_atim.tv_sec = attributes.modified;
  return out;
}

void reply_entry(fuse_req_t request, const Attributes& attributes) {
  fuse_entry_param entry{};
  entry.ino = static_cast<fuse_ino_t>(attributes.node);
  entry.attr = stat_of(attributes, serving(request).options);
  entry.attr_timeout = kForever;
  entry.entry_timeout = kForever;
  fuse_reply_entry(request, &entry);
}

// With fuse_reply_err(ENOENT) the kernel would ask again each time; a null node may be remembered.
void reply_no_entry(fuse_req_t request, double believed_for) {
  fuse_entry_param entry{};
  entry.entry_timeout = believed_for;
  fuse_reply_entry(request, &entry);
}

void reply_attributes(fuse_req_t request, const Attributes& attributes) {
  const struct stat attr = stat_of(attributes, serving(request).options);
  fuse_reply_attr(request, &attr, attributes.directory ? 0 : kForever);
}

// Whole reads only: a short reply makes the kernel shrink the file.
void reply_bytes(fuse_req_t request, const Slices& slices) {
  std::vector<iovec> pieces;
  pieces.reserve(slices.size());
  for (const Slice& slice : slices) {
    pieces.push_back(
        {const_cast<std::byte*>(slice.bytes.data()), slice.bytes.size()});  // NOLINT: iovec has no const
  }
  fuse_reply_iov(request, pieces.data(), static_cast<int>(pieces.size()));
}

}  // namespace mediafs
