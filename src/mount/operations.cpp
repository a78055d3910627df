#include "mount/operations.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <vector>

#include "mount/reply.h"

namespace mediafs {

namespace {

NodeNumber node_of(fuse_ino_t ino) {
  return NodeNumber{ino};
}

void want(fuse_conn_info* connection, unsigned capability) {
  // Asking for what the kernel has not is an error that kills the mount.
  if ((connection->capable & capability) != 0) connection->want |= capability;
}

void on_init(void* /*userdata*/, fuse_conn_info* connection) {
  want(connection, FUSE_CAP_ASYNC_READ);  // without it a 20 ms origin gives 46 instead of 350 MB/s
  want(connection,
       FUSE_CAP_PARALLEL_DIROPS);          // a slow lookup must not hold up its directory (see init_reply.h)
  want(connection, FUSE_CAP_READDIRPLUS);  // sizes are known: ls -l costs nothing more
  want(connection, FUSE_CAP_READDIRPLUS_AUTO);
  want(connection,
       FUSE_CAP_EXPLICIT_INVAL_DATA);  // pages go when we say so, not when an attribute is refreshed
  // Splicing replies from memory costs a copy more than it saves; the locks are the kernel's own business.
  // With asynchronous direct reads a caller that is killed waits on, and each read takes a detour.
  connection->want &= ~static_cast<unsigned>(
      FUSE_CAP_ASYNC_DIO | FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE |
      FUSE_CAP_SPLICE_MOVE | FUSE_CAP_POSIX_LOCKS | FUSE_CAP_FLOCK_LOCKS | FUSE_CAP_ATOMIC_O_TRUNC);
  // What the kernel reads ahead is "background" to it, and when so many requests wait no other file's go out
  // either: a few readers of a dead origin would hold up everybody. Waiting costs us a small record.
  connection->max_background = 0xffff;
  connection->congestion_threshold = 0xffff;
}

void on_lookup(fuse_req_t request, fuse_ino_t parent, const char* name) {
  guarded(request, [&] {
    Serving& self = serving(request);
    if (!Filesystem::can_exist(node_of(parent), name)) return reply_no_entry(request, kForever);
    const std::stop_token stop = self.interrupts.watch(request);
    const auto reply = [request](const Result<Attributes>& found) {
      serving(request).interrupts.forget(request);
      if (found) return reply_entry(request, *found);
      if (found.error().code != Errc::not_found) return reply_error(request, found.error());
      const auto ttl = std::chrono::duration<double>(serving(request).options.negative_ttl);
      reply_no_entry(request, ttl.count());
    };
    self.filesystem.lookup(node_of(parent), name, reply, stop);
  });
}

// Node numbers are derived from ids, so there is nothing that a forgotten node would free.
void on_forget(fuse_req_t request, fuse_ino_t /*node*/, std::uint64_t /*count*/) {
  fuse_reply_none(request);
}
void on_forget_multi(fuse_req_t request, std::size_t /*count*/, fuse_forget_data* /*nodes*/) {
  fuse_reply_none(request);
}

void on_getattr(fuse_req_t request, fuse_ino_t node, fuse_file_info* /*file*/) {
  guarded(request, [&] {
    const auto attributes = serving(request).filesystem.attributes(node_of(node));
    attributes ? reply_attributes(request, *attributes) : reply_error(request, attributes.error());
  });
}

void on_open(fuse_req_t request, fuse_ino_t node, fuse_file_info* file) {
  guarded(request, [&] {
    if ((file->flags & O_ACCMODE) != O_RDONLY) {
      fuse_reply_err(request, EROFS);
      return;
    }
    auto opened = serving(request).filesystem.open(node_of(node));
    if (!opened) return reply_error(request, opened.error());
    file->fh = static_cast<std::uint64_t>(opened->version);
    file->keep_cache = opened->pages_are_right ? 1 : 0;
    file->noflush = 1;  // nothing is ever written: one request less for each close
    if (fuse_reply_open(request, file) == -ENOENT) serving(request).filesystem.close(node_of(node));
  });
}

void on_read(fuse_req_t request, fuse_ino_t node, std::size_t size, off_t offset, fuse_file_info* file) {
  guarded(request, [&] {
    Serving& self = serving(request);
    const ByteRange range{static_cast<std::uint64_t>(offset), size};
    // Other reads are the kernel's own, for its pages: their callers do not wait for the reply.
    const bool caller_waits = (file->flags & O_DIRECT) != 0;
    const std::stop_token stop = caller_waits ? self.interrupts.watch(request) : std::stop_token();
    const auto reply = [request, caller_waits](const Result<Slices>& bytes) {
      if (caller_waits) serving(request).interrupts.forget(request);
      bytes ? reply_bytes(request, *bytes) : reply_error(request, bytes.error());
    };
    self.filesystem.read(node_of(node), Revision{file->fh}, range, reply, stop);
  });
}

void on_release(fuse_req_t request, fuse_ino_t node, fuse_file_info* /*file*/) {
  guarded(request, [&] {
    serving(request).filesystem.close(node_of(node));
    fuse_reply_err(request, 0);
  });
}

void on_opendir(fuse_req_t request, fuse_ino_t node, fuse_file_info* file) {
  guarded(request, [&] {
    const auto handle = serving(request).filesystem.open_directory(node_of(node));
    if (!handle) return reply_error(request, handle.error());
    file->fh = *handle;
    fuse_reply_open(request, file);
  });
}

/// Adds one entry to a listing's buffer; false where it does not fit. An entry's offset is that of the next
/// one.
using AddEntry = bool (*)(fuse_req_t request, std::vector<char>& buffer, std::size_t& used,
                          const DirectoryEntry& entry, off_t next);

bool add_name(fuse_req_t request, std::vector<char>& buffer, std::size_t& used, const DirectoryEntry& entry,
              off_t next) {
  const struct stat attr = stat_of(entry.attributes, serving(request).options);
  const std::size_t room = buffer.size() - used;
  const std::size_t taken =
      fuse_add_direntry(request, buffer.data() + used, room, entry.name.c_str(), &attr, next);
  if (taken > room) return false;
  used += taken;
  return true;
}

bool add_name_and_attributes(fuse_req_t request, std::vector<char>& buffer, std::size_t& used,
                             const DirectoryEntry& entry, off_t next) {
  fuse_entry_param param{};
  param.attr = stat_of(entry.attributes, serving(request).options);
  const bool counted = entry.name != "." && entry.name != "..";  // for those the kernel wants no node
  param.ino = counted ? static_cast<fuse_ino_t>(entry.attributes.node) : 0;
  param.attr_timeout = param.entry_timeout = counted ? kForever : 0;
  const std::size_t room = buffer.size() - used;
  const std::size_t taken =
      fuse_add_direntry_plus(request, buffer.data() + used, room, entry.name.c_str(), &param, next);
  if (taken > room) return false;
  used += taken;
  return true;
}

void list(fuse_req_t request, fuse_ino_t node, std::size_t size, off_t offset, std::uint64_t handle,
          AddEntry add) {
  const auto snapshot = serving(request).filesystem.directory(node_of(node), handle);
  if (!snapshot) return reply_error(request, snapshot.error());
  const auto& entries = **snapshot;
  std::vector<char> buffer(size);
  std::size_t used = 0;
  for (auto i = static_cast<std::size_t>(offset); i < entries.size(); ++i) {
    if (!add(request, buffer, used, entries[i], static_cast<off_t>(i + 1))) break;
  }
  fuse_reply_buf(request, buffer.data(), used);
}

void on_readdir(fuse_req_t request, fuse_ino_t node, std::size_t size, off_t offset, fuse_file_info* file) {
  guarded(request, [&] { list(request, node, size, offset, file->fh, add_name); });
}

void on_readdirplus(fuse_req_t request, fuse_ino_t node, std::size_t size, off_t offset,
                    fuse_file_info* file) {
  guarded(request, [&] { list(request, node, size, offset, file->fh, add_name_and_attributes); });
}

void on_releasedir(fuse_req_t request, fuse_ino_t /*node*/, fuse_file_info* file) {
  guarded(request, [&] {
    serving(request).filesystem.close_directory(file->fh);
    fuse_reply_err(request, 0);
  });
}

void on_statfs(fuse_req_t request, fuse_ino_t /*node*/) {
  guarded(request, [&] {
    constexpr std::uint64_t kBlock = 4096;
    const Space space = serving(request).filesystem.space();
    struct statvfs out{};
    out.f_bsize = out.f_frsize = kBlock;
    // A file system of no blocks at all looks broken to some programs.
    out.f_blocks = std::max<std::uint64_t>(1, (space.bytes + kBlock - 1) / kBlock);
    out.f_files = space.files + 1;
    out.f_namemax = 255;
    out.f_flag = ST_RDONLY | ST_NOSUID;
    fuse_reply_statfs(request, &out);
  });
}

void on_access(fuse_req_t request, fuse_ino_t /*node*/, int mask) {
  // Modes are the kernel's to check (default_permissions); what is left is that nothing can be written.
  fuse_reply_err(request, (mask & W_OK) != 0 ? EROFS : 0);
}

// The mount is read-only, so the kernel refuses changes itself; these answer should somebody remount it.
template <typename... Arguments>
void refuse_change(fuse_req_t request, Arguments... /*arguments*/) {
  fuse_reply_err(request, EROFS);
}

fuse_lowlevel_ops make_operations() {
  fuse_lowlevel_ops ops{};
  ops.init = on_init;
  ops.lookup = on_lookup;
  ops.forget = on_forget;
  ops.forget_multi = on_forget_multi;
  ops.getattr = on_getattr;
  ops.open = on_open;
  ops.read = on_read;
  ops.release = on_release;
  ops.opendir = on_opendir;
  ops.readdir = on_readdir;
  ops.readdirplus = on_readdirplus;
  ops.releasedir = on_releasedir;
  ops.statfs = on_statfs;
  ops.access = on_access;
  ops.setattr = refuse_change;
  ops.mknod = refuse_change;
  ops.mkdir = refuse_change;
  ops.unlink = refuse_change;
  ops.rmdir = refuse_change;
  ops.symlink = refuse_change;
  ops.rename = refuse_change;
  ops.link = refuse_change;
  ops.write = refuse_change;
  ops.create = refuse_change;
  ops.fallocate = refuse_change;
  return ops;
}

}  // namespace

const fuse_lowlevel_ops& operations() {
  static const fuse_lowlevel_ops ops = make_operations();
  return ops;
}

}  // namespace mediafs
