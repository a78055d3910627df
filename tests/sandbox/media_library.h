#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "body.h"
#include "listing.h"

namespace mediafs::sandbox {

// A media's bytes with what the response headers say of them.
struct Media {
  std::string content_type;
  std::string etag;  // quoted, strong; changes exactly when the bytes do
  std::string last_modified;
  Body body;
};

// All that the sandbox can serve: media and sessions of manifests, media put in at run time, and
// synthetic media, which exist without being put in. Safe for any number of threads.
class MediaLibrary {
 public:
  // Adds the sessions of a manifest (README.md has its form), replacing those of the same id. Files
  // are looked up in `directory`. Throws std::runtime_error with what is wrong.
  void add_manifest(std::string_view json, const std::filesystem::path& directory);

  void put_media(const std::string& id, const std::string& content_type, std::string bytes);
  // Replaces the 200 body of one API path, such as `/v1/sessions/ID/media`.
  void put_document(const std::string& path, const std::string& content_type, std::string bytes);
  // Makes a media, session or attempt answer 404 until it is put in again.
  void remove(const std::string& id);

  std::optional<Media> find_media(const std::string& id) const;
  std::optional<Media> find_document(const std::string& path) const;

  // The listings' JSON. `turn` varies the order of the arrays, as the API does.
  std::optional<std::string> session_media(const std::string& id, const std::string& base_url,
                                           std::uint64_t turn) const;
  std::optional<std::string> attempt_media(const std::string& id, const std::string& base_url,
                                           std::uint64_t turn) const;
  std::optional<std::string> session_attempts(const std::string& id) const;

 private:
  // REQUIRES: mutex_ is held, for all of these.
  std::optional<Media> find_locked(const std::string& id) const;
  std::string listing_of(const Session& session, const Attempt& attempt, const std::string& base_url,
                         std::uint64_t turn) const;
  void put_locked(const std::string& id, const std::string& content_type, std::string bytes);

  mutable std::mutex mutex_;
  // All below: guarded by mutex_.
  std::uint64_t revision_ = 0;
  std::map<std::string, Media> media_;
  std::map<std::string, Media> documents_;
  std::map<std::string, Session> sessions_;
  std::set<std::string> removed_;
};

}  // namespace mediafs::sandbox
