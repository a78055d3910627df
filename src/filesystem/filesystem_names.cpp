// Filesystem, the part of names and directories.
#include <utility>

#include "filesystem/directory_read_ahead.h"
#include "filesystem/session_file.h"
#include "mediafs/crypto/random.h"
#include "mediafs/filesystem/file_name.h"
#include "mediafs/filesystem/filesystem.h"
#include "mediafs/model/media_type.h"

namespace mediafs {

namespace {

constexpr std::string_view kSessionsName = "sessions";
constexpr std::size_t kLongestName = 255;  // NAME_MAX

bool can_be_media_name(std::string_view name) {
  return MediaId::parse(name).ok() || MediaId::parse(split_id_name(name).id).ok();
}

/// The name under which a directory lists what is looked up: ids can be spelt in more than one way.
std::string usual_name(NodeKind directory, std::string_view name) {
  const bool of_listed = directory == NodeKind::session || directory == NodeKind::attempt ||
                         directory == NodeKind::session_attempt;
  const IdName parts = directory == NodeKind::root ? split_id_name(name) : IdName{name, {}};
  const auto id = of_listed ? Error{Errc::not_found, ""} : MediaId::parse(parts.id);
  return id ? id->text() + std::string(name.substr(parts.id.size())) : std::string(name);
}

/// Which listing decides whether a session or attempt of that id exists.
ListingKey listing_in(NodeKind directory, const MediaId& id) {
  return {directory == NodeKind::sessions ? ListingKind::session_media : ListingKind::attempt_media, id};
}

}  // namespace

bool Filesystem::can_exist(NodeNumber parent, std::string_view name) {
  const auto node = nodes_.find(parent);
  if (!node || name.size() > kLongestName) return true;  // lookup() says what is wrong
  switch (node->kind) {
    case NodeKind::root:
      return name == kSessionsName || name == kAttemptsName || can_be_media_name(name);
    case NodeKind::sessions:
    case NodeKind::attempts:
    case NodeKind::session_attempts:
      return MediaId::parse(name).ok();
    case NodeKind::session:
      return name == kAttemptsName || can_be_file_name(name);
    case NodeKind::attempt:
    case NodeKind::session_attempt:
      return can_be_file_name(name);
    case NodeKind::media:
      break;
  }
  return true;
}

Duration Filesystem::negative_ttl(NodeNumber parent) {
  const auto node = nodes_.find(parent);
  const bool listed = node && listing_of(*node);
  return listed ? std::min(options_.negative_ttl, options_.listing_ttl) : options_.negative_ttl;
}

void Filesystem::lookup(NodeNumber parent, std::string_view name, const Done<Attributes>& done,
                        const std::stop_token& stop) {
  const auto node = nodes_.find(parent);
  if (!node) return done(node.error());
  if (type_of(node->kind) != FileType::directory) return done(Error{Errc::not_directory, ""});
  if (name.size() > kLongestName) return done(Error{Errc::name_too_long, ""});
  if (!can_exist(parent, name)) return done(Error{Errc::not_found, "a name that cannot be"});
  const std::string usual = usual_name(node->kind, name);
  if (usual == name) return lookup_usual(*node, usual, done, stop);
  const auto tell = [done](Result<Attributes> found) {
    if (found) found->other_name = true;
    done(std::move(found));
  };
  lookup_usual(*node, usual, tell, stop);
}

void Filesystem::lookup_usual(const Node& directory, const std::string& name, const Done<Attributes>& done,
                              const std::stop_token& stop) {
  if (directory.kind != NodeKind::root) return lookup_listed(directory, name, done, stop);
  if (name == kSessionsName) return done(attributes(kSessionsNode));
  if (name == kAttemptsName) return done(attributes(kAttemptsNode));
  lookup_media(name, done, stop);
}

/// Makes a node known, so that its number leads back to it.
Result<Attributes> Filesystem::adopt(const Node& node) {
  const auto added = nodes_.add(node);
  return added ? attributes_of(node, *added) : Result<Attributes>(added.error());
}

/// MOUNT/ID or MOUNT/ID.EXT.
void Filesystem::lookup_media(std::string_view name, const Done<Attributes>& done,
                              const std::stop_token& stop) {
  const IdName parts = split_id_name(name);
  const auto id = MediaId::parse(parts.id);
  if (!id) return done(id.error());
  media_.find(
      *id,
      [this, done, extension = std::string(parts.extension)](const Result<MediaItemRef>& item) {
        if (!item) return done(item.error());
        if (!extension.empty() && extension != extension_of((*item)->content_type)) {
          return done(Error{Errc::not_found, "a media of another type"});
        }
        done(adopt({NodeKind::media, (*item)->id, {}}));
      },
      stop);
}

/// In any directory but the root.
void Filesystem::lookup_listed(const Node& directory, std::string_view name, const Done<Attributes>& done,
                               const std::stop_token& stop) {
  if (const auto key = listing_of(directory)) return lookup_in(*key, std::string(name), done, stop);
  const auto id = MediaId::parse(name);
  if (!id) return done(id.error());
  const ListingKey key = listing_in(directory.kind, *id);
  if (is_known(key)) {
    if (catalog_.find_listing(key)) listings_.refresh(key);
    return done(adopt(directory_of(key)));
  }
  listings_.find(
      key, ListingStore::Older::shown,
      [this, key, done](const Result<ListingRef>& listing) {
        if (!listing) return done(listing.error());
        show(*listing);
        done(adopt(directory_of(key)));
      },
      stop);
}

/// Whether a session or attempt is taken to exist without asking.
bool Filesystem::is_known(const ListingKey& key) {
  if (catalog_.find_listing(key)) return true;
  return key.kind == ListingKind::session_media ? sessions_->current()->ids.contains(key.id)
                                                : catalog_.attempt(key.id) != nullptr;
}

/// That there is no such list, by another word than the API's 404, says nothing of a session or attempt that
/// is there.
Error Filesystem::why_not_listed(const ListingKey& listing, const Error& error) {
  const bool is_there =
      listing.kind == ListingKind::session_attempts ||
      (listing.kind == ListingKind::attempt_media && catalog_.attempt(listing.id) != nullptr);
  const bool says_nothing = error.code == Errc::not_found_by_gateway || error.code == Errc::impossible_id;
  return is_there && says_nothing ? Error{Errc::outside_api, error.context} : error;
}

/// In a session's or attempt's directory: a name that is known needs no newer listing, one that is not does.
void Filesystem::lookup_in(const ListingKey& listing, const std::string& name, const Done<Attributes>& done,
                           const std::stop_token& stop) {
  if (listing.kind == ListingKind::session_media && name == kAttemptsName) {
    const ListingKey attempts{ListingKind::session_attempts, listing.id};
    if (catalog_.find_listing(attempts)) listings_.refresh(attempts);
    return done(adopt({NodeKind::session_attempts, listing.id, {}}));
  }
  if (const ListingRef known = catalog_.find_listing(listing)) {
    auto found = entry_in(*show(known), name);
    if (found) listings_.refresh(listing);
    if (found || listings_.is_fresh(listing)) return done(std::move(found));
  }
  // An older listing does not prove that a name is not there.
  listings_.find(
      listing, ListingStore::Older::refused,
      [this, listing, name, done](const Result<ListingRef>& newest) {
        done(newest ? entry_in(*show(*newest), name)
                    : Result<Attributes>(why_not_listed(listing, newest.error())));
      },
      stop);
}

Result<Attributes> Filesystem::entry_in(const Directory& directory, std::string_view name) {
  const DirectoryEntry* const entry = directory.find(name);
  if (entry == nullptr) return Error{Errc::not_found, "not listed"};
  return attributes(entry->node);
}

/// The directory of a listing; where it takes the place of an older one, the kernel is told what has gone.
DirectorySnapshot Filesystem::show(const ListingRef& listing) {
  {
    const MutexLock lock(mutex_);
    const auto found = shown_.find(listing->key);
    if (found != shown_.end() && found->second->listing == listing) return found->second;
  }
  auto fresh = std::make_shared<const Directory>(make_directory(listing, nodes_));
  DirectorySnapshot before;
  {
    const MutexLock lock(mutex_);
    if (catalog_.find_listing(listing->key) != listing) return fresh;  // there is a newer one by now, or none
    before = std::exchange(shown_[listing->key], fresh);
    for (const ListedAttempt& attempt : listing->attempts) {
      shown_in_sessions_[{ListingKind::attempt_media, attempt.id}].insert(
          node_number_of(Node{NodeKind::session_attempt, listing->key.id, attempt.id}));
    }
  }
  if (!before || listing->changed != before->listing->changed) {
    for (const NodeNumber directory : directories_of(listing->key)) new_attributes_(directory);
  }
  if (before) tell_gone(listing->key, names_gone(*before, *fresh));
  return fresh;
}

/// The same as one of the directories that show the listing.
DirectorySnapshot Filesystem::show_as(const Node& directory, const ListingRef& listing) {
  DirectorySnapshot shown = show(listing);
  const NodeNumber self = node_number_of(directory);
  if (shown->self() == self) return shown;
  return std::make_shared<const Directory>(moved_to(*shown, self, parent_of(directory)));
}

/// All that show the listing, as far as anybody can know of them.
std::vector<NodeNumber> Filesystem::directories_of(const ListingKey& listing) {
  std::vector<NodeNumber> directories{node_number_of(directory_of(listing))};
  const MutexLock lock(mutex_);
  const auto found = shown_in_sessions_.find(listing);
  if (found != shown_in_sessions_.end())
    directories.insert(directories.end(), found->second.begin(), found->second.end());
  return directories;
}

void Filesystem::tell_gone(const ListingKey& listing, std::span<const DirectoryEntry> entries) {
  for (const NodeNumber directory : directories_of(listing)) {
    for (const DirectoryEntry& entry : entries) gone_(directory, entry.name);
  }
}

/// There is a newer listing, or none any more.
void Filesystem::listing_changed(const ListingKey& key) {
  if (const ListingRef listing = catalog_.find_listing(key)) {
    show(listing);
    return;
  }
  DirectorySnapshot before;
  {
    const MutexLock lock(mutex_);
    const auto found = shown_.find(key);
    if (found == shown_.end()) return;
    before = std::move(found->second);
    shown_.erase(found);
  }
  tell_gone(key, before->named());
}

DirectorySnapshot Filesystem::list_root() {
  std::vector<DirectoryEntry> entries{{std::string(kSessionsName), kSessionsNode, FileType::directory},
                                      {std::string(kAttemptsName), kAttemptsNode, FileType::directory}};
  for (const MediaItemRef& item : catalog_.all()) {
    if (const auto number = nodes_.add({NodeKind::media, item->id, {}})) {
      entries.push_back({item->id.text(), *number, FileType::regular});
    }
  }
  return std::make_shared<const Directory>(make_directory(kRootNode, kRootNode, std::move(entries)));
}

/// The sessions or attempts known so far; or the root.
DirectorySnapshot Filesystem::list_known(NodeKind kind) {
  if (kind == NodeKind::root) return list_root();
  std::unordered_set<MediaId> ids;
  for (const ListingRef& listing : catalog_.listings(
           kind == NodeKind::sessions ? ListingKind::session_media : ListingKind::attempt_media)) {
    ids.insert(listing->key.id);
  }
  if (kind == NodeKind::sessions) {
    const auto file = sessions_->current();
    ids.insert(file->ids.begin(), file->ids.end());
  } else {
    for (const auto& attempt : catalog_.attempts()) ids.insert(attempt->id);
  }
  std::vector<DirectoryEntry> entries;
  entries.reserve(ids.size() + 2);
  for (const MediaId& id : ids) {
    const Node node = directory_of(listing_in(kind, id));
    if (const auto number = nodes_.add(node)) entries.push_back({id.text(), *number, FileType::directory});
  }
  const NodeNumber self = kind == NodeKind::sessions ? kSessionsNode : kAttemptsNode;
  return std::make_shared<const Directory>(make_directory(self, kRootNode, std::move(entries)));
}

/// Without asking anybody.
Result<DirectorySnapshot> Filesystem::list_known_now(const Node& directory) {
  const auto key = listing_of(directory);
  if (!key) return list_known(directory.kind);
  if (const ListingRef listing = catalog_.find_listing(*key)) return show_as(directory, listing);
  return Error{Errc::changed, "a directory that is not known any more"};
}

/// An attempt that its session names is there: where the API has no media of it, with nothing in it.
Result<DirectorySnapshot> Filesystem::show_without(const Node& directory, const Error& error) {
  const ListingKey key = *listing_of(directory);
  const bool is_empty = error.code == Errc::not_found && key.kind == ListingKind::attempt_media &&
                        catalog_.attempt(key.id) != nullptr;
  if (!is_empty) return why_not_listed(key, error);
  return std::make_shared<const Directory>(
      make_directory(node_number_of(directory), parent_of(directory), {}));
}

Result<std::uint64_t> Filesystem::handle_for(const DirectorySnapshot& snapshot) {
  read_ahead_->begin(*snapshot);
  const std::uint64_t handle = crypto::random_number();  // unlike any of an earlier server
  const MutexLock lock(mutex_);
  open_directories_[handle] = snapshot;
  return handle;
}

void Filesystem::open_directory(NodeNumber number, const Done<std::uint64_t>& done,
                                const std::stop_token& stop) {
  const auto node = nodes_.find(number);
  if (!node) return done(node.error());
  if (type_of(node->kind) != FileType::directory) return done(Error{Errc::not_directory, ""});
  const auto key = listing_of(*node);
  if (!key) return done(handle_for(list_known(node->kind)));
  const bool of_session = node->kind == NodeKind::session || node->kind == NodeKind::session_attempts;
  if (of_session && options_.fetch_ahead) listings_.fetch_attempts_ahead(key->id);
  listings_.find(
      *key, ListingStore::Older::shown,
      [this, directory = *node, done](const Result<ListingRef>& listing) {
        const auto shown = listing ? show_as(directory, *listing) : show_without(directory, listing.error());
        done(shown ? handle_for(*shown) : Result<std::uint64_t>(shown.error()));
      },
      stop);
}

Result<DirectorySnapshot> Filesystem::directory(NodeNumber number, std::uint64_t handle) {
  {
    const MutexLock lock(mutex_);
    const auto found = open_directories_.find(handle);
    if (found != open_directories_.end()) return found->second;
  }
  const auto node = nodes_.find(number);
  if (!node) return node.error();
  if (type_of(node->kind) != FileType::directory) return Error{Errc::not_directory, ""};
  const auto snapshot = list_known_now(*node);
  if (!snapshot) return snapshot.error();
  const MutexLock lock(mutex_);
  return open_directories_.try_emplace(handle, *snapshot).first->second;
}

bool Filesystem::is_current(const Directory& directory) const {
  return !directory.listing || catalog_.find_listing(directory.listing->key) == directory.listing;
}

void Filesystem::close_directory(std::uint64_t handle) {
  const MutexLock lock(mutex_);
  open_directories_.erase(handle);
}

}  // namespace mediafs
