#include "mediafs/model/media_type.h"

#include <algorithm>
#include <span>

#include "mediafs/base/text.h"

namespace mediafs {

namespace {

constexpr std::string_view kNoExtension = "bin";
constexpr std::size_t kLongestType = 128;

struct Pair {
  std::string_view from;
  std::string_view to;
};

// The API's own, then what else is common: the names of Debian's mime-support and of shared-mime-info, and of
// several extensions the usual one. The first type of an extension is the one that it stands for.
constexpr Pair kExtensions[] = {
    {"image/jpeg", "jpg"},
    {"image/png", "png"},
    {"image/heic", "heic"},
    {"image/heif", "heif"},
    {"image/webp", "webp"},
    {"application/pdf", "pdf"},
    {"video/mp4", "mp4"},
    {"video/webm", "webm"},
    {"application/json", "json"},
    {"image/avif", "avif"},
    {"image/bmp", "bmp"},
    {"image/gif", "gif"},
    {"image/jp2", "jp2"},
    {"image/jxl", "jxl"},
    {"image/svg+xml", "svg"},
    {"image/tiff", "tiff"},
    {"image/vnd.microsoft.icon", "ico"},
    {"image/x-adobe-dng", "dng"},
    {"audio/aac", "aac"},
    {"audio/amr", "amr"},
    {"audio/flac", "flac"},
    {"audio/mp4", "m4a"},
    {"audio/mpeg", "mp3"},
    {"audio/ogg", "oga"},
    {"audio/opus", "opus"},
    {"audio/webm", "weba"},
    {"audio/x-ms-wma", "wma"},
    {"audio/x-wav", "wav"},
    {"video/3gpp", "3gp"},
    {"video/3gpp2", "3g2"},
    {"video/mp2t", "ts"},
    {"video/mpeg", "mpeg"},
    {"video/ogg", "ogv"},
    {"video/quicktime", "mov"},
    {"video/x-flv", "flv"},
    {"video/x-m4v", "m4v"},
    {"video/x-matroska", "mkv"},
    {"video/x-ms-wmv", "wmv"},
    {"video/x-msvideo", "avi"},
    {"application/gzip", "gz"},
    {"application/msword", "doc"},
    {"application/rtf", "rtf"},
    {"application/vnd.ms-excel", "xls"},
    {"application/vnd.ms-powerpoint", "ppt"},
    {"application/vnd.oasis.opendocument.spreadsheet", "ods"},
    {"application/vnd.oasis.opendocument.text", "odt"},
    {"application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"},
    {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"},
    {"application/xml", "xml"},
    {"application/zip", "zip"},
    {"text/csv", "csv"},
    {"text/html", "html"},
    {"text/plain", "txt"},
};

// Other names of the same types, the API's image/jpg and image/pdf among them.
constexpr Pair kOtherNames[] = {
    {"image/jpg", "image/jpeg"},
    {"image/pdf", "application/pdf"},
    {"application/acrobat", "application/pdf"},
    {"application/x-gzip", "application/gzip"},
    {"application/x-pdf", "application/pdf"},
    {"application/x-zip", "application/zip"},
    {"application/x-zip-compressed", "application/zip"},
    {"audio/m4a", "audio/mp4"},
    {"audio/mp3", "audio/mpeg"},
    {"audio/vnd.wave", "audio/x-wav"},
    {"audio/wav", "audio/x-wav"},
    {"audio/x-aac", "audio/aac"},
    {"audio/x-flac", "audio/flac"},
    {"audio/x-m4a", "audio/mp4"},
    {"audio/x-mp3", "audio/mpeg"},
    {"audio/x-ogg", "audio/ogg"},
    {"image/pjpeg", "image/jpeg"},
    {"image/svg", "image/svg+xml"},
    {"image/tif", "image/tiff"},
    {"image/x-bmp", "image/bmp"},
    {"image/x-icon", "image/vnd.microsoft.icon"},
    {"image/x-ms-bmp", "image/bmp"},
    {"image/x-png", "image/png"},
    {"text/json", "application/json"},
    {"text/rtf", "application/rtf"},
    {"text/x-csv", "text/csv"},
    {"text/xml", "application/xml"},
    {"video/3gp", "video/3gpp"},
    {"video/avi", "video/x-msvideo"},
    {"video/mov", "video/quicktime"},
    {"video/msvideo", "video/x-msvideo"},
};

constexpr Pair kOtherExtensions[] = {
    {"jpeg", "jpg"}, {"jpe", "jpg"}, {"tif", "tiff"}, {"mpg", "mpeg"},
    {"qt", "mov"},   {"ogg", "oga"}, {"htm", "html"}, {"text", "txt"},
};

std::optional<std::string_view> look_up(std::span<const Pair> pairs, std::string_view from) {
  const auto found =
      std::find_if(pairs.begin(), pairs.end(), [&](const Pair& pair) { return pair.from == from; });
  return found == pairs.end() ? std::nullopt : std::optional(found->to);
}

std::optional<std::string_view> type_of_extension(std::string_view extension) {
  const std::string_view usual = look_up(kOtherExtensions, extension).value_or(extension);
  const auto* const found = std::find_if(std::begin(kExtensions), std::end(kExtensions),
                                         [&](const Pair& pair) { return pair.to == usual; });
  return found == std::end(kExtensions) ? std::nullopt : std::optional(found->from);
}

/// A restricted-name in lower case.
bool is_type_name(std::string_view text) {
  constexpr std::string_view kFirst = "abcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::string_view kAny = "abcdefghijklmnopqrstuvwxyz0123456789!#$&-^_.+";
  return !text.empty() && kFirst.find(text.front()) != std::string_view::npos &&
         text.find_first_not_of(kAny) == std::string_view::npos;
}

}  // namespace

std::string_view extension_of(std::string_view type) {
  return look_up(kExtensions, freedesktop_type(type)).value_or(kNoExtension);
}

bool is_extension(std::string_view text) {
  return text == kNoExtension || std::any_of(std::begin(kExtensions), std::end(kExtensions),
                                             [&](const Pair& pair) { return pair.to == text; });
}

std::string_view freedesktop_type(std::string_view type) {
  return look_up(kOtherNames, type).value_or(type);
}

std::optional<std::string> media_type_in(std::string_view text) {
  std::string type = lower_case(trimmed(text.substr(0, text.find(';'))));
  const std::size_t slash = type.find('/');
  if (slash == std::string::npos) {
    const auto known = type_of_extension(std::string_view(type).substr(type.starts_with('.') ? 1 : 0));
    return known ? std::optional(std::string(*known)) : std::nullopt;
  }
  const bool valid = type.size() <= kLongestType && is_type_name(std::string_view(type).substr(0, slash)) &&
                     is_type_name(std::string_view(type).substr(slash + 1));
  return valid ? std::optional(std::move(type)) : std::nullopt;
}

}  // namespace mediafs
