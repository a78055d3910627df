#pragma once

#include "mediafs/cache/media_cache.h"

namespace mediafs {

/// Keeps a media from being evicted as long as it lives. `cache` may be null and must outlive it.
class CacheHold {
 public:
  CacheHold(MediaCache* cache, MediaId id) : cache_(cache), id_(std::move(id)) {
    if (cache_ != nullptr) cache_->hold(id_);
  }
  ~CacheHold() {
    if (cache_ != nullptr) cache_->release(id_);
  }
  CacheHold(const CacheHold&) = delete;
  CacheHold& operator=(const CacheHold&) = delete;

 private:
  MediaCache* const cache_;
  const MediaId id_;
};

}  // namespace mediafs
