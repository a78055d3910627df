#include "mount/reply.h"

#include <sys/uio.h>

#include <vector>

namespace mediafs {

namespace {

constexpr blksize_t kPreferredRead = 1024 * 1024;  // cp and stdio read in this size

mode_t permissions_of(FileType type, const Mount::Options& options) {
  return type == FileType::directory ? options.directory_mode : options.file_mode;
}

// The kernel may keep what it is told: a media's bytes and size never change under its id, and where an
// origin changes them all the same the node is invalidated explicitly. Directories are kept for a while at
// least: with default_permissions the kernel asks for each one on every path that is looked up. libfuse takes
// seconds as a double.
double timeout_of(const Serving& self, const Attributes& attributes) {
  return attributes.never_expires ? kForever : in_seconds(self.filesystem.listing_ttl());
}

}  // namespace

mode_t mode_of(FileType type) {
  return type == FileType::directory ? S_IFDIR : S_IFREG;
}

struct stat stat_of(const Attributes& attributes, const Mount::Options& options) {
  struct stat out{};
  out.st_ino = static_cast<ino_t>(attributes.node);
  out.st_mode = mode_of(attributes.type) | permissions_of(attributes.type, options);
  out.st_nlink = attributes.links;
  out.st_uid = options.owner;
  out.st_gid = options.group;
  out.st_size = static_cast<off_t>(attributes.size);
  out.st_blksize = kPreferredRead;
  out.st_blocks = static_cast<blkcnt_t>((attributes.size + 511) / 512);
  out.st_mtim.tv_sec = out.st_ctim.tv_sec = out.st_atim.tv_sec = attributes.modified;
  return out;
}

fuse_entry_param entry_of(fuse_req_t request, const Attributes& attributes) {
  const Serving& self = serving(request);
  fuse_entry_param entry{};
  entry.ino = static_cast<fuse_ino_t>(attributes.node);
  entry.attr = stat_of(attributes, self.options);
  entry.attr_timeout = timeout_of(self, attributes);
  // An erasure does not know of this spelling, so the kernel must not keep it.
  entry.entry_timeout = attributes.other_name ? 0 : entry.attr_timeout;
  return entry;
}

void reply_entry(fuse_req_t request, const Attributes& attributes) {
  const fuse_entry_param entry = entry_of(request, attributes);
  fuse_reply_entry(request, &entry);
}

// With fuse_reply_err(ENOENT) the kernel would ask again each time; a null node may be remembered.
void reply_no_entry(fuse_req_t request, double timeout) {
  fuse_entry_param entry{};
  entry.entry_timeout = timeout;
  fuse_reply_entry(request, &entry);
}

void reply_attributes(fuse_req_t request, const Attributes& attributes) {
  const struct stat attr = stat_of(attributes, serving(request).options);
  fuse_reply_attr(request, &attr, timeout_of(serving(request), attributes));
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

void reply_value(fuse_req_t request, const std::string& value, std::size_t size) {
  if (size == 0) {
    fuse_reply_xattr(request, value.size());
  } else if (size < value.size()) {
    fuse_reply_err(request, ERANGE);
  } else {
    fuse_reply_buf(request, value.data(), value.size());
  }
}

}  // namespace mediafs
