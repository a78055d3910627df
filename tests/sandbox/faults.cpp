#include "faults.h"

#include <algorithm>
#include <string_view>

#include <nlohmann/json.hpp>

namespace mediafs::sandbox {
namespace {

// What stands in for an API code that a rule did not give: one that means nothing special.
std::string usual_code(int status) {
  if (status == 401 || status == 403) return "1101";
  return status == 404 || status == 410 ? "1302" : "1000";
}

Reply status_reply(const Action& action) {
  const auto status = static_cast<int>(action.number);
  const std::size_t blank = action.text.find(' ');
  const std::string code = action.text.empty() ? usual_code(status) : action.text.substr(0, blank);
  const std::string message =
      blank == std::string::npos ? "A rule of the sandbox says so" : action.text.substr(blank + 1);
  return error_reply(status, code, message);
}

Reply redirect_reply(const Action& action) {
  Reply reply = text_reply(static_cast<int>(action.number), "text/plain", "elsewhere\n");
  reply.add_header("Location", action.text);
  return reply;
}

// The page of a captive portal or a web firewall.
Reply html_reply() {
  return text_reply(200, "text/html; charset=utf-8", "<!doctype html><title>Sign in</title><p>Sign in.\n");
}

void add_named_header(const std::string& text, Reply& reply) {
  const std::size_t colon = text.find(':');
  const std::size_t value = text.find_first_not_of(" \t", colon + 1);
  reply.add_header(text.substr(0, colon), value == std::string::npos ? "" : text.substr(value));
}

// Makes `bytes a-b/n` one off, so that it contradicts the request.
std::string shifted_range(const std::string& range) {
  const std::size_t begin = range.find(' ') + 1;
  const std::size_t dash = range.find('-');
  if (begin == 0 || dash == std::string::npos) return range;
  const std::uint64_t first = std::stoull(range.substr(begin, dash - begin));
  const std::uint64_t last = std::stoull(range.substr(dash + 1));
  return "bytes " + std::to_string(first + 1) + '-' + std::to_string(last + 1) +
         range.substr(range.find('/'));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

// Reads the escapes \r \n \t \\ \xHH; anything else stands for itself.
std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char kind = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
    const bool is_hex =
        kind == 'x' && i + 3 < text.size() && hex_digit(text[i + 2]) >= 0 && hex_digit(text[i + 3]) >= 0;
    constexpr std::string_view kNames = "rnt\\";
    constexpr std::string_view kValues = "\r\n\t\\";
    if (is_hex) {
      result += static_cast<char>(hex_digit(text[i + 2]) * 16 + hex_digit(text[i + 3]));
      i += 3;
    } else if (const std::size_t at = kNames.find(kind); kind != '\0' && at != std::string_view::npos) {
      result += kValues[at];
      ++i;
    } else {
      result += text[i];
    }
  }
  return result;
}

void set_framing(const Action& action, Framing framing, Delivery& delivery) {
  delivery.framing = framing;
  delivery.other_length = action.number == Action::kNoNumber ? 0 : action.number;
}

void set_close(const Action& action, Delivery& delivery) {
  if (action.number != Action::kNoNumber) delivery.close_at = action.number;
}

// The faults of when and whether, as against those of how the body's end is told.
void apply_timing(const Action& action, Delivery& delivery) {
  switch (action.kind) {
    case ActionKind::kDelay:
      delivery.delay += action.time;
      break;
    case ActionKind::kHang:
      delivery.hang_before_head = true;
      break;
    case ActionKind::kHangHeaders:
      delivery.hang_in_head = true;
      break;
    case ActionKind::kStall:
      delivery.stall_at = action.number;
      break;
    case ActionKind::kSlow:
      delivery.bytes_per_second = action.number;
      break;
    case ActionKind::kDrop:
      delivery.drop = true;
      break;
    case ActionKind::kReset:
      delivery.reset = true;
      [[fallthrough]];
    case ActionKind::kCut:
      set_close(action, delivery);
      break;
    default:
      break;
  }
}

void apply_framing(const Action& action, Delivery& delivery) {
  switch (action.kind) {
    case ActionKind::kCutChunked:
      set_close(action, delivery);
      [[fallthrough]];
    case ActionKind::kNoLength:
      delivery.framing = Framing::kChunked;
      break;
    case ActionKind::kCloseDelimited:
      delivery.framing = Framing::kCloseDelimited;
      set_close(action, delivery);
      break;
    case ActionKind::kWrongLength:
      set_framing(action, Framing::kWrongLength, delivery);
      break;
    case ActionKind::kTwoLengths:
      set_framing(action, Framing::kTwoLengths, delivery);
      break;
    case ActionKind::kLengthAndChunked:
      delivery.framing = Framing::kLengthAndChunked;
      break;
    case ActionKind::kGarbageStatus:
      delivery.garbage_status = true;
      break;
    case ActionKind::kRaw:
      delivery.raw = unescaped(action.text);
      break;
    case ActionKind::kEarly:
      delivery.early_status = static_cast<int>(action.number);
      delivery.early_count = std::stoull(action.text);
      break;
    default:
      break;
  }
}

void apply_content_fault(const Action& action, Reply& reply) {
  switch (action.kind) {
    case ActionKind::kEmpty:
      reply.body = Body(std::string());
      break;
    case ActionKind::kContentType:
      reply.set_header("Content-Type", action.text);
      break;
    case ActionKind::kRetryAfter:
      reply.set_header("Retry-After", action.text);
      break;
    case ActionKind::kGzip:
      reply.set_header("Content-Encoding", "gzip");
      break;
    case ActionKind::kHeader:
      add_named_header(action.text, reply);
      break;
    case ActionKind::kHugeHeader:
      reply.add_header("X-Huge", std::string(static_cast<std::size_t>(action.number), 'h'));
      break;
    case ActionKind::kManyHeaders:
      for (std::uint64_t i = 0; i < action.number; ++i) reply.add_header("X-Many-" + std::to_string(i), "m");
      break;
    case ActionKind::kWrongContentRange:
      if (reply.status == 206)
        reply.set_header("Content-Range", shifted_range(reply.header("Content-Range")));
      break;
    default:
      break;
  }
}

// Another digit in the place of the first.
std::string broken(std::string signature) {
  signature.front() = signature.front() == '0' ? '1' : '0';
  return signature;
}

}  // namespace

