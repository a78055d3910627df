#include "mediafs/filesystem/directory.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <tuple>

#include "mediafs/filesystem/file_name.h"

namespace mediafs {

namespace {

constexpr std::size_t kDots = 2;
constexpr std::uint64_t kPlaceOfSelf = 1;
constexpr std::uint64_t kPlaceOfParent = 2;
constexpr std::uint64_t kFirstFreePlace = 3;

/// Numbers tell the entries of a directory apart; the few small ones make room for the dots.
std::uint64_t place_of(NodeNumber node) {
  const auto number = static_cast<std::uint64_t>(node);
  return number < static_cast<std::uint64_t>(kFirstHashedNode) ? number + kFirstFreePlace : number;
}

bool before_in_order(const DirectoryEntry& a, const DirectoryEntry& b) {
  return a.name < b.name;
}

void add(std::vector<DirectoryEntry>& entries, NodeTable& nodes, std::string name, const Node& node) {
  if (const auto number = nodes.add(node)) entries.push_back({std::move(name), *number, type_of(node.kind)});
}

}  // namespace

const DirectoryEntry* Directory::find(std::string_view name) const {
  const auto names = named();
  const auto found =
      std::lower_bound(names.begin(), names.end(), name,
                       [](const DirectoryEntry& entry, std::string_view n) { return entry.name < n; });
  return found != names.end() && found->name == name ? &*found : nullptr;
}

std::span<const std::uint32_t> Directory::after(std::uint64_t place) const {
  const auto begin =
      std::upper_bound(by_place.begin(), by_place.end(), place,
                       [this](std::uint64_t p, std::uint32_t i) { return p < entries[i].place; });
  return {begin, by_place.end()};
}

Directory make_directory(NodeNumber self, NodeNumber parent, std::vector<DirectoryEntry> entries) {
  std::sort(entries.begin(), entries.end(), before_in_order);
  for (DirectoryEntry& entry : entries) entry.place = place_of(entry.node);
  entries.insert(entries.begin(), {{".", self, FileType::directory, kPlaceOfSelf},
                                   {"..", parent, FileType::directory, kPlaceOfParent}});
  std::vector<std::uint32_t> by_place(entries.size());
  std::iota(by_place.begin(), by_place.end(), 0U);
  std::sort(by_place.begin(), by_place.end(),
            [&](std::uint32_t a, std::uint32_t b) { return entries[a].place < entries[b].place; });
  return {.listing = nullptr, .entries = std::move(entries), .by_place = std::move(by_place)};
}

Directory make_directory(const ListingRef& listing, NodeTable& nodes) {
  const Node self = directory_of(listing->key);
  std::vector<DirectoryEntry> entries;
  entries.reserve(listing->media.size() + listing->attempts.size() + 1 + kDots);
  std::vector<std::string> names = file_names(listing->media);
  for (std::size_t i = 0; i < names.size(); ++i) {
    add(entries, nodes, std::move(names[i]), {NodeKind::media, listing->media[i].id, {}});
  }
  for (const ListedAttempt& attempt : listing->attempts) {
    add(entries, nodes, attempt.id.text(), {NodeKind::session_attempt, listing->key.id, attempt.id});
  }
  if (self.kind == NodeKind::session) {
    add(entries, nodes, std::string(kAttemptsName), {NodeKind::session_attempts, listing->key.id, {}});
  }
  Directory directory = make_directory(node_number_of(self), parent_of(self), std::move(entries));
  directory.listing = listing;
  return directory;
}

Directory moved_to(const Directory& directory, NodeNumber self, NodeNumber parent) {
  Directory moved = directory;
  moved.entries[0].node = self;
  moved.entries[1].node = parent;
  return moved;
}

std::vector<DirectoryEntry> names_gone(const Directory& before, const Directory& after) {
  const auto in_order = [](const DirectoryEntry& a, const DirectoryEntry& b) {
    return std::tie(a.name, a.node) < std::tie(b.name, b.node);
  };
  std::vector<DirectoryEntry> gone;
  std::set_difference(before.named().begin(), before.named().end(), after.named().begin(),
                      after.named().end(), std::back_inserter(gone), in_order);
  return gone;
}

std::optional<ListingKey> listing_of(const Node& directory) {
  switch (directory.kind) {
    case NodeKind::session:
      return ListingKey{ListingKind::session_media, *directory.id};
    case NodeKind::session_attempts:
      return ListingKey{ListingKind::session_attempts, *directory.id};
    case NodeKind::attempt:
      return ListingKey{ListingKind::attempt_media, *directory.id};
    case NodeKind::session_attempt:
      return ListingKey{ListingKind::attempt_media, *directory.attempt};
    default:
      return std::nullopt;
  }
}

Node directory_of(const ListingKey& listing) {
  switch (listing.kind) {
    case ListingKind::session_media:
      return {NodeKind::session, listing.id, {}};
    case ListingKind::session_attempts:
      return {NodeKind::session_attempts, listing.id, {}};
    case ListingKind::attempt_media:
      break;
  }
  return {NodeKind::attempt, listing.id, {}};
}

std::optional<MediaId> attempt_of(const Node& directory) {
  const auto listing = listing_of(directory);
  return listing && listing->kind == ListingKind::attempt_media ? std::optional(listing->id) : std::nullopt;
}

NodeNumber parent_of(const Node& directory) {
  switch (directory.kind) {
    case NodeKind::session:
      return kSessionsNode;
    case NodeKind::attempt:
      return kAttemptsNode;
    case NodeKind::session_attempts:
      return node_number_of(Node{NodeKind::session, directory.id, {}});
    case NodeKind::session_attempt:
      return node_number_of(Node{NodeKind::session_attempts, directory.id, {}});
    default:
      return kRootNode;
  }
}

}  // namespace mediafs
