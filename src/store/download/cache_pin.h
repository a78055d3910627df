#pragma once

#include "mediafs/cache/media_cache.h"

namespace mediafs {

/// Keeps a media from being evicted as long as it lives. `cache` may be null and must outlive it.
class CachePin {
 public:
  CachePin(MediaCache* cache, MediaId id) : cache_(cache), id_(std::move(id)) {
    if (cache_ != nullptr) cache_->pin(id_);
  }
  ~CachePin() {
    if (cache_ != nullptr) cache_->unpin(id_);
  }
  CachePin(const CachePin&) = delete;
  CachePin& operator=(const CachePin&) = delete;

 private:
  MediaCache* const cache_;
  const MediaId id_;
};

}  // namespace mediafs
