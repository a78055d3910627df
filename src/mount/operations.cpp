#include "mount/operations.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mount/reply.h"

namespace mediafs {

namespace {

NodeNumber node_of(fuse_ino_t ino) {
  return NodeNumber{ino};
}

// In what the kernel keeps of an open file, beside its handle: numbers of requests do not come this far.
constexpr std::uint64_t kReadDirectly = std::uint64_t{1} << 62;

FileHandle opened_as(const fuse_file_info& file) {
  return FileHandle{file.fh & ~kReadDirectly};
}

void want(fuse_conn_info* connection, unsigned capability) {
  // To ask for what the kernel does not have is an error that ends the mount.
  if ((connection->capable & capability) != 0) connection->want |= capability;
}

void on_init(void* /*userdata*/, fuse_conn_info* connection) {
  want(connection, FUSE_CAP_ASYNC_READ);  // without it a 20 ms origin gives 46 instead of 350 MB/s
  want(connection,
       FUSE_CAP_PARALLEL_DIROPS);  // a slow lookup must not hold up its directory (see connection.cpp)
  want(connection, FUSE_CAP_READDIRPLUS);  // sizes are known: ls -l costs nothing more
  want(connection, FUSE_CAP_READDIRPLUS_AUTO);
  want(connection,
       FUSE_CAP_EXPLICIT_INVAL_DATA);  // pages go when we say so, not when an attribute is refreshed
  // Splicing replies from memory costs one more copy than it saves; file locks are left to the kernel.
  // With asynchronous direct reads a killed caller would go on waiting, and each read takes longer.
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
    if (!self.filesystem.can_exist(node_of(parent), name)) return reply_no_entry(request, kForever);
    const std::stop_token stop = self.interrupts.watch(request);
    const auto reply = [request, parent](const Result<Attributes>& found) {
      serving(request).interrupts.forget(request);
      if (found) return reply_entry(request, *found);
      if (!is_denial(found.error().code)) return reply_error(request, found.error());
      reply_no_entry(request, in_seconds(serving(request).filesystem.negative_ttl(node_of(parent))));
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
    Serving& self = serving(request);
    if ((file->flags & O_ACCMODE) != O_RDONLY) {
      fuse_reply_err(request, EROFS);
      return;
    }
    const FileHandle handle{handle_of(Connection::current_request())};
    const auto reply = [request, handle, info = *file](const Result<Filesystem::OpenFile>& opened) mutable {
      serving(request).interrupts.forget(request);
      if (!opened) return reply_error(request, opened.error());
      info.fh = static_cast<std::uint64_t>(handle) | (opened->directly ? kReadDirectly : 0);
      info.direct_io = opened->directly ? 1 : 0;
      info.keep_cache = opened->keep_page_cache ? 1 : 0;
      info.noflush = 1;  // nothing is ever written: one request less for each close
      Filesystem& filesystem = serving(request).filesystem;
      if (fuse_reply_open(request, &info) == -ENOENT)
        filesystem.close(handle, Filesystem::Closing::unheard_of);
    };
    self.filesystem.open(node_of(node), handle, reply, self.interrupts.watch(request));
  });
}

void on_read(fuse_req_t request, fuse_ino_t node, std::size_t size, off_t offset, fuse_file_info* file) {
  guarded(request, [&] {
    Serving& self = serving(request);
    const ByteRange range{static_cast<std::uint64_t>(offset), size};
    // A read past the page cache is the program's own, which cannot die before the reply. Others fill the
    // kernel's pages: who waits for a page may be killed, and the request goes on without anybody.
    const bool caller_waits = (file->flags & O_DIRECT) != 0 || (file->fh & kReadDirectly) != 0;
    const std::stop_token stop = caller_waits ? self.interrupts.watch(request) : std::stop_token();
    const auto reply = [request, caller_waits](const Result<Slices>& bytes) {
      if (caller_waits) serving(request).interrupts.forget(request);
      bytes ? reply_bytes(request, *bytes) : reply_error(request, bytes.error());
    };
    self.filesystem.read(node_of(node), opened_as(*file), range, reply, stop);
  });
}

void on_release(fuse_req_t request, fuse_ino_t /*node*/, fuse_file_info* file) {
  guarded(request, [&] {
    serving(request).filesystem.close(opened_as(*file));
    fuse_reply_err(request, 0);
  });
}

void on_opendir(fuse_req_t request, fuse_ino_t node, fuse_file_info* file) {
  guarded(request, [&] {
    Serving& self = serving(request);
    const auto reply = [request, info = *file](const Result<std::uint64_t>& handle) mutable {
      serving(request).interrupts.forget(request);
      if (!handle) return reply_error(request, handle.error());
      info.fh = *handle;
      Filesystem& filesystem = serving(request).filesystem;
      if (fuse_reply_open(request, &info) == -ENOENT) filesystem.close_directory(*handle);
    };
    self.filesystem.open_directory(node_of(node), reply, self.interrupts.watch(request));
  });
}

/// Adds one entry to a listing's buffer; false where it does not fit. `next` is the offset from which the
/// kernel continues. `is_current`: the kernel may keep the name.
using AddEntry = bool (*)(fuse_req_t request, std::span<char> room, std::size_t& used,
                          const DirectoryEntry& entry, off_t next, bool is_current);

bool add_name(fuse_req_t request, std::span<char> room, std::size_t& used, const DirectoryEntry& entry,
              off_t next, bool /*is_current*/) {
  struct stat attr{};
  attr.st_ino = static_cast<ino_t>(entry.node);
  attr.st_mode = mode_of(entry.type);
  used = fuse_add_direntry(request, room.data(), room.size(), entry.name.c_str(), &attr, next);
  return used <= room.size();
}

bool add_name_and_attributes(fuse_req_t request, std::span<char> room, std::size_t& used,
                             const DirectoryEntry& entry, off_t next, bool is_current) {
  fuse_entry_param param{};
  const bool counted =
      is_current && entry.name != "." && entry.name != "..";  // for those the kernel wants no node
  // As they are now: since the directory was opened a file may have turned out to be of another size.
  const auto attributes =
      counted ? serving(request).filesystem.attributes(entry.node) : Error{Errc::not_found, ""};
  if (attributes) {
    param = entry_of(request, *attributes);
  } else {
    param.attr.st_ino = static_cast<ino_t>(entry.node);
    param.attr.st_mode = mode_of(entry.type);
  }
  used = fuse_add_direntry_plus(request, room.data(), room.size(), entry.name.c_str(), &param, next);
  return used <= room.size();
}

void list(fuse_req_t request, fuse_ino_t node, std::size_t size, off_t offset, std::uint64_t handle,
          AddEntry add) {
  const auto snapshot = serving(request).filesystem.directory(node_of(node), handle);
  if (!snapshot) return reply_error(request, snapshot.error());
  const bool is_current = serving(request).filesystem.is_current(**snapshot);
  std::vector<char> buffer(size);
  std::size_t filled = 0;
  for (const std::uint32_t index : (*snapshot)->after(static_cast<std::uint64_t>(offset))) {
    const DirectoryEntry& entry = (*snapshot)->entries[index];
    std::size_t used = 0;
    if (!add(request, std::span(buffer).subspan(filled), used, entry, static_cast<off_t>(entry.place),
             is_current))
      break;
    filled += used;
  }
  fuse_reply_buf(request, buffer.data(), filled);
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

// Names outside user.* are the system's own. "Not supported" is what ls(1) remembers: told "no such
// attribute", it asks twice at every file of a directory, which made `ls -l` of 10,000 five times as slow.
void on_getxattr(fuse_req_t request, fuse_ino_t node, const char* name, std::size_t size) {
  guarded(request, [&] {
    if (!std::string_view(name).starts_with("user.")) {
      fuse_reply_err(request, EOPNOTSUPP);
      return;
    }
    const auto attributes = serving(request).filesystem.extended_attributes(node_of(node));
    if (!attributes) return reply_error(request, attributes.error());
    const auto found = std::find_if(attributes->begin(), attributes->end(),
                                    [&](const auto& attribute) { return attribute.first == name; });
    if (found == attributes->end()) {
      fuse_reply_err(request, ENODATA);
      return;
    }
    reply_value(request, found->second, size);
  });
}

void on_listxattr(fuse_req_t request, fuse_ino_t node, std::size_t size) {
  guarded(request, [&] {
    const auto attributes = serving(request).filesystem.extended_attributes(node_of(node));
    if (!attributes) return reply_error(request, attributes.error());
    std::string names;
    for (const auto& [name, value] : *attributes) names += name + '\0';
    reply_value(request, names, size);
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
  ops.getxattr = on_getxattr;
  ops.listxattr = on_listxattr;
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

// The kernel numbers its requests once in a connection's life. One that it repeats has the highest bit set:
// FUSE_UNIQUE_RESEND.
std::uint64_t handle_of(std::uint64_t request) {
  return request & ~(std::uint64_t{1} << 63);
}

const fuse_lowlevel_ops& operations() {
  static const fuse_lowlevel_ops ops = make_operations();
  return ops;
}

}  // namespace mediafs
