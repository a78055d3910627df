#include "mediafs/filesystem/filesystem.h"

#include <algorithm>
#include <utility>

#include "filesystem/listing_walk.h"
#include "mediafs/crypto/random.h"

namespace mediafs {

namespace {

Attributes attributes_of(const MediaItem& item) {
  return {.node = node_number_of(item.id), .size = item.size, .modified = item.modified};
}

}  // namespace

Filesystem::Filesystem(const Options& options, Catalog& catalog, MediaStore& store)
    : options_(options),
      catalog_(catalog),
      store_(store),
      started_(wall_seconds()),
      walks_(std::make_unique<ListingWalks>()) {
  for (const MediaItemRef& item : catalog_.all()) static_cast<void>(adopt(*item).ok());
}

Filesystem::~Filesystem() = default;

bool Filesystem::can_exist(NodeNumber parent, std::string_view name) {
  return parent == kRootNode && MediaId::parse(name).ok();
}

/// Makes the media's node known, so that its number leads back to it.
Result<Attributes> Filesystem::adopt(const MediaItem& item) {
  const Attributes attributes = attributes_of(item);
  const MutexLock lock(mutex_);
  const auto [place, added] = media_.try_emplace(attributes.node, item.id);
  if (place->second != item.id) return Error{Errc::internal, "two media with one node number"};
  return attributes;
}

Result<MediaId> Filesystem::id_at(NodeNumber node) {
  if (node == kRootNode) return Error{Errc::is_directory, ""};
  const MutexLock lock(mutex_);
  const auto found = media_.find(node);
  if (found == media_.end()) return Error{Errc::changed, "a node that is not known any more"};
  return found->second;
}

Result<MediaItemRef> Filesystem::media_at(NodeNumber node) {
  const auto id = id_at(node);
  if (!id) return id.error();
  if (auto item = catalog_.find(*id)) return item;
  return Error{Errc::changed, "a media that is not known any more"};
}

void Filesystem::lookup(NodeNumber parent, std::string_view name, Done<Attributes> done,
                        const std::stop_token& stop) {
  if (parent != kRootNode) return done(Error{Errc::not_directory, ""});
  const auto id = MediaId::parse(name);
  if (!id) return done(id.error());
  store_.find(
      *id,
      [this, done = std::move(done)](const Result<MediaItemRef>& item) {
        done(item ? adopt(**item) : Result<Attributes>(item.error()));
      },
      stop);
}

Result<Attributes> Filesystem::attributes(NodeNumber node) {
  if (node == kRootNode)
    return Attributes{.node = kRootNode, .directory = true, .modified = started_, .links = 2};
  const auto item = media_at(node);
  if (!item) return item.error();
  return attributes_of(**item);
}

DirectorySnapshot Filesystem::list_root() {
  auto entries = std::make_shared<std::vector<DirectoryEntry>>();
  const Attributes root{.node = kRootNode, .directory = true, .modified = started_, .links = 2};
  for (const MediaItemRef& item : catalog_.all()) {
    if (const auto attributes = adopt(*item)) entries->push_back({item->id.text(), *attributes});
  }
  std::sort(entries->begin(), entries->end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  entries->insert(entries->begin(), {{".", root}, {"..", root}});
  return entries;
}

Result<std::uint64_t> Filesystem::open_directory(NodeNumber node) {
  if (node != kRootNode) return Error{Errc::not_directory, ""};
  const DirectorySnapshot snapshot = list_root();
  walks_->begin(snapshot);
  const std::uint64_t handle = crypto::random_number();  // unlike any of an earlier server
  const MutexLock lock(mutex_);
  open_directories_[handle] = snapshot;
  return handle;
}

Result<DirectorySnapshot> Filesystem::directory(NodeNumber node, std::uint64_t handle) {
  if (node != kRootNode) return Error{Errc::not_directory, ""};
  {
    const MutexLock lock(mutex_);
    const auto found = open_directories_.find(handle);
    if (found != open_directories_.end()) return found->second;
  }
  const DirectorySnapshot snapshot = list_root();
  const MutexLock lock(mutex_);
  return open_directories_.try_emplace(handle, snapshot).first->second;
}

void Filesystem::close_directory(std::uint64_t handle) {
  const MutexLock lock(mutex_);
  open_directories_.erase(handle);
}

Result<Filesystem::OpenFile> Filesystem::open(NodeNumber node) {
  const auto id = id_at(node);
  if (!id) return id.error();
  store_.opened(*id);  // first: it may find that what is here cannot be continued
  auto file = [&]() -> Result<OpenFile> {
    const auto item = catalog_.find(*id);
    if (!item) return Error{Errc::changed, "a media that is not known any more"};
    const MutexLock lock(mutex_);
    Opens& opens = opens_[node];
    const bool first = opens.version == Revision{};  // so the kernel has no page of it
    const bool same = opens.version == item->revision;
    if (opens.count > 0 && !same) return Error{Errc::changed, "another version is still open"};
    opens.version = item->revision;
    ++opens.count;
    return OpenFile{item->revision, first || same};
  }();
  if (!file) {
    store_.closed(*id);
  } else if (options_.fetch_ahead) {
    fetch_ahead_of(node);
  }
  return file;
}

void Filesystem::fetch_ahead_of(NodeNumber node) {
  std::vector<MediaId> ids;
  for (const NodeNumber next : walks_->opened(node)) {
    if (auto id = id_at(next)) ids.push_back(*std::move(id));
  }
  if (!ids.empty()) store_.fetch_ahead(ids);
}

void Filesystem::read(NodeNumber node, Revision version, ByteRange range, const Done<Slices>& done,
                      const std::stop_token& stop) {
  const auto id = id_at(node);
  if (!id) return done(id.error());
  const auto item = catalog_.find(*id);
  if (!item || item->revision != version) return done(store_.why_stale(*id));
  const ByteRange there = clipped(range, item->size);
  if (there.empty()) return done(Slices{});
  store_.read(item, there, done, stop);
}

void Filesystem::close(NodeNumber node) {
  const auto id = id_at(node);
  if (!id) return;
  bool tell = false;
  {
    const MutexLock lock(mutex_);
    Opens& opens = opens_[node];
    tell = --opens.count == 0 && std::exchange(opens.changed, false);
  }
  store_.closed(*id);
  if (tell) new_attributes_(node);
}

void Filesystem::on_new_attributes(std::function<void(NodeNumber)> listener) {
  new_attributes_ = std::move(listener);
}

void Filesystem::media_changed(const MediaId& id) {
  const NodeNumber node = node_number_of(id);
  {
    const MutexLock lock(mutex_);
    Opens& opens = opens_[node];
    opens.changed = opens.count > 0;
    if (opens.changed) return;
  }
  new_attributes_(node);
}

Space Filesystem::space() const {
  Space space;
  for (const MediaItemRef& item : catalog_.all()) {
    space.bytes += item->size;
    ++space.files;
  }
  return space;
}

}  // namespace mediafs
