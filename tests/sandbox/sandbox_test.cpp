#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sandbox_fixture.h"

namespace mediafs::sandbox {
namespace {

using nlohmann::json;

const std::string kSession = "661a247f-f911-4163-b4f7-2c9033c828c7";
const std::string kAttempt = "8f330922-99cb-4d56-a2b3-8fd3f8d7bbf4";

Options with_samples() {
  Options options;
  options.samples = MEDIAFS_SAMPLES;
  return options;
}

// What the command line tool says: an implementation that is not ours.
std::string openssl_dgst(const std::string& secret, const std::string& file) {
  const std::string command = "openssl dgst -sha256 -hmac " + secret + " -r " + file;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::string output(64, '\0');
  output.resize(std::fread(output.data(), 1, output.size(), pipe.get()));
  return output;
}

std::string code_of(const httplib::Result& result) {
  return json::parse(result->body).at("code");
}

using EndpointTest = SandboxTest;

TEST_F(EndpointTest, MediaHasItsBytesAndHeaders) {
  const auto result = get_media(kTinyId);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(result->body, kTinyBytes);
  EXPECT_EQ(result->get_header_value("Content-Type"), "image/png");
  EXPECT_EQ(result->get_header_value("Accept-Ranges"), "bytes");
  EXPECT_EQ(result->get_header_value("ETag").front(), '"');
  EXPECT_FALSE(result->get_header_value("Last-Modified").empty());
  EXPECT_EQ(result->get_header_value("x-auth-client"), "sandbox-key");
  EXPECT_EQ(result->get_header_value("x-hmac-signature"), signature_of(secret(), kTinyBytes));
}

TEST_F(EndpointTest, SamplesAreServedAndSignedAsOpensslDoes) {
  start(with_samples());
  const auto result = get_media(kFaceId);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->body.size(),
            std::filesystem::file_size(std::filesystem::path(MEDIAFS_SAMPLES) / "face.jpg"));
  EXPECT_EQ(result->get_header_value("x-hmac-signature"),
            openssl_dgst(secret(), std::string(MEDIAFS_SAMPLES) + "/face.jpg"));
}

TEST_F(EndpointTest, SessionListingIsOfTheNewestAttempt) {
  start(with_samples());
  const auto session = get("/v1/sessions/" + kSession + "/media");
  const auto attempt = get("/v1/attempts/" + kAttempt + "/media");
  ASSERT_TRUE(session && attempt);
  EXPECT_EQ(session->body, attempt->body);
  EXPECT_EQ(session->get_header_value("x-hmac-signature"), signature_of(secret(), session->body));
  const json listing = json::parse(session->body);
  EXPECT_EQ(listing["status"], "success");
  EXPECT_EQ(listing["images"].size(), 6U);
  EXPECT_EQ(listing["videos"].size(), 2U);
  EXPECT_EQ(listing["nfcDocuments"].size(), 1U);
  const json& first = listing["images"][0];
  EXPECT_EQ(first["id"], kFaceId);
  EXPECT_EQ(first["sessionId"], kSession);
  EXPECT_TRUE(first["timestamp"].is_null());
}

TEST_F(EndpointTest, ListingsChangeTheirOrder) {
  start(with_samples());
  const std::string path = "/v1/sessions/" + kSession + "/media";
  EXPECT_NE(json::parse(get(path)->body)["images"][0], json::parse(get(path)->body)["images"][0]);
}

TEST_F(EndpointTest, AttemptsRepeatAndMayLackATime) {
  start(with_samples());
  const json body = json::parse(get("/v1/sessions/" + kSession + "/attempts")->body);
  ASSERT_EQ(body["verifications"].size(), 3U);
  EXPECT_EQ(body["verifications"][0]["id"], kAttempt);
  EXPECT_EQ(body["verifications"][1]["id"], body["verifications"][2]["id"]);
  EXPECT_FALSE(body["verifications"][1].contains("createdTime"));
}

TEST_F(EndpointTest, UnknownIdsAreNotFound) {
  for (const char* path :
       {"/v1/media/unknown-media-0001", "/v1/sessions/unknown-media-0001/media",
        "/v1/attempts/unknown-media-0001/media", "/v1/sessions/unknown-media-0001/attempts"}) {
    EXPECT_EQ(get(path)->status, 404) << path;
  }
}

TEST_F(EndpointTest, IdsOutsideTheGrammarAreInvalid) {
  for (const std::string& id : {std::string("short"), std::string("-starts-with-a-dash"),
                                std::string(129, 'a'), std::string("has.a.dot.inside.it")}) {
    const auto result = get_media(id);
    EXPECT_EQ(result->status, 400) << id;
    EXPECT_EQ(code_of(result), "1104") << id;
  }
}

TEST_F(EndpointTest, OnlyGetWithoutAQueryIsTaken) {
  httplib::Client client(server().url());
  EXPECT_EQ(client.Head(kTinyPath, headers_for(kTinyId))->status, 405);
  EXPECT_EQ(client.Delete(kTinyPath, headers_for(kTinyId))->status, 405);
  EXPECT_EQ(client.Get(kTinyPath + "?a=b", headers_for(kTinyId))->status, 400);
  EXPECT_EQ(client.Get(kTinyPath, headers_for(kTinyId))->status, 200);
}

TEST_F(EndpointTest, TheClientHeaderIsStrict) {
  httplib::Client client(server().url());
  httplib::Headers headers = headers_for(kTinyId);
  headers.erase("X-AUTH-CLIENT");
  EXPECT_EQ(client.Get(kTinyPath, headers)->status, 401);
  EXPECT_EQ(code_of(client.Get(kTinyPath, headers)), "1101");
  headers.emplace("X-AUTH-CLIENT", "nobody");
  EXPECT_EQ(client.Get(kTinyPath, headers)->status, 401);
}

TEST_F(EndpointTest, TheSignatureHeaderIsStrict) {
  httplib::Client client(server().url());
  const std::string good = signature_of(secret(), kTinyId);
  std::string upper = good;
  for (char& c : upper) c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  const std::string of_another = signature_of(secret(), kOtherId);
  for (const std::string& signature :
       {upper, of_another, signature_of("no-secret", kTinyId), std::string()}) {
    const auto result =
        client.Get(kTinyPath, {{"X-AUTH-CLIENT", "sandbox-key"}, {"X-HMAC-SIGNATURE", signature}});
    EXPECT_EQ(result->status, 401) << signature;
    EXPECT_EQ(json::parse(result->body)["status"], "fail");
  }
  EXPECT_EQ(client.Get(kTinyPath, {{"X-AUTH-CLIENT", "sandbox-key"}})->status, 401);
}

TEST_F(EndpointTest, TheSecretThatSignedSignsTheResponse) {
  server().set_secrets({"new", "sandbox-secret"});
  httplib::Client client(server().url());
  const auto result = client.Get(
      kTinyPath, {{"X-AUTH-CLIENT", "sandbox-key"}, {"X-HMAC-SIGNATURE", signature_of("new", kTinyId)}});
  EXPECT_EQ(result->get_header_value("x-hmac-signature"), signature_of("new", kTinyBytes));
  server().set_secrets({"new"});
  EXPECT_EQ(get_media(kTinyId)->status, 401);
}

TEST_F(EndpointTest, RangesArePartsOfTheWhole) {
  const auto middle = get_media(kTinyId, {{"Range", "bytes=10-12"}});
  EXPECT_EQ(middle->status, 206);
  EXPECT_EQ(middle->body, "abc");
  EXPECT_EQ(middle->get_header_value("Content-Range"), "bytes 10-12/36");
  EXPECT_EQ(middle->get_header_value("x-hmac-signature"), signature_of(secret(), "abc"));
  EXPECT_EQ(get_media(kTinyId, {{"Range", "bytes=34-"}})->body, "yz");
  EXPECT_EQ(get_media(kTinyId, {{"Range", "bytes=34-99"}})->body, "yz");
  EXPECT_EQ(get_media(kTinyId, {{"Range", "bytes=-1"}})->body, "z");
  EXPECT_EQ(get_media(kTinyId, {{"Range", "bytes=36-"}})->status, 416);
  EXPECT_EQ(get_media(kTinyId, {{"Range", "bytes=0-1,3-4"}})->status, 200);
}

TEST_F(EndpointTest, TheSignatureOfARangeCanCoverTheWhole) {
  Options options;
  options.range_signature = RangeSignature::kWhole;
  start(options);
  const auto part = get_media(kTinyId, {{"Range", "bytes=10-12"}});
  EXPECT_EQ(part->get_header_value("x-hmac-signature"), signature_of(secret(), kTinyBytes));
}

TEST_F(EndpointTest, LargeBodiesAreSignedOnRequestOnly) {
  const std::string large = "gen-0000067108865-alpha0001";
  const httplib::Headers nothing_new{{"If-None-Match", "*"}};
  EXPECT_TRUE(get_media(large, nothing_new)->has_header("x-hmac-signature"));  // of no bytes
  WireClient client(server().port());
  client.send(request_text("/v1/media/" + large));
  EXPECT_EQ(client.read_response(0).header("x-hmac-signature"), "");
  Options options;
  options.sign_large = true;
  start(options);
  WireClient signing_client(server().port());
  signing_client.send(request_text("/v1/media/" + large));
  EXPECT_EQ(signing_client.read_response(0).header("x-hmac-signature").size(), 64U);
}

TEST_F(EndpointTest, IfRangeNeedsTheSameVersion) {
  const std::string etag = get_media(kTinyId)->get_header_value("ETag");
  const httplib::Headers same{{"Range", "bytes=0-0"}, {"If-Range", etag}};
  EXPECT_EQ(get_media(kTinyId, same)->status, 206);
  server().put_media(kTinyId, "image/png", "another");
  const auto changed = get_media(kTinyId, same);
  EXPECT_EQ(changed->status, 200);
  EXPECT_EQ(changed->body, "another");
  EXPECT_NE(changed->get_header_value("ETag"), etag);
}

TEST_F(EndpointTest, AKnownVersionIsNotSentAgain) {
  const std::string etag = get_media(kTinyId)->get_header_value("ETag");
  const auto result = get_media(kTinyId, {{"If-None-Match", etag}});
  EXPECT_EQ(result->status, 304);
  EXPECT_TRUE(result->body.empty());
}

TEST_F(EndpointTest, SwitchesTakeHeadersAway) {
  Options options;
  options.ranges = false;
  options.validators = false;
  options.content_length = false;
  options.signatures = false;
  start(options);
  const auto result = get_media(kTinyId, {{"Range", "bytes=0-0"}});
  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(result->body, kTinyBytes);
  EXPECT_EQ(result->get_header_value("Transfer-Encoding"), "chunked");
  for (const char* name : {"ETag", "Last-Modified", "Accept-Ranges", "Content-Length", "x-hmac-signature"}) {
    EXPECT_FALSE(result->has_header(name)) << name;
  }
}

TEST_F(EndpointTest, SyntheticMediaIsTheSameFromAnyOffset) {
  const std::string id = "gen-0000001000003-alpha0001";
  const std::string whole = get_media(id)->body;
  ASSERT_EQ(whole.size(), 1'000'003U);
  EXPECT_EQ(get_media(id, {{"Range", "bytes=12345-770001"}})->body, whole.substr(12345, 770001 - 12345 + 1));
  EXPECT_NE(get_media("gen-0000001000003-beta00001")->body, whole);
}

TEST_F(EndpointTest, OneConnectionTakesManyRequests) {
  WireClient client(server().port());
  for (int i = 0; i < 300; ++i) {
    client.send(request_text(kTinyPath));
    ASSERT_EQ(client.read_response(kTinyBytes.size()).body, kTinyBytes);
  }
  EXPECT_EQ(server().requests().back().connection, 1U);
}

TEST_F(EndpointTest, RequestsAreCountedAndLogged) {
  get_media(kTinyId, {{"Range", "bytes=0-3"}});
  get_media(kTinyId);
  httplib::Client(server().url()).Get("/v1/media/" + kOtherId);
  EXPECT_EQ(server().total_requests(), 3U);
  EXPECT_EQ(server().requests_for(kTinyId), 2U);
  EXPECT_EQ(server().requests_for("/v1/media/" + kOtherId), 1U);
  const auto log = server().requests();
  ASSERT_EQ(log.size(), 3U);
  EXPECT_EQ(log[0].range, "bytes=0-3");
  EXPECT_EQ(log[0].status, 206);
  EXPECT_EQ(log[0].sent, 4U);
  EXPECT_TRUE(log[0].signature_ok);
  EXPECT_EQ(log[2].status, 401);
  EXPECT_FALSE(log[2].signature_ok);
  server().reset();
  EXPECT_EQ(server().total_requests(), 0U);
}

TEST_F(EndpointTest, RemovedMediaIsNotFoundUntilPutAgain) {
  server().remove(kTinyId);
  EXPECT_EQ(get_media(kTinyId)->status, 404);
  server().put_media(kTinyId, "image/png", "back");
  EXPECT_EQ(get_media(kTinyId)->body, "back");
}

TEST_F(EndpointTest, AManifestMayListSyntheticMedia) {
  server().add_manifest(R"({"sessions":[{"id":"session-0000000001","attempts":[{"id":"attempt-0000000001",
      "media":[{"id":"gen-0000000000100-a0001","context":"face"}]}]}]})");
  const json listing = json::parse(get("/v1/sessions/session-0000000001/media")->body);
  EXPECT_EQ(listing["images"][0]["size"], 100);
  EXPECT_THROW(server().add_manifest("{}"), std::runtime_error);
}

