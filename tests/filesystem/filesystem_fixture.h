#pragma once

#include <future>
#include <optional>
#include <string>
#include <vector>

#include "mediafs/base/shared_memory.h"
#include "mediafs/filesystem/filesystem.h"
#include "store/store_fixture.h"

namespace mediafs {

/// A Filesystem over the stand-in API, and the kernel's calls in a waiting form.
class FilesystemFixture : public StoreFixture {
 protected:
  explicit FilesystemFixture(MediaStore::Options options = {}, bool with_cache = true) {
    start(options, with_cache);
    show();
  }
  /// A Filesystem anew, as a later server makes it: it knows what the one before has left.
  void show() {
    files_.reset();
    open_files_.emplace(hand_over_.bytes());
    files_.emplace(filesystem_options_, *catalog_, *store_, *listings_, *open_files_, timer_.clock());
  }
  Result<Attributes> look_up(const std::string& name, NodeNumber parent = kRootNode) {
    std::promise<Result<Attributes>> found;
    files_->lookup(parent, name,
                   [&](Result<Attributes> attributes) { found.set_value(std::move(attributes)); });
    return wait(found.get_future());
  }
  struct Opened {
    FileHandle handle{};
    bool keep_page_cache = false;
    bool directly = false;
  };
  Result<Opened> open(NodeNumber node, FileHandle handle) {
    std::promise<Result<Filesystem::OpenFile>> opened;
    files_->open(node, handle, [&](Result<Filesystem::OpenFile> file) { opened.set_value(std::move(file)); });
    const auto file = wait(opened.get_future());
    return file ? Opened{handle, file->keep_page_cache, file->directly} : Result<Opened>(file.error());
  }
  Result<Opened> open(NodeNumber node) { return open(node, FileHandle{++last_handle_}); }
  Result<std::uint64_t> open_directory(NodeNumber node) {
    std::promise<Result<std::uint64_t>> opened;
    files_->open_directory(node, [&](Result<std::uint64_t> handle) { opened.set_value(std::move(handle)); });
    return wait(opened.get_future());
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
  Result<std::uint64_t> length_read(NodeNumber node, FileHandle handle, ByteRange range) {
    std::promise<Result<std::uint64_t>> read;
    files_->read(node, handle, range, [&](const Result<Slices>& slices) {
      if (!slices) return read.set_value(slices.error());
      std::uint64_t length = 0;
      for (const Slice& slice : *slices) length += slice.bytes.size();
      read.set_value(length);
    });
    return wait(read.get_future());
  }

  Filesystem::Options filesystem_options_;
  const SharedMemory hand_over_ = *SharedMemory::map(*SharedMemory::create(OpenFiles::kBytes));
  std::optional<OpenFiles> open_files_;
  std::uint64_t last_handle_ = 0;
  std::optional<Filesystem> files_;
};

}  // namespace mediafs
