// Filesystem: attributes and files. Names and directories are in filesystem_names.cpp.
#include "mediafs/filesystem/filesystem.h"

#include <utility>

#include "filesystem/directory_read_ahead.h"
#include "filesystem/session_file.h"
#include "mediafs/model/media_type.h"

namespace mediafs {

namespace {

constexpr std::size_t kNotCounted = 1;  // links of a directory

/// RFC 3339, in UTC.
std::string timestamp(UnixSeconds seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::string text(32, '\0');
  text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts));
  return text;
}

void add_unless_empty(ExtendedAttributes& out, std::string name, const std::string& value) {
  if (!value.empty()) out.emplace_back(std::move(name), value);
}

}  // namespace

Filesystem::Filesystem(Options options, Catalog& catalog, MediaStore& media, ListingStore& listings,
                       OpenFiles& files, const Clock& clock)
    : options_(std::move(options)),
      catalog_(catalog),
      media_(media),
      listings_(listings),
      files_(files),
      eraser_(catalog, media, listings),
      started_(clock.wall_seconds()),
      read_ahead_(std::make_unique<DirectoryReadAhead>()),
      sessions_(std::make_unique<SessionFile>(options_.sessions_file, clock)) {
  listings_.on_change([this](const ListingKey& key) { listing_changed(key); });
  // So that node numbers are known which the kernel, or somebody with an open handle, has kept.
  for (const NodeKind kind : {NodeKind::root, NodeKind::sessions, NodeKind::attempts}) list_known(kind);
  for (const ListingKind kind :
       {ListingKind::session_media, ListingKind::attempt_media, ListingKind::session_attempts}) {
    for (const ListingRef& listing : catalog_.listings(kind)) show(listing);
  }
  for (const OpenFiles::File& file : files_.all()) reopen(file);
}

Filesystem::~Filesystem() = default;

Result<MediaId> Filesystem::media_at(NodeNumber number) {
  auto node = nodes_.find(number);
  if (!node) return node.error();
  if (type_of(node->kind) == FileType::directory) return Error{Errc::is_directory, ""};
  return *std::move(node->id);
}

/// When an attempt was made; of other directories, when their content changed last.
UnixSeconds Filesystem::time_of(const Node& directory) {
  if (const auto id = attempt_of(directory)) {
    const auto attempt = catalog_.attempt(*id);
    if (attempt) return attempt->created.value_or(attempt->first_seen);
  }
  const auto key = listing_of(directory);
  if (!key) return catalog_.newest() > 0 ? catalog_.newest() : started_;
  if (const ListingRef listing = catalog_.find_listing(*key)) return listing->changed;
  const auto session = catalog_.find_listing({ListingKind::session_media, *directory.id});
  return session ? session->changed : sessions_->current()->modified;
}

Result<Attributes> Filesystem::attributes_of(const Node& node, NodeNumber number) {
  Attributes attributes{.node = number, .type = type_of(node.kind)};
  if (node.kind == NodeKind::media) {
    const auto item = catalog_.find(*node.id);
    if (!item) return media_.why_stale(*node.id);
    attributes.size = shown_size(number, *item);
    attributes.modified = item->shown;
    attributes.links = 1 + catalog_.mention(*node.id).directories;
  } else {
    attributes.links = kNotCounted;
    attributes.modified = time_of(node);
    attributes.never_expires = false;
  }
  return attributes;
}

Result<Attributes> Filesystem::attributes(NodeNumber number) {
  const auto node = nodes_.find(number);
  if (!node) return node.error();
  return attributes_of(*node, number);
}

Result<ExtendedAttributes> Filesystem::extended_attributes(NodeNumber number) {
  const auto node = nodes_.find(number);
  if (!node) return node.error();
  ExtendedAttributes out;
  if (const auto key = listing_of(*node)) {
    if (const auto listing = catalog_.find_listing(*key)) {
      out.emplace_back("user.mediafs.listed", timestamp(listing->listed));
    }
  }
  const auto item = node->kind == NodeKind::media ? catalog_.find(*node->id) : nullptr;
  if (!item) return out;
  out.emplace_back("user.mime_type", freedesktop_type(item->content_type));
  out.emplace_back("user.mediafs.id", item->id.text());
  if (const auto listed = catalog_.listed(item->id)) {
    add_unless_empty(out, "user.mediafs.session", listed->session);
    add_unless_empty(out, "user.mediafs.context", listed->context);
    add_unless_empty(out, "user.mediafs.duration", listed->duration);
  }
  out.emplace_back("user.mediafs.cached", std::to_string(media_.percent_kept(*item)));
  return out;
}

/// What an earlier server has opened. Of what is not known any more reads fail with Errc::changed.
void Filesystem::reopen(const OpenFiles::File& file) {
  const auto id = media_at(file.node);
  if (id) media_.opened(*id);
  const MutexLock lock(mutex_);
  if (!id) unnamed_.insert(file.handle);
  Opens& opens = opens_[file.node];
  opens.version = file.version;
  opens.size = file.size;
  ++opens.count;
}

