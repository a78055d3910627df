#include "mediafs/filesystem/file_name.h"

#include <algorithm>
#include <unordered_map>

#include "mediafs/base/text.h"
#include "mediafs/crypto/digest.h"
#include "mediafs/model/media_type.h"

namespace mediafs {

namespace {

constexpr std::size_t kShortId = 8;
constexpr std::size_t kLongestId = 64;  // in a name; of a longer one its hash stands for the rest
constexpr std::string_view kNameless = "media";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/// What the media shows, in characters that are safe in any shell and on any file system. No dot, so that the
/// extension is the only one, and nothing that options or device names are made of.
std::string label_of(const std::string& context, std::size_t room) {
  std::string label = context.substr(0, room);
  std::replace_if(label.begin(), label.end(), [](char c) { return !is_plain(c); }, '_');
  if (!label.empty() && label.front() == '-') label.front() = '_';
  return label.empty() ? std::string(kNameless) : label;
}

std::string id_part(const MediaId& id) {
  const std::string& text = id.text();
  if (text.size() < kLongestId) return text;  // so that none looks like a longer one's
  const std::string hash = to_hex(ByteView(crypto::sha256(bytes_of(text))).first(16));
  return text.substr(0, kLongestId - hash.size() - 1) + "-" + hash;
}

enum class Form { short_id, whole_id, dotted_id };

std::string file_name(const ListedMedia& media, Form form) {
  const std::string id = form == Form::short_id ? media.id.text().substr(0, kShortId) : id_part(media.id);
  const std::string tail =
      (form == Form::dotted_id ? "." : "-") + id + "." + std::string(extension_of(media.content_type));
  return label_of(media.context, kLongestFileName - tail.size()) + tail;
}

}  // namespace

std::vector<std::string> file_names(const std::vector<ListedMedia>& media) {
  std::vector<std::string> names;
  names.reserve(media.size());
  for (const ListedMedia& one : media) names.push_back(file_name(one, Form::short_id));
  // A listing can be made so that a whole id looks like another context and a short id. With the dot none
  // does: labels and ids have none.
  for (const Form longer : {Form::whole_id, Form::dotted_id}) {
    std::unordered_map<std::string, int> uses;
    for (const std::string& name : names) ++uses[lower_case(name)];
    for (std::size_t i = 0; i < media.size(); ++i) {
      if (uses[lower_case(names[i])] > 1) names[i] = file_name(media[i], longer);
    }
  }
  return names;
}

bool can_be_file_name(std::string_view name) {
  const auto [stem, extension] = split_id_name(name);
  const bool plain = std::all_of(stem.begin(), stem.end(), [](char c) { return is_plain(c) || c == '.'; });
  return !extension.empty() && plain && name.size() <= kLongestFileName && stem.front() != '-' &&
         stem.front() != '.' && stem.find_first_of("-.") != std::string_view::npos;
}

IdName split_id_name(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {name, {}};
  const std::string_view extension = name.substr(dot + 1);
  return is_extension(extension) ? IdName{name.substr(0, dot), extension} : IdName{name, {}};
}

}  // namespace mediafs
