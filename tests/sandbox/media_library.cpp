#include "media_library.h"

#include <array>
#include <ctime>
#include <utility>

#include "file_text.h"
#include "media_id.h"
#include "signature.h"
#include "synthetic.h"

namespace mediafs::sandbox {
namespace {

std::string etag_of(std::string_view text) {
  constexpr std::size_t kDigits = 32;
  return '"' + signature_of("etag", text).substr(0, kDigits) + '"';
}

// A date that moves on by a second with each revision, and does not depend on the day of the test.
std::string date_of(std::uint64_t revision) {
  constexpr std::time_t kStart = 1'704'067'200;  // 2024-01-01T00:00:00Z
  const std::time_t time = kStart + static_cast<std::time_t>(revision);
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

Media make_media(const std::string& content_type, std::string bytes, std::uint64_t revision) {
  std::string etag = etag_of(bytes);
  return {content_type, std::move(etag), date_of(revision), Body(std::move(bytes))};
}

}  // namespace

void MediaLibrary::add_manifest(std::string_view json, const std::filesystem::path& directory) {
  std::vector<Session> sessions = parse_manifest(json);
  std::map<std::string, std::pair<std::string, std::string>> files;  // id -> type, bytes
  for (const Session& session : sessions) {
    for (const Attempt& attempt : session.attempts) {
      for (const MediaEntry& entry : attempt.media) {
        if (!entry.file.empty()) files[entry.id] = {entry.mimetype, read_file(directory / entry.file)};
      }
    }
  }
  const std::lock_guard lock(mutex_);
  for (auto& [id, file] : files) put_locked(id, file.first, std::move(file.second));
  for (Session& session : sessions) {
    removed_.erase(session.id);
    for (const Attempt& attempt : session.attempts) removed_.erase(attempt.id);
    sessions_[session.id] = std::move(session);
  }
}

void MediaLibrary::put_locked(const std::string& id, const std::string& content_type, std::string bytes) {
  media_[id] = make_media(content_type, std::move(bytes), revision_++);
  removed_.erase(id);
}

void MediaLibrary::put_media(const std::string& id, const std::string& content_type, std::string bytes) {
  const std::lock_guard lock(mutex_);
  put_locked(id, content_type, std::move(bytes));
}

void MediaLibrary::put_document(const std::string& path, const std::string& content_type, std::string bytes) {
  const std::lock_guard lock(mutex_);
  documents_[path] = make_media(content_type, std::move(bytes), revision_++);
}

void MediaLibrary::remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  media_.erase(id);
  removed_.insert(id);
}

std::optional<Media> MediaLibrary::find_locked(const std::string& id) const {
  if (removed_.contains(id)) return std::nullopt;
  if (const auto found = media_.find(id); found != media_.end()) return found->second;
  const auto synthetic = synthetic_from_id(id);
  if (!synthetic || !is_media_id(id)) return std::nullopt;
  return Media{"image/jpeg", etag_of(id), date_of(0), Body(*synthetic)};
}

std::optional<Media> MediaLibrary::find_media(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  return find_locked(id);
}

std::optional<Media> MediaLibrary::find_document(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = documents_.find(path);
  if (found == documents_.end()) return std::nullopt;
  return found->second;
}

std::string MediaLibrary::listing_of(const Session& session, const Attempt& attempt,
                                     const std::string& base_url, std::uint64_t turn) const {
  return media_listing(session.id, attempt, base_url, turn,
                       [this](const std::string& id) -> std::optional<std::uint64_t> {
                         const auto media = find_locked(id);
                         if (!media) return std::nullopt;
                         return media->body.size();
                       });
}

std::optional<std::string> MediaLibrary::session_media(const std::string& id, const std::string& base_url,
                                                       std::uint64_t turn) const {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || removed_.contains(id)) return std::nullopt;
  const auto& attempts = found->second.attempts;
  return listing_of(found->second, attempts.empty() ? Attempt{} : attempts.front(), base_url, turn);
}

std::optional<std::string> MediaLibrary::attempt_media(const std::string& id, const std::string& base_url,
                                                       std::uint64_t turn) const {
  const std::lock_guard lock(mutex_);
  if (removed_.contains(id)) return std::nullopt;
  for (const auto& [session_id, session] : sessions_) {
    for (const Attempt& attempt : session.attempts) {
      if (attempt.id == id) return listing_of(session, attempt, base_url, turn);
    }
  }
  return std::nullopt;
}

std::optional<std::string> MediaLibrary::session_attempts(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || removed_.contains(id)) return std::nullopt;
  return attempts_listing(found->second.attempts);
}

}  // namespace mediafs::sandbox
