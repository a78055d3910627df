// Filesystem, the part that erases.
#include <algorithm>

#include "mediafs/filesystem/filesystem.h"
#include "mediafs/model/media_type.h"

namespace mediafs {

namespace {

/// MOUNT/ID and MOUNT/ID.EXT, with the extension of each type that it has been taken for.
void add_root_names(const Catalog& catalog, const MediaId& id, Erasure& gone) {
  gone.names.emplace_back(kRootNode, id.text());
  const auto add = [&](std::string_view type) {
    gone.names.emplace_back(kRootNode, id.text() + "." + std::string(extension_of(type)));
  };
  if (const auto item = catalog.find(id)) add(item->content_type);
  if (const auto listed = catalog.listed(id)) add(listed->content_type);
}

}  // namespace

/// The names of those of the nodes that the listing's directories show.
void Filesystem::add_shown(const ListingKey& key, Erasure& gone) {
  DirectorySnapshot directory;
  {
    const MutexLock lock(mutex_);
    if (const auto found = shown_.find(key); found != shown_.end()) directory = found->second;
  }
  if (!directory) return;
  for (const NodeNumber place : directories_of(key)) {
    for (const DirectoryEntry& entry : directory->named()) {
      if (std::binary_search(gone.nodes.begin(), gone.nodes.end(), entry.node))
        gone.names.emplace_back(place, entry.name);
    }
  }
}

Erasure Filesystem::erase(const Traces& traces) {
  Erasure gone;
  for (const MediaId& id : traces.media) {
    gone.nodes.push_back(node_number_of(id));
    add_root_names(catalog_, id, gone);
  }
  std::sort(gone.nodes.begin(), gone.nodes.end());
  for (const ListingKey& key : traces.listings) add_shown(key, gone);
  for (const ListingKey& key : traces.mentions) add_shown(key, gone);
  gone.erased = eraser_.erase(traces);
  for (const MediaId& id : traces.media) media_changed(id);
  gone.traces = traces;
  return gone;
}

Erasure Filesystem::erase(const MediaId& media) {
  return erase(traces_of_media(catalog_, media));
}

Erasure Filesystem::erase_everything() {
  return erase(traces_of_everything(catalog_));
}

Erasure Filesystem::erase_session(const MediaId& session) {
  const Traces traces = traces_of_session(catalog_, session);
  Erasure gone = erase(traces);
  // From below, so that no name is looked for in a directory that the kernel has let go of.
  for (const ListingKey& key : traces.listings) {
    if (key.kind != ListingKind::attempt_media) continue;
    gone.names.emplace_back(kAttemptsNode, key.id.text());
    gone.names.emplace_back(node_number_of(Node{NodeKind::session_attempts, session, {}}), key.id.text());
  }
  gone.names.emplace_back(kSessionsNode, session.text());
  return gone;
}

}  // namespace mediafs
