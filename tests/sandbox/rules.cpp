#include "rules.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <system_error>

#include "media_id.h"
#include "units.h"

namespace mediafs::sandbox {
namespace {

enum class Arguments { kNone, kNumber, kMaybeNumber, kDuration, kText, kNumberText, kNumberMaybeText };

struct ActionForm {
  std::string_view name;
  ActionKind kind;
  Arguments arguments;
};

constexpr std::array kForms{
    ActionForm{"status", ActionKind::kStatus, Arguments::kNumberMaybeText},
    ActionForm{"status-plain", ActionKind::kStatusPlain, Arguments::kNumber},
    ActionForm{"echo", ActionKind::kEcho, Arguments::kNumberMaybeText},
    ActionForm{"retry-after", ActionKind::kRetryAfter, Arguments::kText},
    ActionForm{"hang", ActionKind::kHang, Arguments::kNone},
    ActionForm{"hang-headers", ActionKind::kHangHeaders, Arguments::kNone},
    ActionForm{"stall", ActionKind::kStall, Arguments::kNumber},
    ActionForm{"cut", ActionKind::kCut, Arguments::kNumber},
    ActionForm{"cut-chunked", ActionKind::kCutChunked, Arguments::kNumber},
    ActionForm{"reset", ActionKind::kReset, Arguments::kNumber},
    ActionForm{"slow", ActionKind::kSlow, Arguments::kNumber},
    ActionForm{"no-length", ActionKind::kNoLength, Arguments::kNone},
    ActionForm{"close-delimited", ActionKind::kCloseDelimited, Arguments::kMaybeNumber},
    ActionForm{"wrong-length", ActionKind::kWrongLength, Arguments::kNumber},
    ActionForm{"two-lengths", ActionKind::kTwoLengths, Arguments::kNumber},
    ActionForm{"length-and-chunked", ActionKind::kLengthAndChunked, Arguments::kNone},
    ActionForm{"bad-signature", ActionKind::kBadSignature, Arguments::kNone},
    ActionForm{"no-signature", ActionKind::kNoSignature, Arguments::kNone},
    ActionForm{"upper-signature", ActionKind::kUpperSignature, Arguments::kNone},
    ActionForm{"foreign-client", ActionKind::kForeignClient, Arguments::kNone},
    ActionForm{"two-signatures", ActionKind::kTwoSignatures, Arguments::kNone},
    ActionForm{"wrong-content-range", ActionKind::kWrongContentRange, Arguments::kNone},
    ActionForm{"ignore-range", ActionKind::kIgnoreRange, Arguments::kNone},
    ActionForm{"redirect", ActionKind::kRedirect, Arguments::kNumberText},
    ActionForm{"gzip", ActionKind::kGzip, Arguments::kNone},
    ActionForm{"html", ActionKind::kHtml, Arguments::kNone},
    ActionForm{"json-error", ActionKind::kJsonError, Arguments::kText},
    ActionForm{"empty", ActionKind::kEmpty, Arguments::kNone},
    ActionForm{"etag", ActionKind::kEtag, Arguments::kText},
    ActionForm{"body-of", ActionKind::kBodyOf, Arguments::kText},
    ActionForm{"garbage-status", ActionKind::kGarbageStatus, Arguments::kNone},
    ActionForm{"huge-header", ActionKind::kHugeHeader, Arguments::kNumber},
    ActionForm{"many-headers", ActionKind::kManyHeaders, Arguments::kNumber},
    ActionForm{"drop", ActionKind::kDrop, Arguments::kNone},
    ActionForm{"delay", ActionKind::kDelay, Arguments::kDuration},
    ActionForm{"header", ActionKind::kHeader, Arguments::kText},
    ActionForm{"content-type", ActionKind::kContentType, Arguments::kText},
    ActionForm{"early", ActionKind::kEarly, Arguments::kNumberText},
    ActionForm{"raw", ActionKind::kRaw, Arguments::kText},
};

[[noreturn]] void fail(std::size_t line, const std::string& what) {
  throw RuleError("rule line " + std::to_string(line) + ": " + what);
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// Takes the first word off `text`; empty when there is none.
std::string_view take_word(std::string_view& text) {
  text = without_blanks(text);
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text = without_blanks(text.substr(word.size()));
  return word;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

const ActionForm& form_of(std::string_view name, std::size_t line) {
  const auto found =
      std::find_if(kForms.begin(), kForms.end(), [&](const ActionForm& form) { return form.name == name; });
  if (found == kForms.end()) fail(line, "unknown action '" + std::string(name) + "'");
  return *found;
}

std::uint64_t number_argument(std::string_view& text, const ActionForm& form, std::size_t line) {
  const std::string_view word = take_word(text);
  const auto value = parse_size(word);
  if (!value) fail(line, std::string(form.name) + " needs a number, not '" + std::string(word) + "'");
  return *value;
}

void parse_arguments(std::string_view text, const ActionForm& form, std::size_t line, Action& action) {
  const bool may_be_empty = form.arguments == Arguments::kNone || form.arguments == Arguments::kMaybeNumber;
  if (text.empty() && may_be_empty) return;
  if (form.arguments == Arguments::kDuration) {
    const auto time = parse_duration(take_word(text));
    if (!time) fail(line, std::string(form.name) + " needs a duration such as 50ms");
    action.time = *time;
  } else if (form.arguments != Arguments::kText && form.arguments != Arguments::kNone) {
    action.number = number_argument(text, form, line);
  }
  const bool takes_text = form.arguments == Arguments::kText || form.arguments == Arguments::kNumberText ||
                          form.arguments == Arguments::kNumberMaybeText;
  if (!takes_text && !text.empty()) {
    fail(line, "'" + std::string(text) + "' is too much for " + std::string(form.name));
  }
  if (text.empty() && takes_text && form.arguments != Arguments::kNumberMaybeText) {
    fail(line, std::string(form.name) + " needs an argument");
  }
  action.text = text;
}

void check_values(const Action& action, const ActionForm& form, std::size_t line) {
  const bool is_status = action.kind == ActionKind::kEcho || action.kind == ActionKind::kStatus ||
                         action.kind == ActionKind::kStatusPlain || action.kind == ActionKind::kRedirect ||
                         action.kind == ActionKind::kEarly;
  if (is_status && (action.number < 100 || action.number > 999)) {
    fail(line, std::string(form.name) + " needs a status of three digits");
  }
  if (action.kind == ActionKind::kSlow && action.number == 0) fail(line, "slow needs a rate above 0");
  if (action.kind == ActionKind::kHeader && action.text.find(':') == std::string::npos) {
    fail(line, "header needs NAME: VALUE");
  }
  if (action.kind == ActionKind::kEarly && !whole_number(action.text)) fail(line, "early needs CODE COUNT");
}

Action parse_action(std::string_view text, std::size_t line) {
  const ActionForm& form = form_of(take_word(text), line);
  Action action;
  action.kind = form.kind;
  parse_arguments(text, form, line, action);
  check_values(action, form, line);
  return action;
}

void parse_count(std::string_view text, std::size_t line, Rule& rule) {
  if (text == "*") return;
  if (text.ends_with('%')) {
    const auto percent = whole_number(text.substr(0, text.size() - 1));
    if (!percent || *percent > 100) fail(line, "'" + std::string(text) + "' is not 0% to 100%");
    rule.percent = *percent;
    return;
  }
  const bool is_open = text.ends_with('+');
  const std::size_t dash = text.find('-');
  const auto first = whole_number(text.substr(0, is_open ? text.size() - 1 : dash));
  const auto last = dash == std::string_view::npos ? first : whole_number(text.substr(dash + 1));
  if (!first || *first == 0 || (!is_open && (!last || *last < *first))) {
    fail(line, "'" + std::string(text) + "' is not n, n-m, n+, n% or *");
  }
  rule.first = *first;
  if (!is_open) rule.last = *last;
}

Rule parse_rule(std::string_view text, std::size_t line) {
  constexpr std::string_view kJoin = " + ";
  Rule rule;
  rule.line = line;
  rule.selector = take_word(text);
  rule.is_path = rule.selector != "*" && !is_media_id(rule.selector);
  parse_count(take_word(text), line, rule);
  if (text.empty()) fail(line, "an action is missing");
  for (std::size_t end = text.find(kJoin); end != std::string_view::npos; end = text.find(kJoin)) {
    rule.actions.push_back(parse_action(text.substr(0, end), line));
    text.remove_prefix(end + kJoin.size());
  }
  rule.actions.push_back(parse_action(text, line));
  return rule;
}

// Of the requests that a line is for, this share and always the same ones (FNV-1a, then a finalizer).
bool is_drawn(const Rule& rule, const RuleSubject& subject, std::uint64_t nth) {
  if (rule.percent >= 100) return true;
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto mix = [&hash](std::uint64_t value) { hash = (hash ^ value) * 0x100000001b3; };
  for (const char c : subject.path) mix(static_cast<unsigned char>(c));
  mix(nth);
  mix(rule.line);
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
  return (hash ^ (hash >> 33)) % 100 < rule.percent;
}

bool fits(const Rule& rule, const RuleSubject& subject) {
  const std::uint64_t nth = rule.is_path ? subject.nth_of_path : subject.nth_of_id;
  if (nth < rule.first || nth > rule.last || !is_drawn(rule, subject, nth)) return false;
  if (rule.is_path) return subject.path.ends_with(rule.selector);
  return rule.selector == "*" || rule.selector == subject.id;
}

}  // namespace

RuleSet::RuleSet(std::string_view text) {
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = text.find('\n');
    const std::string_view content = without_blanks(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!content.empty() && !content.starts_with('#')) rules_.push_back(parse_rule(content, line));
  }
}

const std::vector<Action>& RuleSet::actions_for(const RuleSubject& subject) const {
  static const std::vector<Action> none;
  const auto found =
      std::find_if(rules_.begin(), rules_.end(), [&](const Rule& rule) { return fits(rule, subject); });
  return found == rules_.end() ? none : found->actions;
}

}  // namespace mediafs::sandbox
