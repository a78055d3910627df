#include "mediafs/filesystem/node.h"

#include "mediafs/crypto/digest.h"

namespace mediafs {

namespace {

NodeNumber hashed(const std::string& text) {
  constexpr std::uint64_t kSixtyTwoBits = (std::uint64_t{1} << 62) - 1;
  const crypto::Digest digest = crypto::sha256(bytes_of(text));
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof(number); ++i)
    number = number << 8 | std::to_integer<std::uint64_t>(digest[i]);
  return NodeNumber{(number & kSixtyTwoBits) | static_cast<std::uint64_t>(kFirstHashedNode)};
}

}  // namespace

NodeNumber node_number_of(const MediaId& media) {
  return hashed("mediafs node " + media.text());
}

NodeNumber node_number_of(const Node& node) {
  switch (node.kind) {
    case NodeKind::root:
      return kRootNode;
    case NodeKind::sessions:
      return kSessionsNode;
    case NodeKind::attempts:
      return kAttemptsNode;
    case NodeKind::session:
      return hashed("mediafs session node " + node.id->text());
    case NodeKind::session_attempts:
      return hashed("mediafs session attempts node " + node.id->text());
    case NodeKind::session_attempt:
      return hashed("mediafs session attempt node " + node.id->text() + " " + node.attempt->text());
    case NodeKind::attempt:
      return hashed("mediafs attempt node " + node.id->text());
    case NodeKind::media:
      break;
  }
  return node_number_of(*node.id);
}

NodeTable::NodeTable()
    : nodes_{{kRootNode, Node{NodeKind::root}},
             {kSessionsNode, Node{NodeKind::sessions}},
             {kAttemptsNode, Node{NodeKind::attempts}}} {}

Result<NodeNumber> NodeTable::add(const Node& node) {
  const NodeNumber number = node_number_of(node);
  const MutexLock lock(mutex_);
  const auto [place, added] = nodes_.try_emplace(number, node);
  if (place->second != node) return Error{Errc::internal, "two nodes with one number"};
  return number;
}

Result<Node> NodeTable::find(NodeNumber number) {
  const MutexLock lock(mutex_);
  const auto found = nodes_.find(number);
  if (found == nodes_.end()) return Error{Errc::changed, "a node that is not known any more"};
  return found->second;
}

}  // namespace mediafs
