#include "mediafs/filesystem/open_files.h"

#include <atomic>

namespace mediafs {

struct OpenFiles::Place {
  std::uint64_t handle;  // 0: free. Of the first place: how many have ever been used
  NodeNumber node;
  Revision version;
  std::uint64_t size;
};

OpenFiles::Place& OpenFiles::place(std::size_t index) const {
  static_assert(kBytes == (kMost + 1) * sizeof(Place));
  return reinterpret_cast<Place*>(hand_over_.data())[index];
}

OpenFiles::OpenFiles(MutableBytes hand_over) : hand_over_(hand_over) {
  const MutexLock lock(mutex_);
  for (std::size_t index = 1; index <= place(0).handle && index <= kMost; ++index) {
    const std::uint64_t handle = place(index).handle;
    // Should a server have ended within add(), there may be a second one.
    if (handle != 0 && places_.try_emplace(FileHandle{handle}, index).second) continue;
    place(index).handle = 0;
    free_.push_back(index);
  }
}

std::optional<std::size_t> OpenFiles::free_place() {
  if (!free_.empty()) {
    const std::size_t index = free_.back();
    free_.pop_back();
    return index;
  }
  const std::atomic_ref used(place(0).handle);
  if (used == kMost) return std::nullopt;
  return ++used;
}

Status OpenFiles::add(const File& file) {
  const MutexLock lock(mutex_);
  const auto known = places_.find(file.handle);
  const auto index = known != places_.end() ? std::optional(known->second) : free_place();
  if (!index) return Error{Errc::no_space, "too many open files"};
  Place& there = place(*index);
  const std::atomic_ref handle(there.handle);
  handle = 0;
  there.node = file.node;
  there.version = file.version;
  there.size = file.size;
  handle = static_cast<std::uint64_t>(file.handle);
  places_[file.handle] = *index;
  return ok_status();
}

std::optional<OpenFiles::File> OpenFiles::find(FileHandle handle) const {
  const MutexLock lock(mutex_);
  const auto known = places_.find(handle);
  if (known == places_.end()) return std::nullopt;
  const Place& there = place(known->second);
  return File{handle, there.node, there.version, there.size};
}

std::optional<OpenFiles::File> OpenFiles::remove(FileHandle handle) {
  const MutexLock lock(mutex_);
  const auto known = places_.find(handle);
  if (known == places_.end()) return std::nullopt;
  Place& there = place(known->second);
  const File file{handle, there.node, there.version, there.size};
  std::atomic_ref(there.handle) = 0;
  free_.push_back(known->second);
  places_.erase(known);
  return file;
}

std::size_t OpenFiles::count() const {
  const MutexLock lock(mutex_);
  return places_.size();
}

std::vector<OpenFiles::File> OpenFiles::all() const {
  const MutexLock lock(mutex_);
  std::vector<File> files;
  files.reserve(places_.size());
  for (const auto& [handle, index] : places_) {
    const Place& there = place(index);
    files.push_back({handle, there.node, there.version, there.size});
  }
  return files;
}

}  // namespace mediafs
