#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <httplib.h>

#include "server.h"
#include "signature.h"
#include "wire_client.h"

namespace mediafs::sandbox {

inline const std::string kFaceId = "22d3eb29-9b03-4cfb-8d70-500b99e30619";
inline const std::string kTinyId = "tiny-media-000000001";
inline const std::string kTinyPath = "/v1/media/" + kTinyId;
inline const std::string kOtherId = "other-media-00000001";
inline const std::string kTinyBytes = "0123456789abcdefghijklmnopqrstuvwxyz";

// A test with a server of its own, which holds two small media.
class SandboxTest : public ::testing::Test {
 protected:
  // Starts the server with `options`; a test that does not call it gets one with the defaults.
  Server& start(Options options = {}) {
    server_ = std::make_unique<Server>(std::move(options));
    server_->put_media(kTinyId, "image/png", kTinyBytes);
    server_->put_media(kOtherId, "image/jpeg", "of another person");
    return *server_;
  }
  Server& server() { return server_ ? *server_ : start(); }

  static std::string secret() { return "sandbox-secret"; }
  static httplib::Headers headers_for(const std::string& id) {
    return {{"X-AUTH-CLIENT", "sandbox-key"}, {"X-HMAC-SIGNATURE", signature_of(secret(), id)}};
  }
  static std::string id_in(const std::string& path) {
    const std::string::size_type begin = path.find('/', 4) + 1;
    return path.substr(begin, path.find('/', begin) - begin);
  }

  // A signed GET on a connection of its own.
  httplib::Result get(const std::string& path, httplib::Headers extra = {}) {
    httplib::Client client(server().url());
    httplib::Headers headers = headers_for(id_in(path));
    headers.merge(extra);
    return client.Get(path, headers);
  }
  httplib::Result get_media(const std::string& id, httplib::Headers extra = {}) {
    return get("/v1/media/" + id, std::move(extra));
  }

  // A signed GET as text, with further header lines that each end in CRLF.
  static std::string request_text(const std::string& path, const std::string& lines = {}) {
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nX-AUTH-CLIENT: sandbox-key\r\n" +
           "X-HMAC-SIGNATURE: " + signature_of(secret(), id_in(path)) + "\r\n" + lines + "\r\n";
  }
  // Sends it for the tiny media and reads all that comes until the server closes.
  WireResponse wire_to_end(const std::string& lines = {}) {
    WireClient client(server().port());
    client.send(request_text("/v1/media/" + kTinyId, lines));
    return client.read_to_end();
  }

 private:
  std::unique_ptr<Server> server_;
};

}  // namespace mediafs::sandbox
