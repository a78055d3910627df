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
  if (const auto listed = catalog.mention(id).listed) add(listed->content_type);
}

}  // namespace

/// The names of those of the nodes that the listing's directory shows.
void Filesystem::add_shown(const ListingKey& key, Erasure& gone) {
  DirectorySnapshot directory;
  {
    const MutexLock lock(mutex_);
    if (const auto found = shown_.find(key); found != shown_.end()) directory = found->second;
  }
  if (!directory) return;
  for (const DirectoryEntry& entry : directory->named()) {
    if (std::binary_search(gone.nodes.begin(), gone.nodes.end(), entry.node))
      gone.names.emplace_back(directory->self(), entry.name);
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
  std::vector<NodeNumber> links;  // the kernel keeps where they lead
  if (const auto known = catalog_.find_listing({ListingKind::session_attempts, session})) {
    for (const ListedAttempt& attempt : known->attempts)
      links.push_back(node_number_of(Node{NodeKind::attempt_link, session, attempt.id}));
  }
  Erasure gone = erase(traces);
  gone.nodes.insert(gone.nodes.end(), links.begin(), links.end());
  gone.names.emplace_back(kSessionsNode, session.text());
  for (const ListingKey& key : traces.listings) {
    if (key.kind == ListingKind::attempt_media) gone.names.emplace_back(kAttemptsNode, key.id.text());
  }
  return gone;
}

}  // namespace mediafs
