#include "api/foreign_body.h"

#include <algorithm>

#include <fmt/format.h>

#include "api/api_error.h"
#include "mediafs/base/text.h"

namespace mediafs {

namespace {

constexpr std::size_t kMostBlanks = 1024;  // before what begins a body
constexpr std::size_t kLongestFailureBeginning = 64;

/// What a browser takes for a page (WHATWG MIME Sniffing, section 7.1), each with a blank or ">" behind it.
constexpr std::string_view kPages[] = {
    "<!doctype html", "<html", "<head",  "<script", "<iframe", "<h1",   "<div", "<font",
    "<table",         "<a",    "<style", "<title",  "<b",      "<body", "<br",  "<p"};
constexpr std::string_view kComment = "<!--";
/// Of those, what no media has in its middle where a part of it happens to begin.
constexpr std::size_t kSureOnes = 2;

constexpr std::size_t kLongestPage = kPages[0].size() + 1;

bool begins_as_page(std::string_view text, bool from_the_start) {
  const std::string begin = lower_case(text.substr(0, kLongestPage));
  const auto begins = [&begin](std::string_view page) {
    return begin.starts_with(page) && begin.size() > page.size() &&
           std::string_view(" \t\r\n\f>").find(begin[page.size()]) != std::string_view::npos;
  };
  const auto* const past = from_the_start ? std::end(kPages) : std::begin(kPages) + kSureOnes;
  return std::any_of(std::begin(kPages), past, begins) || (from_the_start && begin.starts_with(kComment));
}

std::string_view without_blanks_before(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text.substr(std::min(text.find_first_not_of(" \t\r\n\f"), text.size()));
}

/// However long it is, and whether or not it comes to its end.
bool begins_as_failure(std::string_view text) {
  for (const std::string_view token : {"{", "\"status\"", ":", "\"fail\""}) {
    text = without_blanks_before(text);
    if (!text.starts_with(token)) return false;
    text.remove_prefix(token.size());
  }
  return true;
}

BodyKind kind_of_object(std::string_view text, bool may_be_error, bool whole) {
  if (begins_as_failure(text)) return whole || !may_be_error ? BodyKind::api_error : BodyKind::undecided;
  if (!may_be_error && (whole || text.size() >= kLongestFailureBeginning)) return BodyKind::media;
  if (!whole) return BodyKind::undecided;
  return is_error_form(text) ? BodyKind::api_error : BodyKind::media;
}

/// What stands behind an XML declaration, as of XHTML; nothing: it has not ended yet.
std::optional<std::string_view> behind_declaration(std::string_view text) {
  if (!text.starts_with("<?xml")) return text;
  const std::size_t end = text.find("?>");
  if (end == std::string_view::npos) return std::nullopt;
  return without_blanks_before(text.substr(end + 2));
}

BodyKind kind_of_markup(std::string_view text, bool from_the_start, bool whole) {
  const auto markup = behind_declaration(text);
  const bool is_enough = whole || text.size() > kMostBlanks || (markup && markup->size() >= kLongestPage);
  if (!is_enough) return BodyKind::undecided;
  return markup && begins_as_page(*markup, from_the_start) ? BodyKind::html_page : BodyKind::media;
}

}  // namespace

BodyKind kind_of_body(const BodyFacts& facts, std::string_view beginning, bool ended) {
  const bool whole = ended || (facts.length && beginning.size() >= *facts.length);
  if (whole && beginning.empty()) return BodyKind::empty;
  const std::string_view unsigned_type = facts.is_signed ? "" : facts.content_type;
  if (unsigned_type == "text/html") return BodyKind::html_page;
  if (unsigned_type == "text/plain") return BodyKind::plain_text;
  const bool may_be_error =
      facts.length.value_or(0) <= kLongestApiError && beginning.size() <= kLongestApiError;
  if (!may_be_error && facts.is_signed) return BodyKind::media;

  const std::string_view text = without_blanks_before(beginning);
  if (text.empty()) return whole || beginning.size() > kMostBlanks ? BodyKind::media : BodyKind::undecided;
  if (text.front() == '{') return kind_of_object(text, may_be_error, whole);
  if (text.front() == '<' && !facts.is_signed) return kind_of_markup(text, facts.from_the_start, whole);
  return BodyKind::media;
}

std::string_view to_string(BodyKind kind) {
  switch (kind) {
    case BodyKind::html_page:
      return "an HTML page";
    case BodyKind::plain_text:
      return "plain text";
    case BodyKind::api_error:
      return "an error";
    case BodyKind::empty:
      return "nothing";
    case BodyKind::media:
    case BodyKind::undecided:
      break;
  }
  return "a media";
}

Error in_place_of_media(BodyKind kind, int status, std::string_view type,
                        std::optional<std::uint64_t> length) {
  return {Errc::protocol,
          fmt::format("{} in place of what was asked for (HTTP {}, type {}, length {})", to_string(kind),
                      status, type, length ? std::to_string(*length) : "unknown")};
}

EmptyBody judge_empty_body(bool is_signed, std::optional<std::uint64_t> listed, bool asked_before) {
  if (listed.value_or(0) > 0) return EmptyBody::refused;
  return is_signed || listed || asked_before ? EmptyBody::believed : EmptyBody::asked_again;
}

}  // namespace mediafs