TEST_F(EndpointTest, ADocumentReplacesAListing) {
  server().put_document("/v1/sessions/session-0000000009/media", "application/json", "[[[");
  EXPECT_EQ(get("/v1/sessions/session-0000000009/media")->body, "[[[");
}

using ControlTest = SandboxTest;

TEST_F(ControlTest, MediaIsPutReplacedAndDeleted) {
  httplib::Client client(server().url());
  const std::string id = "put-media-0000000001";
  EXPECT_EQ(client.Put("/_sandbox/media/" + id, "bytes", "video/webm")->status, 200);
  EXPECT_EQ(get_media(id)->body, "bytes");
  EXPECT_EQ(get_media(id)->get_header_value("Content-Type"), "video/webm");
  EXPECT_EQ(client.Delete("/_sandbox/media/" + id)->status, 200);
  EXPECT_EQ(get_media(id)->status, 404);
  EXPECT_EQ(client.Put("/_sandbox/media/short", "bytes", "video/webm")->status, 400);
}

TEST_F(ControlTest, RulesCountsAndResetWorkFromOutside) {
  httplib::Client client(server().url());
  EXPECT_EQ(client.Post("/_sandbox/rules", "* 1 status 503", "text/plain")->status, 200);
  EXPECT_EQ(get_media(kTinyId)->status, 503);
  EXPECT_EQ(get_media(kTinyId)->status, 200);
  const json seen = json::parse(client.Get("/_sandbox/requests")->body);
  EXPECT_EQ(seen["total"], 2);
  EXPECT_EQ(seen["by_path"][kTinyPath], 2);
  EXPECT_EQ(seen["log"][0]["status"], 503);
  EXPECT_EQ(client.Post("/_sandbox/reset")->status, 200);
  EXPECT_EQ(server().total_requests(), 0U);
  const auto bad = client.Post("/_sandbox/rules", "* 1 explode", "text/plain");
  EXPECT_EQ(bad->status, 400);
  EXPECT_NE(bad->body.find("line 1"), std::string::npos);
}

