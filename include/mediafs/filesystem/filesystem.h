// Names, nodes and directories over the media store.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mediafs/base/mutex.h"
#include "mediafs/base/result.h"
#include "mediafs/filesystem/node.h"
#include "mediafs/model/byte_range.h"
#include "mediafs/store/catalog.h"
#include "mediafs/store/media_store.h"

namespace mediafs {

/// One directory as it was when it was opened: an entry's place in it is its offset.
using DirectorySnapshot = std::shared_ptr<const std::vector<DirectoryEntry>>;

/// How large the file system is, for statfs.
struct Space {
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
};

class ListingWalks;

/// The root holds every media under its id. Thread-safe; nothing here waits for the network.
class Filesystem {
 public:
  struct Options {
    bool fetch_ahead = true;  // the next files, when a directory's are opened in its order
  };

  /// Both must outlive this object.
  Filesystem(const Options& options, Catalog& catalog, MediaStore& store);
  ~Filesystem();
  Filesystem(const Filesystem&) = delete;
  Filesystem& operator=(const Filesystem&) = delete;

  /// Whether a name could ever exist in the directory; where it could not, that never changes.
  [[nodiscard]] static bool can_exist(NodeNumber parent, std::string_view name);

  /// Where `stop` is requested while it waits, here and in read(), it ends with Errc::cancelled.
  void lookup(NodeNumber parent, std::string_view name, Done<Attributes> done,
              const std::stop_token& stop = {}) EXCLUDES(mutex_);
  Result<Attributes> attributes(NodeNumber node) EXCLUDES(mutex_);

  /// Gives a handle for directory(); each open has its own snapshot.
  Result<std::uint64_t> open_directory(NodeNumber node) EXCLUDES(mutex_);
  /// A handle of an earlier server gets a snapshot of now.
  Result<DirectorySnapshot> directory(NodeNumber node, std::uint64_t handle) EXCLUDES(mutex_);
  void close_directory(std::uint64_t handle) EXCLUDES(mutex_);

  struct OpenFile {
    Revision version{};            // what read() is to read
    bool pages_are_right = false;  // the kernel's pages, if any, are of this version
  };
  /// Errc::changed while somebody still has another version open: the kernel has one set of pages for both,
  /// and would mix them.
  Result<OpenFile> open(NodeNumber node) EXCLUDES(mutex_);
  /// The bytes of `range` as far as the media reaches: nothing at or past its end.
  void read(NodeNumber node, Revision version, ByteRange range, const Done<Slices>& done,
            const std::stop_token& stop = {}) EXCLUDES(mutex_);
  void close(NodeNumber node) EXCLUDES(mutex_);

  /// The store's word that a media has another version, or none. The listener is told once nobody has the
  /// media open any more: until then its size stays as it was, so that nobody's file ends early.
  void media_changed(const MediaId& id) EXCLUDES(mutex_);
  void on_new_attributes(std::function<void(NodeNumber)> listener);

  [[nodiscard]] Space space() const;

 private:
  struct Opens {
    Revision version{};
    int count = 0;
    bool changed = false;  // since it was opened
  };

  Result<Attributes> adopt(const MediaItem& item) EXCLUDES(mutex_);
  Result<MediaId> id_at(NodeNumber node) EXCLUDES(mutex_);
  Result<MediaItemRef> media_at(NodeNumber node) EXCLUDES(mutex_);
  DirectorySnapshot list_root() EXCLUDES(mutex_);
  void fetch_ahead_of(NodeNumber node) EXCLUDES(mutex_);

  const Options options_;
  Catalog& catalog_;
  MediaStore& store_;
  const UnixSeconds started_;
  std::function<void(NodeNumber)> new_attributes_ = [](NodeNumber) {};
  const std::unique_ptr<ListingWalks> walks_;

  Mutex mutex_;  // a leaf
  std::unordered_map<NodeNumber, MediaId> media_ GUARDED_BY(mutex_);
  std::unordered_map<NodeNumber, Opens> opens_
      GUARDED_BY(mutex_);  // the last version of each that was opened
  std::unordered_map<std::uint64_t, DirectorySnapshot> open_directories_ GUARDED_BY(mutex_);
};

}  // namespace mediafs
