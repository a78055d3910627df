#include "api/media_head.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "mediafs/base/text.h"
#include "mediafs/http/url.h"
#include "mediafs/model/chunk.h"

namespace mediafs {

namespace {

Error malformed(std::string_view reason) {
  return {Errc::protocol, std::string(reason)};
}

std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

/// What a Content-Range says.
struct Part {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t total = 0;
};

/// "bytes FIRST-LAST/TOTAL" (RFC 9110 section 14.4).
std::optional<Part> parse_content_range(std::string_view text) {
  if (!take(text, "bytes ")) return std::nullopt;
  const auto first = take_number(text);
  if (!first || !take(text, "-")) return std::nullopt;
  const auto last = take_number(text);
  if (!last || !take(text, "/")) return std::nullopt;
  const auto total = take_number(text);
  if (!total || !text.empty() || *first > *last || *last >= *total) return std::nullopt;
  return Part{*first, *last, *total};
}

/// Whether the part is the one that was asked for, whole.
bool answers(const Part& part, const MediaQuestion& question) {
  const std::uint64_t end = std::min(question.end.value_or(part.total), part.total);
  return part.first == question.offset && part.last + 1 == end;
}

/// type/subtype, of what such names are made of (RFC 6838 section 4.2).
bool is_type(std::string_view text) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789!#$&-^_.+";
  constexpr std::size_t kLongest = 127;
  const std::size_t slash = text.find('/');
  if (text.size() > kLongest || slash == std::string_view::npos) return false;
  const std::string_view sub = text.substr(slash + 1);
  return slash > 0 && !sub.empty() && sub.find_first_not_of(kAlphabet) == std::string_view::npos &&
         text.substr(0, slash).find_first_not_of(kAlphabet) == std::string_view::npos;
}

std::string content_type_of(const ResponseHead& head) {
  const std::string_view value = head.find("content-type").value_or("");
  const std::string type = lower_case(value.substr(0, value.find_first_of("; \t,")));
  return is_type(type) ? type : "application/octet-stream";
}

std::string strong_etag_of(const ResponseHead& head) {
  const std::string_view tag = head.find("etag").value_or("");
  const bool strong = tag.size() >= 2 && tag.front() == '"' && tag.back() == '"';
  return strong ? std::string(tag) : std::string();
}

/// The one signature of the response, empty where there is none; nothing where the headers contradict each
/// other.
std::optional<std::string> signature_of(const ResponseHead& head) {
  std::string signature;
  for (const Header& header : head.headers) {
    if (header.name != "x-hmac-signature" && header.name != "vrf-hmac-signature") continue;
    std::string value = lower_case(header.value);
    if (value.empty() || (!signature.empty() && signature != value)) return std::nullopt;
    signature = std::move(value);
  }
  return signature;
}

/// Whether each header that names the client means us, and is there once.
bool all_for(const SecretString& api_key, const ResponseHead& head) {
  return std::ranges::all_of(std::initializer_list<std::string_view>{"x-auth-client", "vrf-auth-client"},
                             [&](std::string_view name) {
                               const auto has_name = [&](const Header& header) {
                                 return header.name == name;
                               };
                               const auto count = std::ranges::count_if(head.headers, has_name);
                               return count == 0 || (count == 1 && head.find(name) == api_key.reveal());
                             });
}

Result<MediaHead> place_of_body(const ResponseHead& head, const MediaQuestion& question) {
  MediaHead media;
  if (head.status == 206) {
    if (question.offset == 0 && !question.end) return malformed("a partial response that was not asked for");
    const auto part = parse_content_range(head.find("content-range").value_or(""));
    if (!part || !answers(*part, question)) return malformed("a partial response to another range");
    media.offset = part->first;
    media.end = part->last + 1;
    media.size = part->total;
    media.ranges = true;
    if (head.content_length && *head.content_length != *media.end - media.offset) {
      return malformed("a partial response whose length and range differ");
    }
  } else if (head.status == 200) {
    media.size = media.end = head.content_length;
    media.ranges = lower_case(head.find("accept-ranges").value_or("")) == "bytes";
  } else {
    return Error{Errc::outside_api, "a status that is not part of the API"};
  }
  if (media.size.value_or(0) > kMaxMediaSize) return malformed("a size beyond any media");
  return media;
}

}  // namespace

std::string range_of(std::uint64_t offset, std::optional<std::uint64_t> end) {
  return fmt::format("bytes={}-{}", offset, end ? std::to_string(*end - 1) : std::string());
}

BodyVerifier::BodyVerifier(std::string signature, const std::vector<SecretString>& secrets)
    : signature_(std::move(signature)) {
  for (const SecretString& secret : secrets) candidates_.emplace_back(bytes_of(secret.reveal()));
}

void BodyVerifier::update(ByteView piece) {
  for (crypto::HmacSha256& candidate : candidates_) candidate.update(piece);
}

bool BodyVerifier::matches() {
  return std::any_of(candidates_.begin(), candidates_.end(), [this](crypto::HmacSha256& candidate) {
    return crypto::equal_in_constant_time(bytes_of(to_hex(candidate.finish())), bytes_of(signature_));
  });
}

Origin origin_of(const ResponseHead& head, const MediaQuestion& question) {
  const auto signature = signature_of(head);
  if (!signature || !all_for(question.credentials->api_key, head)) return {.contradicts = true};
  if (signature->empty()) return {.contradicts = question.require_signature};
  return {.verifier = std::make_shared<BodyVerifier>(*signature, question.credentials->shared_secrets)};
}

Result<MediaHead> interpret_media_head(const ResponseHead& head, const MediaQuestion& question) {
  auto media = place_of_body(head, question);
  if (!media) return media;
  media->content_type = content_type_of(head);
  media->etag = strong_etag_of(head);
  if (const auto date = head.find("last-modified")) media->last_modified = parse_http_date(*date);

  const auto signature = signature_of(head);
  if (!signature) return Error{Errc::corrupt, "contradicting response signatures"};
  if (!all_for(question.credentials->api_key, head))
    return Error{Errc::corrupt, "a response meant for another client"};
  const bool is_signed = !signature->empty();
  if (!is_signed && question.require_signature) return Error{Errc::corrupt, "a response without a signature"};
  // A body whose cut nobody would notice.
  if (!is_signed && head.close_delimited()) return malformed("a body without length or signature");
  media->is_signed = is_signed;
  if (is_signed && head.status == 200) {
    media->verifier = std::make_shared<BodyVerifier>(*signature, question.credentials->shared_secrets);
  }
  return media;
}

}  // namespace mediafs
