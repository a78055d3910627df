#pragma once

#include <future>
#include <optional>
#include <string>

#include "mediafs/filesystem/filesystem.h"
#include "mount/eventually.h"
#include "store/store_fixture.h"

namespace mediafs {

/// A Filesystem over the stand-in API, and the kernel's calls in a waiting form.
class FilesystemFixture : public StoreFixture {
 protected:
  explicit FilesystemFixture(MediaStore::Options options = {}, bool with_cache = true) {
    start(options, with_cache);
    files_.emplace(Filesystem::Options{}, *catalog_, *store_);
  }
  Result<Attributes> look_up(const std::string& name, NodeNumber parent = kRootNode) {
    std::promise<Result<Attributes>> found;
    files_->lookup(parent, name,
                   [&](Result<Attributes> attributes) { found.set_value(std::move(attributes)); });
    return found.get_future().get();
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

  std::optional<Filesystem> files_;
};

}  // namespace mediafs
