#pragma once

#include <string>
#include <string_view>

#include "mediafs/base/result.h"
#include "mediafs/model/listing.h"
#include "mediafs/model/media_id.h"

namespace mediafs {

/// Where an integration's API is. People paste it with or without a trailing "/" or "/v1": all are the same.
class BaseUrl {
 public:
  /// invalid_argument, with the reason in plain words, for anything but https:// (or http:// to a loopback
  /// address, or to any host where `allow_http`), for user names, queries and fragments.
  static Result<BaseUrl> parse(std::string_view text, bool allow_http);

  /// Without a trailing slash and without /v1.
  [[nodiscard]] const std::string& text() const { return text_; }

  /// GET it for the media's bytes.
  [[nodiscard]] std::string media(const MediaId& id) const { return text_ + "/v1/media/" + id.text(); }
  /// GET it for what is listed.
  [[nodiscard]] std::string listing(const ListingKey& key) const;

 private:
  explicit BaseUrl(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace mediafs
