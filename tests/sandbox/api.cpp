#include "api.h"

#include <array>
#include <string_view>
#include <utility>

#include "faults.h"
#include "media_id.h"
#include "range.h"

namespace mediafs::sandbox {
namespace {

std::string id_between(const std::string& path, std::string_view prefix, std::string_view suffix) {
  if (path.size() <= prefix.size() + suffix.size()) return {};
  if (!path.starts_with(prefix) || !path.ends_with(suffix)) return {};
  std::string id = path.substr(prefix.size(), path.size() - prefix.size() - suffix.size());
  return id.find('/') == std::string::npos ? id : std::string();
}

Reply not_found() {
  return error_reply(404, "1302", "There is no such media, session or attempt");
}

// Whether the range is wanted of these very bytes: If-Range names them, or is not there.
bool allows_range(const Request& request, const Media& media) {
  if (!request.headers.contains("if-range")) return true;
  const auto validator = request.header("if-range");
  return validator && !validator->empty() && (validator == media.etag || validator == media.last_modified);
}

// Whether the client says that it has these bytes.
bool has_them(const Request& request, const Media& media) {
  if (media.etag.empty()) return false;
  if (request.headers.contains("if-none-match")) {
    const std::string tags = request.header("if-none-match").value_or("");
    return tags == "*" || tags.find(media.etag) != std::string::npos;
  }
  return request.header("if-modified-since") == media.last_modified;
}

// An entity tag as a rule may write it: with its quotes, or without.
std::string quoted(const std::string& text) {
  return text.starts_with('"') || text.starts_with("W/") ? text : '"' + text + '"';
}

}  // namespace

// One authenticated request on its way to a reply.
struct Api::Exchange {
  const Request& request;
  const Target& target;
  const std::string& secret;
  const std::string& base_url;
  RequestNumber number;
  const std::vector<Action>& actions;
  bool is_signed = true;
  std::string identity;  // names the whole media's bytes, while the reply carries those
  Body whole;            // of a 206
};

Api::Api(const Options& options)
    : options_(options),
      credentials_(options.api_key, options.secrets),
      signer_(options.sign_large),
      rate_limit_(options.rate_limit, options.now),
      rules_(std::make_shared<const RuleSet>(options.rules)) {}

void Api::set_rules(RuleSet rules) {
  auto fresh = std::make_shared<const RuleSet>(std::move(rules));
  const std::lock_guard lock(mutex_);
  rules_ = std::move(fresh);
}

std::shared_ptr<const RuleSet> Api::rules() const {
  const std::lock_guard lock(mutex_);
  return rules_;
}

std::optional<Api::Target> Api::target_of(const std::string& path) {
  struct Form {
    Endpoint endpoint;
    std::string_view prefix;
    std::string_view suffix;
  };
  constexpr std::array<Form, 4> kForms{Form{Endpoint::kMedia, "/v1/media/", ""},
                                       Form{Endpoint::kSessionMedia, "/v1/sessions/", "/media"},
                                       Form{Endpoint::kAttemptMedia, "/v1/attempts/", "/media"},
                                       Form{Endpoint::kSessionAttempts, "/v1/sessions/", "/attempts"}};
  for (const Form& form : kForms) {
    std::string id = id_between(path, form.prefix, form.suffix);
    if (!id.empty()) return Target{form.endpoint, std::move(id)};
  }
  return std::nullopt;
}

std::optional<Reply> Api::refusal(const Request& request, const std::optional<Target>& target,
                                  const Proof& proof) {
  if (request.method != "GET") {
    Reply reply = error_reply(405, "1400", "Only GET is part of the API");
    reply.add_header("Allow", "GET");
    return reply;
  }
  if (!target) return error_reply(404, "1404", "There is no such endpoint");
  if (request.has_query) return error_reply(400, "1500", "The API takes no query");
  if (!is_media_id(target->id)) return error_reply(400, "1104", "The id is not valid");
  if (!request.header("x-auth-client")) {
    return error_reply(401, "1101", "X-AUTH-CLIENT is missing or stands there twice");
  }
  if (!proof.client_ok) return error_reply(401, "1102", "X-AUTH-CLIENT is not known");
  if (!proof.secret) return error_reply(401, "1812", "X-HMAC-SIGNATURE is missing or wrong");
  return std::nullopt;
}

Api::Answer Api::answer(const Request& request, std::uint64_t connection, const std::string& base_url) {
  const auto target = target_of(request.path);
  const Proof proof = target ? credentials_.check(request, target->id) : Proof{};
  const LoggedRequest entry{.method = request.method,
                            .path = request.path,
                            .range = request.header("range").value_or(""),
                            .if_range = request.header("if-range").value_or(""),
                            .signature_ok = proof.secret.has_value(),
                            .connection = connection};
  const RequestNumber number = log_.begin(entry, target ? target->id : "");
  if (auto refused = refusal(request, target, proof)) return {*std::move(refused), number};
  if (!rate_limit_.take()) return {error_reply(429, "1600", "Too many requests"), number};
  const auto rules_now = rules();
  const auto& actions =
      rules_now->actions_for({target->id, request.path, number.nth_of_id, number.nth_of_path});
  Exchange exchange{request, *target, *proof.secret, base_url, number, actions, true, "", Body()};
  Reply reply = reply_to(exchange);
  apply_content_faults(actions, reply);
  if (options_.signatures && exchange.is_signed) sign(exchange, reply);
  apply_signature_faults(actions, options_.signature_header, reply);
  apply_delivery_faults(actions, reply.delivery);
  return {std::move(reply), number};
}

Reply Api::reply_to(Exchange& exchange) const {
  if (const Action* echo = find_action(exchange.actions, ActionKind::kEcho)) {
    exchange.is_signed = false;
    return echo_reply(*echo, exchange.request, exchange.target.id);
  }
  if (auto replacement = replacement_for(exchange.actions)) {
    exchange.is_signed = replacement->is_signed;
    return std::move(replacement->reply);
  }
  return plain_reply(exchange);
}

Reply Api::plain_reply(Exchange& exchange) const {
  const Target& target = exchange.target;
  if (auto document = library_.find_document(exchange.request.path)) {
    Reply reply;
    reply.add_header("Content-Type", document->content_type);
    reply.body = document->body;
    return reply;
  }
  if (target.endpoint != Endpoint::kMedia) {
    auto text = listing(exchange);
    return text ? text_reply(200, "application/json", *std::move(text)) : not_found();
  }
  const Action* other = find_action(exchange.actions, ActionKind::kBodyOf);
  auto media = library_.find_media(other != nullptr ? other->text : target.id);
  return media ? media_reply(exchange, *std::move(media)) : not_found();
}

std::optional<std::string> Api::listing(const Exchange& exchange) const {
  const std::string& id = exchange.target.id;
  const std::uint64_t turn = exchange.number.nth_of_path - 1;
  switch (exchange.target.endpoint) {
    case Endpoint::kSessionMedia:
      return library_.session_media(id, exchange.base_url, turn);
    case Endpoint::kAttemptMedia:
      return library_.attempt_media(id, exchange.base_url, turn);
    case Endpoint::kSessionAttempts:
      return library_.session_attempts(id);
    case Endpoint::kMedia:
      break;
  }
  return std::nullopt;
}

Reply Api::media_reply(Exchange& exchange, Media media) const {
  exchange.identity = media.etag;
  exchange.whole = media.body;
  if (const Action* etag = find_action(exchange.actions, ActionKind::kEtag)) media.etag = quoted(etag->text);
  if (!options_.validators) media.etag = media.last_modified = "";
  Reply reply = range_reply(exchange, media);
  if (options_.validators) {
    reply.add_header("ETag", media.etag);
    reply.add_header("Last-Modified", media.last_modified);
  }
  if (options_.ranges) reply.add_header("Accept-Ranges", "bytes");
  if (reply.status != 200) exchange.identity.clear();
  return reply;
}

Reply Api::range_reply(Exchange& exchange, const Media& media) const {
  const Request& request = exchange.request;
  Reply reply;
  if (has_them(request, media)) {
    reply.status = 304;
    return reply;
  }
  const bool ignores_range = find_action(exchange.actions, ActionKind::kIgnoreRange) != nullptr;
  const bool is_ranged = options_.ranges && !ignores_range && allows_range(request, media);
  const std::uint64_t size = media.body.size();
  const RangeRequest range =
      is_ranged ? parse_range(request.header("range").value_or(""), size) : RangeRequest{};
  if (range.answer == RangeAnswer::kUnsatisfiable) {
    reply = error_reply(416, "1416", "The range is outside the media");
    reply.add_header("Content-Range", "bytes */" + std::to_string(size));
    return reply;
  }
  reply.add_header("Content-Type", media.content_type);
  reply.body = media.body;
  if (range.answer == RangeAnswer::kPart) {
    reply.status = 206;
    reply.add_header("Content-Range", content_range(range.begin, range.size, size));
    reply.body = media.body.part(range.begin, range.size);
  }
  return reply;
}

void Api::sign(const Exchange& exchange, Reply& reply) {
  const bool is_part = reply.status == 206;
  if (is_part && options_.range_signature == RangeSignature::kNone) return;
  const bool covers_whole = is_part && options_.range_signature == RangeSignature::kWhole;
  const bool is_empty = find_action(exchange.actions, ActionKind::kEmpty) != nullptr;
  const auto signature = signer_.sign(exchange.secret, covers_whole ? exchange.whole : reply.body,
                                      is_empty ? std::string() : exchange.identity);
  if (!signature) return;
  reply.add_header("x-auth-client", credentials_.api_key());
  reply.add_header(options_.signature_header, *signature);
}

}  // namespace mediafs::sandbox