TEST_F(ControlTest, ItAnswersWhileEveryThreadHangs) {
  Options options;
  options.threads = 2;
  options.rules = "* * hang";
  start(options);
  std::vector<std::unique_ptr<WireClient>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<WireClient>(server().port()));
    clients.back()->send(request_text(kTinyPath));
  }
  ASSERT_TRUE(server().wait_for_requests(kTinyId, 2));
  httplib::Client control(server().url());
  EXPECT_EQ(control.Post("/_sandbox/rules", "", "text/plain")->status, 200);
  EXPECT_EQ(control.Post("/_sandbox/release")->status, 200);
  for (const auto& client : clients) EXPECT_EQ(client->read_response(kTinyBytes.size()).body, kTinyBytes);
}

TEST_F(ControlTest, StopEndsThoughResponsesHang) {
  server().set_rules("* 1-20 hang\n* 21+ stall 3");
  std::vector<std::unique_ptr<WireClient>> clients;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(std::make_unique<WireClient>(server().port()));
    clients.back()->send(request_text(kTinyPath));
  }
  ASSERT_TRUE(server().wait_for_requests(kTinyId, 40));
  server().stop();
  for (const auto& client : clients) EXPECT_TRUE(client->is_readable()) << "the end of its connection";
}

}  // namespace
}  // namespace mediafs::sandbox
