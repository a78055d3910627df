#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mediafs::sandbox {

// The values a manifest is made of, as the listings show them.
struct MediaEntry {
  std::string id;
  std::string name;
  std::string context;
  std::string mimetype;
  std::string file;                   // empty: a synthetic id, or put in at run time
  std::string duration;               // JSON text (a number or a string); empty: missing
  std::optional<std::uint64_t> size;  // as listed; else the body's size
};

struct Attempt {
  std::string id;
  std::string status;
  std::string created_time;  // empty: missing
  std::vector<MediaEntry> media;
};

// A session with its attempts, newest first.
struct Session {
  std::string id;
  std::vector<Attempt> attempts;
};

// Reads a manifest's sessions; throws std::runtime_error with what is wrong.
std::vector<Session> parse_manifest(std::string_view json);

// The size of a media's body, or nothing when there is no such media.
using SizeOf = std::function<std::optional<std::uint64_t>(const std::string& id)>;

// The body of a media listing: those of `attempt` that `size_of` knows, by kind, each array rotated
// by `turn`.
std::string media_listing(const std::string& session_id, const Attempt& attempt, const std::string& base_url,
                          std::uint64_t turn, const SizeOf& size_of);

// The body of an attempts listing.
std::string attempts_listing(const std::vector<Attempt>& attempts);

}  // namespace mediafs::sandbox
