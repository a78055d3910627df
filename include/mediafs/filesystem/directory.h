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
};

/// A directory as it was at one moment: an entry's place in it is its offset.
struct Directory {
  ListingRef listing;                   // what it was made of; null where that is no listing
  std::vector<DirectoryEntry> entries;  // ".", "..", and then by name

  [[nodiscard]] NodeNumber self() const { return entries.front().node; }
  /// Without the two.
  [[nodiscard]] std::span<const DirectoryEntry> named() const { return std::span(entries).subspan(2); }
  /// Null where there is no such name, or it is one of the two.
  [[nodiscard]] const DirectoryEntry* find(std::string_view name) const;
};
using DirectorySnapshot = std::shared_ptr<const Directory>;

/// `entries` get ".", ".." and their order.
Directory make_directory(NodeNumber self, NodeNumber parent, std::vector<DirectoryEntry> entries);

/// The directory that a listing is shown as; its nodes are added to `nodes`. An entry whose number is taken
/// is left out.
Directory make_directory(const ListingRef& listing, NodeTable& nodes);

/// The entries of `before` that `after` has not.
std::vector<DirectoryEntry> names_gone(const Directory& before, const Directory& after);

/// The listing that a directory shows, if it shows one, and the other way round.
std::optional<ListingKey> listing_of(const Node& directory);
Node directory_of(const ListingKey& listing);

/// What a link says.
std::string link_target(const Node& link);

}  // namespace mediafs
