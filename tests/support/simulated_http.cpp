#include "support/simulated_http.h"

#include <algorithm>
#include <utility>

#include "http/response_parser.h"
#include "sandbox/reply.h"

namespace mediafs {

namespace {

constexpr std::uint64_t kPiece = 16 * 1024;  // what libcurl hands over at most: CURL_MAX_WRITE_SIZE

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

sandbox::Request request_of(const HttpRequest& http) {
  sandbox::Request request{.method = "GET", .path = http.url.substr(SimulatedHttp::url().size())};
  for (const SecretString& header : http.headers) {
    const std::string line(header.reveal());
    const std::size_t colon = line.find(':');
    request.headers.emplace(lower_case(line.substr(0, colon)), line.substr(colon + 2));
  }
  return request;
}

/// Of a chunked body: what comes of it before its end, or before it breaks off.
std::string chunks_of(std::string_view text) {
  std::string body;
  while (!text.empty()) {
    const std::size_t line = text.find("\r\n");
    const std::size_t size = std::stoul(std::string(text.substr(0, line)), nullptr, 16);
    body += text.substr(line + 2, size);
    text.remove_prefix(std::min(text.size(), line + 2 + size + 2));
  }
  return body;
}

}  // namespace

/// One response on its way.
struct SimulatedHttp::Exchange {
  TransferId id{};
  std::shared_ptr<ResponseSink> sink;
  sandbox::Reply reply;
  sandbox::RequestNumber number;
  ResponseParser parser;
  std::uint64_t at = 0;   // bytes of the body that have been taken
  SteadyTime body_due{};  // when the next piece may come
  bool paused = false;
  bool released = false;
  void (SimulatedHttp::*goes_on_with)(TransferId) = nullptr;  // once it is released; null: it does not hold
  std::uint64_t holds = 0;                                    // how often it has stood still
};

SimulatedHttp::SimulatedHttp(ManualTimer& timer, sandbox::Options options)
    : options_(std::move(options)), timer_(timer), api_(options_) {}

SimulatedHttp::~SimulatedHttp() {
  end_all();
  *alive_ = false;
}

void SimulatedHttp::end_all() {
  while (!exchanges_.empty()) end(exchanges_.begin()->first, Error{Errc::cancelled, "shutting down"});
}

SimulatedHttp::Exchange* SimulatedHttp::find(TransferId id) {
  const auto found = exchanges_.find(id);
  return found == exchanges_.end() ? nullptr : found->second.get();
}

void SimulatedHttp::later(TransferId id, SteadyTime when, void (SimulatedHttp::*next)(TransferId)) {
  timer_.at(when, [this, alive = alive_, id, next] {
    if (*alive) (this->*next)(id);
  });
}

TransferId SimulatedHttp::start(HttpRequest request, const std::shared_ptr<ResponseSink>& sink) {
  const TransferId id{++last_id_};
  timer_.post([this, alive = alive_, id, request = std::move(request), sink] {
    if (*alive) answer(id, request, sink);
  });
  return id;
}

void SimulatedHttp::answer(TransferId id, const HttpRequest& request,
                           const std::shared_ptr<ResponseSink>& sink) {
  if (stopped_) return sink->on_end(Error{Errc::unavailable, "nobody listens"});
  auto exchange = std::make_unique<Exchange>();
  auto answered = api_.answer(request_of(request), static_cast<std::uint64_t>(id), url());
  exchange->id = id;
  exchange->sink = sink;
  exchange->reply = std::move(answered.reply);
  exchange->number = answered.number;
  sandbox::Delivery& how = exchange->reply.delivery;
  if (how.bytes_per_second == 0) how.bytes_per_second = options_.bandwidth;
  if (how.bytes_per_second == 0) how.bytes_per_second = kBytesPerSecond;
  const Duration delay = how.delay + options_.latency;
  exchanges_.emplace(id, std::move(exchange));
  later(id, timer_.now() + delay, &SimulatedHttp::send_head);
}

/// Whether the response stands still here, until it is released or given up.
bool SimulatedHttp::holds_still(Exchange& exchange, void (SimulatedHttp::*next)(TransferId)) {
  if (exchange.released) return false;
  exchange.goes_on_with = next;
  timer_.after(kStallTimeout, [this, alive = alive_, id = exchange.id, hold = ++exchange.holds] {
    if (!*alive) return;
    const Exchange* const one = find(id);
    if (one != nullptr && one->goes_on_with != nullptr && one->holds == hold)
      end(id, Error{Errc::timed_out, "the response stands still"});
  });
  return true;
}

void SimulatedHttp::release() {
  for (const auto& [id, exchange] : exchanges_) {
    exchange->released = true;
    if (const auto next = std::exchange(exchange->goes_on_with, nullptr)) later(id, timer_.now(), next);
  }
}

void SimulatedHttp::send_head(TransferId id) {
  Exchange* const exchange = find(id);
  if (exchange == nullptr) return;
  const sandbox::Delivery& how = exchange->reply.delivery;
  if (how.drop) return end(id, Error{Errc::unavailable, "closed without an answer"});
  if ((how.hang_before_head || how.hang_in_head) && holds_still(*exchange, &SimulatedHttp::send_head)) return;
  if (how.raw) return send_raw(*exchange);
  api_.log().status(exchange->number, exchange->reply.status);
  if (!pass_head(*exchange, sandbox::head_of(exchange->reply, false))) return;
  exchange->body_due = timer_.now();
  send_body(id);
}

/// False: that was its end.
bool SimulatedHttp::pass_head(Exchange& exchange, std::string_view text) {
  if (!text.starts_with("HTTP/")) {
    end(exchange.id, Error{Errc::protocol, "no status line"});
    return false;
  }
  auto progress = ResponseParser::Progress::more;
  while (progress == ResponseParser::Progress::more && !text.empty()) {
    const std::size_t size = std::min(text.size(), text.find('\n') + 1);
    progress = exchange.parser.feed(text.substr(0, size));
    text.remove_prefix(size);
  }
  if (progress != ResponseParser::Progress::complete) {
    end(exchange.id, Error{Errc::protocol, std::string(exchange.parser.reason())});
    return false;
  }
  const TransferId id = exchange.id;
  const Flow flow = exchange.sink->on_head(exchange.parser.head());
  if (flow == Flow::go_on) return find(id) != nullptr;
  end(id, Error{Errc::cancelled, "not wanted"});
  return false;
}

/// Exactly these bytes, and then the end of the connection.
void SimulatedHttp::send_raw(Exchange& exchange) {
  const std::string text = *exchange.reply.delivery.raw;
  const std::size_t head = std::min(text.size(), text.find("\r\n\r\n") + 4);
  if (!pass_head(exchange, text.substr(0, head))) return;
  const bool chunked = exchange.parser.head().chunked;
  const std::string body = chunked ? chunks_of(std::string_view(text).substr(head)) : text.substr(head);
  if (!chunked) exchange.reply.delivery.close_at = body.size();
  exchange.reply.body = sandbox::Body(body);
  exchange.body_due = timer_.now();
  send_body(exchange.id);
}

void SimulatedHttp::send_body(TransferId id) {
  Exchange* const exchange = find(id);
  if (exchange == nullptr || exchange->paused) return;
  const sandbox::Delivery& how = exchange->reply.delivery;
  const std::uint64_t size = exchange->reply.has_body() ? exchange->reply.body.size() : 0;
  const std::uint64_t end_at = std::min(size, how.close_at.value_or(size));
  const bool stalls = how.stall_at && exchange->at <= *how.stall_at && !exchange->released;
  if (stalls && exchange->at == *how.stall_at && holds_still(*exchange, &SimulatedHttp::send_body)) return;
  if (exchange->at >= end_at) return body_ended(*exchange);
  const std::uint64_t until = stalls ? std::min(*how.stall_at, end_at) : end_at;
  const std::uint64_t most = std::clamp<std::uint64_t>(how.bytes_per_second / 20, 1, kPiece);
  std::vector<std::byte> scratch;
  const auto piece = exchange->reply.body.view(
      exchange->at, static_cast<std::size_t>(std::min(most, until - exchange->at)), scratch);
  const Flow flow = exchange->sink->on_body(piece);
  if (flow == Flow::stop) return end(id, Error{Errc::cancelled, "not wanted"});
  if (flow == Flow::pause) {
    exchange->paused = true;
    return;
  }
  api_.log().sent(exchange->number, piece.size());
  exchange->at += piece.size();
  const std::chrono::duration<double> takes(static_cast<double>(piece.size()) /
                                            static_cast<double>(how.bytes_per_second));
  exchange->body_due =
      std::max(exchange->body_due, timer_.now()) + std::chrono::duration_cast<SteadyTime::duration>(takes);
  later(id, exchange->body_due, &SimulatedHttp::send_body);
}

/// With a length, or in chunks, a client sees whether that was all.
void SimulatedHttp::body_ended(Exchange& exchange) {
  const auto& length = exchange.parser.head().content_length;
  const bool cut = exchange.reply.delivery.close_at || (length && *length > exchange.at);
  end(exchange.id, cut ? Status(Error{Errc::unavailable, "cut off"}) : ok_status());
}

void SimulatedHttp::resume(TransferId id) {
  timer_.post([this, alive = alive_, id] {
    Exchange* const exchange = *alive ? find(id) : nullptr;
    if (exchange != nullptr && std::exchange(exchange->paused, false)) send_body(id);
  });
}

void SimulatedHttp::cancel(TransferId id) {
  timer_.post([this, alive = alive_, id] {
    if (*alive) end(id, Error{Errc::cancelled, "cancelled"});
  });
}

void SimulatedHttp::end(TransferId id, Status outcome) {
  const auto node = exchanges_.extract(id);
  if (node) node.mapped()->sink->on_end(std::move(outcome));
}

}  // namespace mediafs
