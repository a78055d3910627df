#pragma once

#include <future>
#include <optional>
#include <string>
#include <vector>

#include "mediafs/filesystem/filesystem.h"
#include "mount/eventually.h"
#include "store/store_fixture.h"

namespace mediafs {

/// A Filesystem over the stand-in API, and the kernel's calls in a waiting form.
class FilesystemFixture : public StoreFixture {
 protected:
  explicit FilesystemFixture(MediaStore::Options options = {}, bool with_cache = true) {
    start(options, with_cache);
    files_.emplace(filesystem_options_, *catalog_, *store_, *listings_);
  }
  Result<Attributes> look_up(const std::string& name, NodeNumber parent = kRootNode) {
    std::promise<Result<Attributes>> found;
    files_->lookup(parent, name,
                   [&](Result<Attributes> attributes) { found.set_value(std::move(attributes)); });
    return found.get_future().get();
  }
  Result<Filesystem::OpenFile> open(NodeNumber node) {
    std::promise<Result<Filesystem::OpenFile>> opened;
    files_->open(node, [&](Result<Filesystem::OpenFile> file) { opened.set_value(std::move(file)); });
    return opened.get_future().get();
  }
  Result<std::uint64_t> open_directory(NodeNumber node) {
    std::promise<Result<std::uint64_t>> opened;
    files_->open_directory(node, [&](Result<std::uint64_t> handle) { opened.set_value(std::move(handle)); });
    return opened.get_future().get();
  }
  /// The names in a directory as it is now, but for the two with dots.
  std::vector<std::string> names_in(NodeNumber node) {
    const auto handle = open_directory(node);
    if (!handle) return {"(" + std::string(to_string(handle.error().code)) + ")"};
    std::vector<std::string> names;
    for (const DirectoryEntry& entry : (*files_->directory(node, *handle))->entries) {
      if (entry.name != "." && entry.name != "..") names.push_back(entry.name);
    }
    files_->close_directory(*handle);
    return names;
  }
  Result<std::uint64_t> length_read(NodeNumber node, Revision version, ByteRange range) {
    std::promise<Result<std::uint64_t>> read;
    files_->read(node, version, range, [&](const Result<Slices>& slices) {
      if (!slices) return read.set_value(slices.error());
      std::uint64_t length = 0;
      for (const Slice& slice : *slices) length += slice.bytes.size();
      read.set_value(length);
    });
    return read.get_future().get();
  }

  Filesystem::Options filesystem_options_;
  std::optional<Filesystem> files_;
};

}  // namespace mediafs
