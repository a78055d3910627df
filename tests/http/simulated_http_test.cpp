// What the tests of the floors above take for HTTP: a client with sockets gets the same from the sandbox.
#include "support/simulated_http.h"

#include <future>
#include <ostream>

#include <gtest/gtest.h>

#include "mediafs/http/http_client.h"
#include "sandbox/server.h"
#include "sandbox/signature.h"

namespace mediafs {
namespace {

/// All that a sink has been given.
struct Outcome {
  int heads = 0;
  int status = 0;
  std::vector<std::string> fields;
  std::string body;
  std::optional<Errc> error;
  bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  out << outcome.heads << " head, status " << outcome.status << ", " << outcome.body.size()
      << " bytes, error " << (outcome.error ? static_cast<int>(*outcome.error) : 0);
  for (const std::string& field : outcome.fields) out << "\n  " << field;
  return out;
}

class OutcomeSink : public ResponseSink {
 public:
  Flow on_head(const ResponseHead& head) override {
    ++outcome_.heads;
    outcome_.status = head.status;
    for (const char* name : {"content-type", "content-range", "etag", "retry-after", "x-hmac-signature"}) {
      if (const auto value = head.find(name)) outcome_.fields.push_back(name + (": " + std::string(*value)));
    }
    return Flow::go_on;
  }
  Flow on_body(ByteView piece) override {
    outcome_.body += text_of(piece);
    return Flow::go_on;
  }
  void on_end(Status end) override {
    if (!end.ok()) outcome_.error = end.error().code;
    ended_.set_value(std::move(outcome_));
  }
  std::future<Outcome> outcome() { return ended_.get_future(); }

 private:
  Outcome outcome_;
  std::promise<Outcome> ended_;
};

struct Row {
  std::string action;  // of a rule
  std::string range = {};
  bool all_bytes = true;  // false: how many there are before the end is up to the network
  bool stalls = false;
};

const Row kRows[] = {
    {"no-signature"},
    {"status 503 1999 Not now"},
    {"status-plain 502"},
    {"status 429 + retry-after 2"},
    {"redirect 302 http://localhost:1/"},
    {"html"},
    {"json-error 1802"},
    {"empty"},
    {"content-type text/html"},
    {"gzip"},
    {"etag second"},
    {"no-signature", "bytes=1000-"},
    {"no-signature", "bytes=1000-1999"},
    {"no-signature", "bytes=999999-"},
    {"ignore-range", "bytes=1000-"},
    {"wrong-content-range", "bytes=1000-"},
    {"bad-signature"},
    {"two-signatures"},
    {"many-headers 1000"},
    {"huge-header 1M"},
    {"delay 50ms"},
    {.action = "stall 64K", .stalls = true},
    {.action = "stall 0", .stalls = true},
    {.action = "slow 10", .all_bytes = false, .stalls = true},
    {"drop"},
    {"cut 100K"},
    {"cut 0"},
    {"reset 100K", {}, false},
    {"no-length"},
    {"cut-chunked 1000"},
    {"close-delimited"},
    {"close-delimited 1000"},
    {"wrong-length 10"},
    {"wrong-length 999999"},
    {"two-lengths 10"},
    {"length-and-chunked"},
    {"garbage-status"},
    {"early 103 3"},
    {"early 103 20"},
    {"raw HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nabc"},
    {"raw HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nabc"},
    {"raw HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n3\\r\\nabc\\r\\n0\\r\\n\\r\\n"},
    {"raw HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n3\\r\\nabc\\r\\n"},
    {"raw HTTP/1.1 200 OK\\r\\n\\r\\nabc"},
    {"raw HTTP/1.1 200 OK\\r\\nX: 1"},
    {"raw GET / HTTP/1.1\\r\\n\\r\\n"},
    {"raw HTTP/1.1 200 OK\\r\\n  \\r\\nContent-Length: 3\\r\\n\\r\\nabc"},
    {"raw HTTP/1.1 200 OK\\r\\nX: 1\\rY: 2\\r\\nContent-Length: 3\\r\\n\\r\\nabc"},
    {"raw HTTP/1.1 200 OK\\r\\n\\rX: 1\\r\\nContent-Length: 3\\r\\n\\r\\nabc"},
    {"raw HTTP/1.1 200 OK\\r\\nX : 1\\r\\nContent-Length: 3\\r\\n\\r\\nabc"},
    {"raw HTTP/1.1 200 OK\\r\\nHTTP/1.1 404 No\\r\\nContent-Length: 3\\r\\n\\r\\nabc"},
    {"raw HTTP/1.0 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n3\\r\\nabc\\r\\n0\\r\\n\\r\\n"},
    {"raw HTTP/1.1 101 Go on\\r\\nUpgrade: h2c\\r\\n\\r\\nabc"},
    {"raw HTTP/1.1 206 Part\\r\\nContent-Type: multipart/byteranges; boundary=b\\r\\nContent-Length: "
     "3\\r\\n\\r\\nabc"},
};

std::string id_of(std::size_t row) {
  return "row-of-the-table-" + std::to_string(1000 + row);
}

const std::string& bytes() {
  static const std::string bytes = std::string(300'000, 'x') + "end";
  return bytes;
}

template <typename Api>
void prepare(Api& api) {
  std::string rules;
  for (std::size_t row = 0; row < std::size(kRows); ++row) {
    api.put_media(id_of(row), "image/png", bytes());
    rules += id_of(row) + " * " + kRows[row].action + '\n';
  }
  api.set_rules(rules);
}

/// `stalling` takes those that do.
std::vector<std::future<Outcome>> start_all(HttpTransport& others, HttpTransport& stalling,
                                            const std::string& url) {
  std::vector<std::future<Outcome>> outcomes;
  for (std::size_t row = 0; row < std::size(kRows); ++row) {
    HttpRequest request{.url = url + "/v1/media/" + id_of(row)};
    request.headers.emplace_back("X-AUTH-CLIENT: sandbox-key");
    request.headers.emplace_back("X-HMAC-SIGNATURE: " + sandbox::signature_of("sandbox-secret", id_of(row)));
    if (!kRows[row].range.empty()) request.headers.emplace_back("Range: " + kRows[row].range);
    const auto sink = std::make_shared<OutcomeSink>();
    outcomes.push_back(sink->outcome());
    (kRows[row].stalls ? stalling : others).start(std::move(request), sink);
  }
  return outcomes;
}

TEST(SimulatedHttpTest, GivesWhatAClientWithSocketsGetsFromTheSandbox) {
  sandbox::Server server;
  prepare(server);
  HttpClient client{{}};
  HttpClient impatient{{.stall_timeout = std::chrono::seconds(1)}};
  auto sent = start_all(client, impatient, server.url());

  ManualTimer timer;
  SimulatedHttp http(timer);
  prepare(http);
  auto simulated = start_all(http, http, SimulatedHttp::url());

  for (std::size_t row = 0; row < std::size(kRows); ++row) {
    Outcome expected = sent[row].get();
    Outcome outcome = timer.wait(std::move(simulated[row]));
    if (!kRows[row].all_bytes) expected.body = outcome.body = "";
    EXPECT_EQ(outcome, expected) << kRows[row].action << ' ' << kRows[row].range;
  }
}

}  // namespace
}  // namespace mediafs
