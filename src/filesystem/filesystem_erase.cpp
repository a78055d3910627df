// Filesystem, the part that erases.
#include <algorithm>

#include "mediafs/filesystem/filesystem.h"
#include "mediafs/model/media_type.h"

namespace mediafs {

namespace {

/// MOUNT/ID and MOUNT/ID.EXT, with the extension of each type that it has been taken for.
void add_root_names(const Catalog& catalog, const MediaId& id, EraseResult& result) {
  result.names.emplace_back(kRootNode, id.text());
  const auto add = [&](std::string_view type) {
    result.names.emplace_back(kRootNode, id.text() + "." + std::string(extension_of(type)));
  };
  if (const auto item = catalog.find(id)) add(item->content_type);
  if (const auto listed = catalog.listed(id)) add(listed->content_type);
}

}  // namespace

/// The names of those of the nodes that the listing's directories show.
void Filesystem::add_shown(const ListingKey& key, EraseResult& result) {
  DirectorySnapshot directory;
  {
    const MutexLock lock(mutex_);
    if (const auto found = shown_.find(key); found != shown_.end()) directory = found->second;
  }
  if (!directory) return;
  for (const NodeNumber place : directories_of(key)) {
    for (const DirectoryEntry& entry : directory->named()) {
      if (std::binary_search(result.nodes.begin(), result.nodes.end(), entry.node))
        result.names.emplace_back(place, entry.name);
    }
  }
}

EraseResult Filesystem::erase(const EraseScope& scope) {
  EraseResult result;
  for (const MediaId& id : scope.media) {
    result.nodes.push_back(node_number_of(id));
    add_root_names(catalog_, id, result);
  }
  std::sort(result.nodes.begin(), result.nodes.end());
  for (const ListingKey& key : scope.listings) add_shown(key, result);
  for (const ListingKey& key : scope.mentions) add_shown(key, result);
  result.count = eraser_.erase(scope);
  for (const MediaId& id : scope.media) media_changed(id);
  result.scope = scope;
  return result;
}

EraseResult Filesystem::erase(const MediaId& media) {
  return erase(scope_of_media(catalog_, media));
}

EraseResult Filesystem::erase_everything() {
  return erase(scope_of_everything(catalog_));
}

EraseResult Filesystem::erase_session(const MediaId& session) {
  const EraseScope scope = scope_of_session(catalog_, session);
  EraseResult result = erase(scope);
  // Innermost first: in a directory that the kernel has forgotten it would not find the name.
  for (const ListingKey& key : scope.listings) {
    if (key.kind != ListingKind::attempt_media) continue;
    result.names.emplace_back(kAttemptsNode, key.id.text());
    result.names.emplace_back(node_number_of(Node{NodeKind::session_attempts, session, {}}), key.id.text());
  }
  result.names.emplace_back(kSessionsNode, session.text());
  return result;
}

}  // namespace mediafs