void Filesystem::open(NodeNumber number, FileHandle handle, const Done<OpenFile>& done,
                      const std::stop_token& stop) {
  const auto id = media_at(number);
  if (!id) return done(id.error());
  if (options_.fetch_ahead) fetch_ahead_of(number);
  const auto known = catalog_.find(*id);
  media_.confirm_to_open(
      *id,
      [this, number, handle, id = *id, directly = known && known->unsized,
       done](const Result<MediaItemRef>& item) {
        auto file = item ? open_confirmed(number, id, handle) : Result<OpenFile>(item.error());
        if (file) file->directly = directly;
        done(std::move(file));
      },
      stop);
}

/// How the node has been opened last, where the item can be opened beside that.
Result<Filesystem::Opens> Filesystem::may_open(NodeNumber number, const MediaItemRef& item) {
  const Opens& opens = opens_[number];
  if (opens.count > 0 && opens.version != item->revision)
    return Error{Errc::changed, "another version is still open"};
  return opens;
}

Result<Filesystem::OpenFile> Filesystem::open_confirmed(NodeNumber number, const MediaId& id,
                                                        FileHandle handle) {
  close(handle, Closing::unheard_of);  // an earlier try
  media_.opened(id);                   // first: it may find that what is here cannot be continued
  auto file = [&]() -> Result<OpenFile> {
    const auto item = catalog_.find(id);
    if (!item || item->from_listing_only()) return media_.why_stale(id);  // since it was confirmed
    auto before = [&] {
      const MutexLock lock(mutex_);
      return may_open(number, item);
    }();
    if (!before) return before.error();
    const bool same = before->version == item->revision;
    // The kernel may have been told the size that a listing says. It is told to ask again before this version
    // counts as opened, so that nobody reads by that size.
    if (!same) new_attributes_(number);
    const MutexLock lock(mutex_);
    if (const auto still = may_open(number, item); !still) return still.error();
    const auto now = catalog_.find(id);
    if (!now || now->revision != item->revision) return Error{Errc::changed, "another version since"};
    if (const Status added = files_.add({handle, number, item->revision, item->size}); !added)
      return added.error();
    const bool first =
        before->version == Revision{} && !options_.taken_over;  // so the kernel has no page of it
    Opens& opens = opens_[number];
    if (opens.version != item->revision) opens.settled = first;
    opens.version = item->revision;
    opens.size = item->size;
    ++opens.count;
    // Whose reply comes before that of the first to open this version would else find the last one's pages.
    return OpenFile{.keep_page_cache = first || (same && opens.settled)};
  }();
  if (!file) media_.closed(id);
  return file;
}

/// While somebody has a version open its size stays as it was, so that nobody's file ends early.
std::uint64_t Filesystem::shown_size(NodeNumber number, const MediaItem& item) {
  const MutexLock lock(mutex_);
  const auto opens = opens_.find(number);
  return opens != opens_.end() && opens->second.count > 0 ? opens->second.size : item.size;
}

void Filesystem::fetch_ahead_of(NodeNumber number) {
  std::vector<MediaId> ids;
  for (const NodeNumber next : read_ahead_->opened(number)) {
    if (auto id = media_at(next)) ids.push_back(*std::move(id));
  }
  if (!ids.empty()) media_.fetch_ahead(ids);
}

void Filesystem::read(NodeNumber number, FileHandle handle, ByteRange range, const Done<Slices>& done,
                      const std::stop_token& stop) {
  const auto id = media_at(number);
  if (!id) return done(id.error());
  const auto file = files_.find(handle);
  const auto item = catalog_.find(*id);
  if (!file || !item || item->revision != file->version) return done(media_.why_stale(*id));
  const ByteRange there = clipped(range, item->size);
  if (there.empty()) return done(Slices{});
  media_.read(item, there, done, stop);
}

void Filesystem::close(FileHandle handle, Closing closing) {
  const auto file = files_.remove(handle);
  if (!file) return;
  bool tell = false;
  bool is_named = false;
  {
    const MutexLock lock(mutex_);
    Opens& opens = opens_[file->node];
    if (closing == Closing::by_the_kernel && opens.version == file->version) opens.settled = true;
    tell = --opens.count == 0 && std::exchange(opens.changed, false);
    is_named = unnamed_.erase(handle) == 0;
  }
  const auto id = media_at(file->node);
  if (id && is_named) media_.closed(*id);
  if (tell) new_attributes_(file->node);
}

void Filesystem::on_new_attributes(std::function<void(NodeNumber)> listener) {
  new_attributes_ = std::move(listener);
}

void Filesystem::on_gone(std::function<void(NodeNumber, const std::string&)> listener) {
  gone_ = std::move(listener);
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
