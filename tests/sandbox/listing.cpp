#include "listing.h"

#include <algorithm>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "media_id.h"

namespace mediafs::sandbox {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& object, const char* key) {
  return object.value(key, std::string());
}

std::string id_of(const Json& object) {
  std::string id = text_of(object, "id");
  if (!is_media_id(id)) throw std::runtime_error("manifest: '" + id + "' is not an id");
  return id;
}

MediaEntry media_from(const Json& object) {
  MediaEntry entry;
  entry.id = id_of(object);
  entry.context = text_of(object, "context");
  entry.name = object.value("name", entry.context);
  entry.mimetype = object.value("mimetype", std::string("image/jpeg"));
  entry.file = text_of(object, "file");
  if (object.contains("duration")) entry.duration = object["duration"].dump();
  if (object.contains("size")) entry.size = object["size"].get<std::uint64_t>();
  return entry;
}

Attempt attempt_from(const Json& object) {
  Attempt attempt;
  attempt.id = id_of(object);
  attempt.status = object.value("status", std::string("approved"));
  attempt.created_time = text_of(object, "createdTime");
  for (const Json& media : object.value("media", Json::array())) attempt.media.push_back(media_from(media));
  return attempt;
}

Session session_from(const Json& object) {
  Session session;
  session.id = id_of(object);
  for (const Json& attempt : object.value("attempts", Json::array())) {
    session.attempts.push_back(attempt_from(attempt));
  }
  return session;
}

const char* array_for(const std::string& mimetype) {
  if (mimetype.starts_with("image/")) return "images";
  return mimetype.starts_with("video/") ? "videos" : "nfcDocuments";
}

// `url` leads to a path that answers 404 and is counted: a client that follows it shows.
Json listed(const MediaEntry& entry, std::uint64_t size, const std::string& session_id,
            const std::string& base_url) {
  Json object{{"id", entry.id},
              {"name", entry.name},
              {"context", entry.context},
              {"timestamp", nullptr},
              {"size", entry.size.value_or(size)},
              {"mimetype", entry.mimetype},
              {"url", base_url + "/never-fetch/" + entry.id},
              {"sessionId", session_id}};
  if (!entry.duration.empty()) object["duration"] = Json::parse(entry.duration);
  return object;
}

void rotate(Json& array, std::uint64_t turn) {
  if (array.empty()) return;
  const auto steps = static_cast<std::ptrdiff_t>(turn % array.size());
  std::rotate(array.begin(), array.begin() + steps, array.end());
}

}  // namespace

std::vector<Session> parse_manifest(std::string_view json) {
  std::vector<Session> sessions;
  try {
    const Json manifest = Json::parse(json);
    for (const Json& object : manifest.at("sessions")) sessions.push_back(session_from(object));
  } catch (const nlohmann::json::exception& error) {
    throw std::runtime_error(std::string("manifest: ") + error.what());
  }
  return sessions;
}

std::string media_listing(const std::string& session_id, const Attempt& attempt, const std::string& base_url,
                          std::uint64_t turn, const SizeOf& size_of) {
  Json body{{"status", "success"},
            {"images", Json::array()},
            {"videos", Json::array()},
            {"nfcDocuments", Json::array()}};
  for (const MediaEntry& entry : attempt.media) {
    const auto size = size_of(entry.id);
    if (size) body[array_for(entry.mimetype)].push_back(listed(entry, *size, session_id, base_url));
  }
  for (const char* key : {"images", "videos", "nfcDocuments"}) rotate(body[key], turn);
  return body.dump();
}

std::string attempts_listing(const std::vector<Attempt>& attempts) {
  Json verifications = Json::array();
  for (const Attempt& attempt : attempts) {
    Json object{{"id", attempt.id}, {"status", attempt.status}};
    if (!attempt.created_time.empty()) object["createdTime"] = attempt.created_time;
    verifications.push_back(object);
  }
  return Json{{"status", "success"}, {"verifications", verifications}}.dump();
}

}  // namespace mediafs::sandbox
