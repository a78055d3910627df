#include "control.h"

#include <array>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "media_id.h"
#include "server.h"

namespace mediafs::sandbox {
namespace {

using Json = nlohmann::ordered_json;

Reply done() {
  return text_reply(200, "application/json", "{}\n");
}

Json log_entry(const LoggedRequest& request) {
  return {{"method", request.method},         {"path", request.path},
          {"range", request.range},           {"if_range", request.if_range},
          {"status", request.status},         {"signature_ok", request.signature_ok},
          {"connection", request.connection}, {"sent", request.sent}};
}

Reply show_requests(Server& server, const Request&, const std::string&) {
  Json log = Json::array();
  for (const LoggedRequest& request : server.requests()) log.push_back(log_entry(request));
  const Json body{{"total", server.total_requests()}, {"by_path", server.requests_by_path()}, {"log", log}};
  return text_reply(200, "application/json",
                    body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

Reply reset(Server& server, const Request&, const std::string&) {
  server.reset();
  return done();
}

Reply set_rules(Server& server, const Request& request, const std::string&) {
  server.set_rules(request.body);
  return done();
}

Reply release(Server& server, const Request&, const std::string&) {
  server.release();
  return done();
}

Reply set_secrets(Server& server, const Request& request, const std::string&) {
  std::vector<std::string> secrets;
  std::string_view rest = request.body;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (end != 0) secrets.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  server.set_secrets(std::move(secrets));
  return done();
}

Reply limit_rate(Server& server, const Request& request, const std::string&) {
  server.limit_rate(std::stod(request.body));
  return done();
}

Reply add_manifest(Server& server, const Request& request, const std::string&) {
  server.add_manifest(request.body);
  return done();
}

std::string content_type_of(const Request& request) {
  return request.header("content-type").value_or("application/octet-stream");
}

Reply put_media(Server& server, const Request& request, const std::string& id) {
  if (!is_media_id(id)) return text_reply(400, "text/plain", "'" + id + "' is not an id\n");
  server.put_media(id, content_type_of(request), request.body);
  return done();
}

Reply remove_media(Server& server, const Request&, const std::string& id) {
  server.remove(id);
  return done();
}

Reply put_document(Server& server, const Request& request, const std::string& path) {
  server.put_document("/v1/" + path, content_type_of(request), request.body);
  return done();
}

struct Route {
  std::string_view method;
  std::string_view path;  // after the prefix; one that ends with '/' takes the rest as its argument
  Reply (*handle)(Server&, const Request&, const std::string& rest);
};

constexpr std::array kRoutes{
    Route{"GET", "requests", show_requests}, Route{"POST", "reset", reset},
    Route{"POST", "rules", set_rules},       Route{"POST", "release", release},
    Route{"POST", "secrets", set_secrets},   Route{"POST", "manifest", add_manifest},
    Route{"POST", "rate-limit", limit_rate}, Route{"PUT", "media/", put_media},
    Route{"DELETE", "media/", remove_media}, Route{"PUT", "document/v1/", put_document},
};

bool leads_to(const Route& route, const Request& request, std::string_view path) {
  if (route.method != request.method) return false;
  return route.path.ends_with('/') ? path.starts_with(route.path) : path == route.path;
}

}  // namespace

Reply control(Server& server, const Request& request) {
  const std::string_view path = std::string_view(request.path).substr(kControlPrefix.size());
  for (const Route& route : kRoutes) {
    if (!leads_to(route, request, path)) continue;
    try {
      return route.handle(server, request, std::string(path.substr(route.path.size())));
    } catch (const std::exception& error) {
      return text_reply(400, "text/plain", std::string(error.what()) + "\n");
    }
  }
  return text_reply(404, "text/plain", "There is no such control\n");
}

}  // namespace mediafs::sandbox
