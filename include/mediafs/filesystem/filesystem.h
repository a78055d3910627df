// Names, nodes and directories over the stores of media and listings.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "mediafs/base/mutex.h"
#include "mediafs/base/result.h"
#include "mediafs/filesystem/directory.h"
#include "mediafs/filesystem/node.h"
#include "mediafs/filesystem/open_files.h"
#include "mediafs/model/byte_range.h"
#include "mediafs/store/catalog.h"
#include "mediafs/store/eraser.h"
#include "mediafs/store/listing_store.h"
#include "mediafs/store/media_store.h"

namespace mediafs {

/// How large the file system is, for statfs.
struct Space {
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
};

/// Names and values of extended attributes: xattr(7).
using ExtendedAttributes = std::vector<std::pair<std::string, std::string>>;

/// What has been erased, and what the kernel may still hold of it.
struct EraseResult {
  EraseCount count;
  EraseScope scope;                                       // what was to be erased
  std::vector<NodeNumber> nodes;                          // whose pages are to go
  std::vector<std::pair<NodeNumber, std::string>> names;  // in which directory, and as what, they were shown
};

class DirectoryReadAhead;
class SessionFile;

/// The root holds every media under its id, and the sessions and attempts, which hold theirs under readable
/// names. Thread-safe; nothing here waits for the network.
class Filesystem {
 public:
  struct Options {
    bool fetch_ahead = true;         // the next files, when a directory's are opened in order
    Duration negative_ttl{10'000};   // how long the kernel may cache that there is no such name
    Duration listing_ttl{60'000};    // the same in a directory that shows a listing, at most
    std::string sessions_file = {};  // of sessions that are shown from the start; empty: none
    bool taken_over = false;         // the kernel has pages already, that an earlier server has given it
  };

  /// All must outlive this object. `files` may have files that an earlier server has opened.
  Filesystem(Options options, Catalog& catalog, MediaStore& media, ListingStore& listings, OpenFiles& files,
             const Clock& clock);
  ~Filesystem();
  Filesystem(const Filesystem&) = delete;
  Filesystem& operator=(const Filesystem&) = delete;

  /// Whether a name could ever exist in the directory; where it could not, that never changes.
  [[nodiscard]] bool can_exist(NodeNumber parent, std::string_view name);
  /// How long a name that lookup() has not found in the directory may be taken not to be there.
  [[nodiscard]] Duration negative_ttl(NodeNumber parent);
  /// How long a name may be taken to stay where its attributes say that it expires.
  [[nodiscard]] Duration listing_ttl() const { return options_.listing_ttl; }

  /// Errc::name_too_long beyond 255 bytes. Where `stop` is requested while it waits, here and below, it ends
  /// with Errc::cancelled.
  void lookup(NodeNumber parent, std::string_view name, const Done<Attributes>& done,
              const std::stop_token& stop = {}) EXCLUDES(mutex_);
  Result<Attributes> attributes(NodeNumber number) EXCLUDES(mutex_);
  Result<ExtendedAttributes> extended_attributes(NodeNumber number) EXCLUDES(mutex_);

  /// Gives a handle for directory(); each open has its own snapshot.
  void open_directory(NodeNumber number, const Done<std::uint64_t>& done, const std::stop_token& stop = {})
      EXCLUDES(mutex_);
  /// A handle of an earlier server gets a snapshot of what is known now.
  Result<DirectorySnapshot> directory(NodeNumber number, std::uint64_t handle) EXCLUDES(mutex_);
  void close_directory(std::uint64_t handle) EXCLUDES(mutex_);
  /// False for an older snapshot: names in it may have gone since, and the kernel must not be told of them
  /// again.
  [[nodiscard]] bool is_current(const Directory& directory) const;

  struct OpenFile {
    bool keep_page_cache = false;  // the kernel's pages, if any, are of the version that is opened
    bool directly = false;         // reads bypass the page cache: nobody has been told its size
  };
  /// `handle` names the opening for read() and close(). To open one handle twice opens it once, so that a
  /// request which may have been carried out already can be repeated. Errc::changed while somebody has
  /// another version open: the kernel has one page cache for both, and would mix them. Waits for the media's
  /// own head where it is provisional.
  void open(NodeNumber number, FileHandle handle, const Done<OpenFile>& done,
            const std::stop_token& stop = {}) EXCLUDES(mutex_);
  /// The bytes of `range` as far as the media reaches: nothing at or past its end.
  void read(NodeNumber number, FileHandle handle, ByteRange range, const Done<Slices>& done,
            const std::stop_token& stop = {}) EXCLUDES(mutex_);
  /// What ends an opening: the kernel's word, or that the kernel has not taken in that it was opened.
  enum class Closing { by_the_kernel, unheard_of };
  /// Of what is not open: nothing.
  void close(FileHandle handle, Closing closing = Closing::by_the_kernel) EXCLUDES(mutex_);

  /// The store's word that a media has another version, or none. The listener is told once nobody has the
  /// media open any more: until then its size stays as it was, so that nobody's file ends early.
  void media_changed(const MediaId& id) EXCLUDES(mutex_);
  /// Forgets a media, or a session with its attempts and all their media, and every listing that names one of
  /// these. Reads of what is open are refused from now on (Errc::changed), but the kernel has pages of it
  /// until it is told: Mount::forget.
  EraseResult erase(const MediaId& media) EXCLUDES(mutex_);
  EraseResult erase(const EraseScope& scope) EXCLUDES(mutex_);
  EraseResult erase_everything() EXCLUDES(mutex_);
  EraseResult erase_session(const MediaId& session) EXCLUDES(mutex_);

  /// Told of nodes whose attributes are not what they were.
  void on_new_attributes(std::function<void(NodeNumber)> listener);
  /// Told of names that are not in their directory any more, or stand for something else.
  void on_gone(std::function<void(NodeNumber directory, const std::string& name)> listener);

  [[nodiscard]] Space space() const;

 private:
  struct Opens {
    Revision version{};
    std::uint64_t size = 0;
    int count = 0;
    bool changed = false;  // since it was opened
    bool settled = false;  // the kernel has heard that it is open, and has dropped its pages of others
  };

  Result<MediaId> media_at(NodeNumber number);
  Result<Attributes> attributes_of(const Node& node, NodeNumber number);
  Result<Attributes> adopt(const Node& node);
  [[nodiscard]] UnixSeconds time_of(const Node& directory);
  [[nodiscard]] bool is_known(const ListingKey& key);
  void lookup_usual(const Node& directory, const std::string& name, const Done<Attributes>& done,
                    const std::stop_token& stop);
  void lookup_media(std::string_view name, const Done<Attributes>& done, const std::stop_token& stop);
  void lookup_listed(const Node& directory, std::string_view name, const Done<Attributes>& done,
                     const std::stop_token& stop) EXCLUDES(mutex_);
  void lookup_in(const ListingKey& listing, const std::string& name, const Done<Attributes>& done,
                 const std::stop_token& stop) EXCLUDES(mutex_);
  Result<Attributes> entry_in(const Directory& directory, std::string_view name);

  DirectorySnapshot show(const ListingRef& listing) EXCLUDES(mutex_);
  DirectorySnapshot show_as(const Node& directory, const ListingRef& listing) EXCLUDES(mutex_);
  Result<DirectorySnapshot> show_without(const Node& directory, const Error& error);
  Error why_not_listed(const ListingKey& listing, const Error& error);
  std::vector<NodeNumber> directories_of(const ListingKey& listing) EXCLUDES(mutex_);
  void tell_gone(const ListingKey& listing, std::span<const DirectoryEntry> entries) EXCLUDES(mutex_);
  void listing_changed(const ListingKey& key) EXCLUDES(mutex_);
  DirectorySnapshot list_root();
  DirectorySnapshot list_known(NodeKind kind);
  Result<DirectorySnapshot> list_known_now(const Node& directory) EXCLUDES(mutex_);
  Result<std::uint64_t> handle_for(const DirectorySnapshot& snapshot) EXCLUDES(mutex_);

  void add_shown(const ListingKey& key, EraseResult& result) EXCLUDES(mutex_);

  void reopen(const OpenFiles::File& file) EXCLUDES(mutex_);
  Result<OpenFile> open_confirmed(NodeNumber number, const MediaId& id, FileHandle handle) EXCLUDES(mutex_);
  Result<Opens> may_open(NodeNumber number, const MediaItemRef& item) REQUIRES(mutex_);
  [[nodiscard]] std::uint64_t shown_size(NodeNumber number, const MediaItem& item) EXCLUDES(mutex_);
  void fetch_ahead_of(NodeNumber number);

  const Options options_;
  Catalog& catalog_;
  MediaStore& media_;
  ListingStore& listings_;
  OpenFiles& files_;
  Eraser eraser_;
  const UnixSeconds started_;
  std::function<void(NodeNumber)> new_attributes_ = [](NodeNumber) {};
  std::function<void(NodeNumber, const std::string&)> gone_ = [](NodeNumber, const std::string&) {};
  const std::unique_ptr<DirectoryReadAhead> read_ahead_;
  const std::unique_ptr<SessionFile> sessions_;
  NodeTable nodes_;

  Mutex mutex_{LockRank::filesystem};  // the catalog's may be taken under it
  std::unordered_map<NodeNumber, Opens> opens_
      GUARDED_BY(mutex_);  // the last version of each that was opened
  std::unordered_set<FileHandle> unnamed_
      GUARDED_BY(mutex_);  // an earlier server's, of media that have been erased while they were open
  std::unordered_map<ListingKey, DirectorySnapshot> shown_ GUARDED_BY(mutex_);
  // Of an attempt: where else than in attempts/ it is shown.
  std::unordered_map<ListingKey, std::unordered_set<NodeNumber>> shown_in_sessions_ GUARDED_BY(mutex_);
  std::unordered_map<std::uint64_t, DirectorySnapshot> open_directories_ GUARDED_BY(mutex_);
};

}  // namespace mediafs
