#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "mediafs/base/clock.h"
#include "mediafs/base/mutex.h"
#include "mediafs/base/result.h"
#include "mediafs/model/media_id.h"

namespace mediafs {

/// What stat(2) shows as the inode number and the kernel uses as the node's name. Never reused for another
/// thing.
enum class NodeNumber : std::uint64_t {};

inline constexpr NodeNumber kRootNode{1};
inline constexpr NodeNumber kSessionsNode{2};
inline constexpr NodeNumber kAttemptsNode{3};
/// All others are this or above, and below 2^63.
inline constexpr NodeNumber kFirstHashedNode{std::uint64_t{1} << 62};

enum class NodeKind {
  root,
  sessions,          // sessions/
  attempts,          // attempts/
  session,           // sessions/ID/
  session_attempts,  // sessions/ID/attempts/
  session_attempt,   // sessions/ID/attempts/ATTEMPT/
  attempt,           // attempts/ID/
  media,
};

/// What a number stands for.
struct Node {
  NodeKind kind = NodeKind::root;
  std::optional<MediaId> id;       // of the media, the session or the attempt
  std::optional<MediaId> attempt;  // of a session_attempt

  bool operator==(const Node&) const = default;
};

/// A node's number: 62 bits of a hash of what it is, so the same in every mount, on every machine, after
/// every restart, without anything to store. Among a million nodes two would share one with a
/// probability of 1 in 10 million; the second is then refused, never confused with the first.
NodeNumber node_number_of(const Node& node);
NodeNumber node_number_of(const MediaId& media);

/// Leads from numbers back to what they stand for. Thread-safe; its lock is a leaf.
class NodeTable {
 public:
  NodeTable();

  /// Errc::internal where another one has its number.
  Result<NodeNumber> add(const Node& node) EXCLUDES(mutex_);
  /// Errc::changed where the number is not known (any more).
  Result<Node> find(NodeNumber number) EXCLUDES(mutex_);

 private:
  Mutex mutex_{LockRank::node_table};
  std::unordered_map<NodeNumber, Node> nodes_ GUARDED_BY(mutex_);
};

enum class FileType { regular, directory };

/// The type of file that a kind of node is.
constexpr FileType type_of(NodeKind kind) {
  return kind == NodeKind::media ? FileType::regular : FileType::directory;
}

/// What getattr and lookup tell.
struct Attributes {
  NodeNumber node{};
  FileType type = FileType::regular;
  std::uint64_t size = 0;
  UnixSeconds modified = 0;
  std::size_t links = 1;      // of a directory always 1, which means "not counted", as on Btrfs
  bool never_expires = true;  // name and attributes are good until Filesystem says otherwise
  bool other_name = false;    // found under another spelling of its name: to be asked for each time
};

}  // namespace mediafs
