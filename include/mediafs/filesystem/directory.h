#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mediafs/filesystem/node.h"
#include "mediafs/model/listing.h"

namespace mediafs {

/// Of sessions/ID/attempts/, and of MOUNT/attempts/.
inline constexpr std::string_view kAttemptsName = "attempts";

struct DirectoryEntry {
  std::string name;
  NodeNumber node{};
  FileType type = FileType::regular;
  std::uint64_t place = 0;  // in the order in which it is listed: the offset of telldir(3); never 0
};

/// A directory as it was at one moment. It is listed in the order of the entries' places, which depend on
/// nothing but the entries, so that somebody who has read half of it can continue in another snapshot, also
/// in one of a later server that has other entries too.
struct Directory {
  ListingRef listing;                   // what it was made of; null where that is no listing
  std::vector<DirectoryEntry> entries;  // ".", "..", and then by name
  std::vector<std::uint32_t> by_place;  // indices of `entries`

  [[nodiscard]] NodeNumber self() const { return entries.front().node; }
  /// Without "." and "..".
  [[nodiscard]] std::span<const DirectoryEntry> named() const { return std::span(entries).subspan(2); }
  /// The indices of those behind a place, in the order of their places; 0 is the beginning.
  [[nodiscard]] std::span<const std::uint32_t> after(std::uint64_t place) const;
  /// Null where there is no such name, and for "." and "..".
  [[nodiscard]] const DirectoryEntry* find(std::string_view name) const;
};
using DirectorySnapshot = std::shared_ptr<const Directory>;

/// `entries` get ".", "..", their order and their places.
Directory make_directory(NodeNumber self, NodeNumber parent, std::vector<DirectoryEntry> entries);

/// The directory that a listing is shown as; its nodes are added to `nodes`. An entry whose number is taken
/// is left out.
Directory make_directory(const ListingRef& listing, NodeTable& nodes);

/// The same directory under another number and parent: in Linux a directory has one parent only.
Directory moved_to(const Directory& directory, NodeNumber self, NodeNumber parent);

/// The entries of `before` that `after` has not.
std::vector<DirectoryEntry> names_gone(const Directory& before, const Directory& after);

/// The listing that a directory shows, if it shows one.
std::optional<ListingKey> listing_of(const Node& directory);
/// The directory that shows a listing; an attempt's is beside that a session_attempt of each session that has
/// it.
Node directory_of(const ListingKey& listing);
/// The attempt whose media a directory shows, if it does.
std::optional<MediaId> attempt_of(const Node& directory);
NodeNumber parent_of(const Node& directory);

}  // namespace mediafs