const Action* find_action(const std::vector<Action>& actions, ActionKind kind) {
  const auto found =
      std::find_if(actions.begin(), actions.end(), [&](const Action& action) { return action.kind == kind; });
  return found == actions.end() ? nullptr : &*found;
}

std::optional<Replacement> replacement_for(const std::vector<Action>& actions) {
  if (const Action* action = find_action(actions, ActionKind::kStatus)) {
    return Replacement{status_reply(*action), true};
  }
  if (const Action* action = find_action(actions, ActionKind::kStatusPlain)) {
    return Replacement{text_reply(static_cast<int>(action->number), "text/plain", "upstream failure\n"),
                       false};
  }
  if (const Action* action = find_action(actions, ActionKind::kRedirect)) {
    return Replacement{redirect_reply(*action), false};
  }
  if (const Action* action = find_action(actions, ActionKind::kJsonError)) {
    return Replacement{error_reply(200, action->text, "A rule of the sandbox says so"), true};
  }
  if (find_action(actions, ActionKind::kHtml) != nullptr) return Replacement{html_reply(), false};
  return std::nullopt;
}

Reply echo_reply(const Action& action, const Request& request, const std::string& id) {
  const auto status = static_cast<int>(action.number);
  const std::string signature = request.header("x-hmac-signature").value_or("");
  const std::string key = request.header("x-auth-client").value_or("");
  const std::string all = signature + ' ' + key + ' ' + upper(key) + ' ' + id + " \x1b[2J";
  nlohmann::ordered_json body{
      {"status", "fail"}, {"code", all}, {"message", all}, {"error", all}, {all, all}};
  if (action.text == "old") body = {{"status", status}, {"code", 1101}, {"error", all}};
  const bool is_text = action.text == "text";
  Reply reply =
      text_reply(status, is_text ? "text/plain" : "application/" + signature, is_text ? all : body.dump());
  const std::string url = "https://" + signature + '.' + key + ".example.com/" + id + "?" + key;
  reply.add_header("Location", url);
  for (const char* name :
       {"ETag", "Retry-After", "Last-Modified", "Content-Range", "Accept-Ranges", "Server"})
    reply.add_header(name, all);
  reply.add_header("X-" + signature, all);
  return reply;
}

void apply_content_faults(const std::vector<Action>& actions, Reply& reply) {
  for (const Action& action : actions) apply_content_fault(action, reply);
}

void apply_signature_faults(const std::vector<Action>& actions, const std::string& signature_header,
                            Reply& reply) {
  const std::string signature = reply.header(signature_header);
  if (signature.empty()) return;
  for (const Action& action : actions) {
    switch (action.kind) {
      case ActionKind::kBadSignature:
        reply.set_header(signature_header, broken(signature));
        break;
      case ActionKind::kUpperSignature:
        reply.set_header(signature_header, upper(signature));
        break;
      case ActionKind::kTwoSignatures:
        reply.add_header(signature_header, broken(signature));
        break;
      case ActionKind::kForeignClient:
        reply.set_header("x-auth-client", "another-client");
        break;
      case ActionKind::kNoSignature:
        reply.remove_header(signature_header);
        break;
      default:
        break;
    }
  }
}

void apply_delivery_faults(const std::vector<Action>& actions, Delivery& delivery) {
  for (const Action& action : actions) {
    apply_timing(action, delivery);
    apply_framing(action, delivery);
  }
}

}  // namespace mediafs::sandbox
