#include "reply.h"

#include <algorithm>
#include <ctime>
#include <string_view>

#include <nlohmann/json.hpp>

namespace mediafs::sandbox {
namespace {

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 416:
      return "Range Not Satisfiable";
    case 429:
      return "Too Many Requests";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

std::string framing_headers(const Reply& reply) {
  const std::string real = "Content-Length: " + std::to_string(reply.body.size()) + "\r\n";
  const std::string other = "Content-Length: " + std::to_string(reply.delivery.other_length) + "\r\n";
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  switch (reply.delivery.framing) {
    case Framing::kLength:
      return real;
    case Framing::kChunked:
      return chunked;
    case Framing::kCloseDelimited:
      return "";
    case Framing::kWrongLength:
      return other;
    case Framing::kTwoLengths:
      return real + other;
    case Framing::kLengthAndChunked:
      return real + chunked;
  }
  return "";
}

/// RFC 9110 section 6.6.1.
std::string date_header() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[64];
  std::strftime(text, sizeof(text), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
  return text;
}

}  // namespace

void Reply::add_header(std::string name, std::string value) {
  headers.emplace_back(std::move(name), std::move(value));
}

void Reply::remove_header(const std::string& name) {
  std::erase_if(headers, [&](const auto& header) { return header.first == name; });
}

void Reply::set_header(const std::string& name, std::string value) {
  remove_header(name);
  add_header(name, std::move(value));
}

std::string Reply::header(const std::string& name) const {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const auto& entry) { return entry.first == name; });
  return found == headers.end() ? "" : found->second;
}

Reply text_reply(int status, std::string content_type, std::string text) {
  Reply reply;
  reply.status = status;
  reply.add_header("Content-Type", std::move(content_type));
  reply.body = Body(std::move(text));
  return reply;
}

Reply error_reply(int status, const std::string& code, const std::string& message) {
  const nlohmann::ordered_json body{{"status", "fail"}, {"code", code}, {"message", message}};
  return text_reply(status, "application/json", body.dump());
}

std::string head_of(const Reply& reply, bool closes) {
  std::string head = reply.delivery.garbage_status ? "HTP!1.1 two-hundred\x01 maybe"
                                                   : "HTTP/1.1 " + std::to_string(reply.status) + " " +
                                                         std::string(reason_of(reply.status));
  head += "\r\n" + date_header();
  for (const auto& [name, value] : reply.headers) head += name + ": " + value + "\r\n";
  if (reply.has_body()) head += framing_headers(reply);
  if (closes) head += "Connection: close\r\n";
  return head + "\r\n";
}

}  // namespace mediafs::sandbox
