#include "support/simulated_http.h"

#include <algorithm>
#include <utility>

#include "http/response_parser.h"
#include "sandbox/reply.h"

namespace mediafs {

namespace {

constexpr std::uint64_t kPiece = 16 * 1024;           // what libcurl hands over at most: CURL_MAX_WRITE_SIZE
constexpr std::uint64_t kStallBytesPerSecond = 1024;  // as of HttpClient

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

sandbox::Options in_time_of(ManualTimer& timer, sandbox::Options options) {
  options.now = [&timer] { return timer.now(); };
  return options;
}

struct Chunks {
  std::string body;
  bool ended = false;  // by a chunk of no bytes, and not because it broke off
};

/// Of a chunked body as it stands on the wire (RFC 9112 section 7.1).
Chunks chunks_of(std::string_view text) {
  Chunks chunks;
  while (!text.empty() && !chunks.ended) {
    const std::size_t line = text.find("\r\n");
    const std::size_t size = std::stoul(std::string(text.substr(0, line)), nullptr, 16);
    chunks.ended = size == 0;
    chunks.body += text.substr(line + 2, size);
    text.remove_prefix(std::min(text.size(), line + 2 + size + 2));
  }
  return chunks;
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
  bool head_passed = false;
  bool paused = false;
  bool released = false;
  void (SimulatedHttp::*goes_on_with)(TransferId) = nullptr;  // once it is released; null: it does not hold
  std::uint64_t holds = 0;                                    // how often it has stood still
};

SimulatedHttp::SimulatedHttp(ManualTimer& timer, sandbox::Options options)
    : options_(in_time_of(timer, std::move(options))), timer_(timer), api_(options_) {}

SimulatedHttp::~SimulatedHttp() {
  end_all();
  *alive_ = false;
}

std::optional<SimulatedHttp::Started> SimulatedHttp::take_waiting(TransferId id) {
  const MutexLock lock(mutex_);
  auto node = waiting_.extract(id);
  return node ? std::optional(std::move(node.mapped())) : std::nullopt;
}

void SimulatedHttp::end_all() {
  for (std::uint64_t id = 1; id <= last_id_; ++id) {
    if (const auto started = take_waiting(TransferId{id}))
      started->second->on_end(Error{Errc::cancelled, "shutting down"});
  }
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
  const MutexLock lock(mutex_);
  waiting_.emplace(id, std::make_pair(std::move(request), sink));
  timer_.post([this, alive = alive_, id] {
    if (*alive) answer(id);
  });
  return id;
}

void SimulatedHttp::answer(TransferId id) {
  const auto started = take_waiting(id);
  if (!started) return;
  const auto& [request, sink] = *started;
  if (down_) {
    ++unanswered_;
    return sink->on_end(Error{Errc::unreachable, "nobody listens"});
  }
  auto exchange = std::make_unique<Exchange>();
  auto answered = api_.answer(request_of(request), static_cast<std::uint64_t>(id), url());
  exchange->id = id;
  exchange->sink = sink;
  exchange->reply = std::move(answered.reply);
  exchange->number = answered.number;
  sandbox::Delivery& how = exchange->reply.delivery;
  if (how.bytes_per_second == 0) how.bytes_per_second = options_.bandwidth;
  if (how.bytes_per_second == 0) how.bytes_per_second = kBytesPerSecond;
  if (!options_.content_length && how.framing == sandbox::Framing::kLength)
    how.framing = sandbox::Framing::kChunked;
  const Duration delay = how.delay + options_.latency;
  Exchange& added = *exchanges_.emplace(id, std::move(exchange)).first->second;
  later(added.id, timer_.now() + delay, &SimulatedHttp::send_head);
}

/// Whether the response stands still here, until it is released or given up.
bool SimulatedHttp::holds_still(Exchange& exchange, void (SimulatedHttp::*next)(TransferId)) {
  if (exchange.released) return false;
  exchange.goes_on_with = next;
  if (exchange.head_passed) give_up_later(exchange);
  return true;
}

/// What stands still, or comes too slowly to count, ends after its time, unless it has gone on meanwhile.
void SimulatedHttp::give_up_later(Exchange& exchange) {
  timer_.after(kStallTimeout, [this, alive = alive_, id = exchange.id, hold = ++exchange.holds] {
    const Exchange* const one = *alive ? find(id) : nullptr;
    if (one != nullptr && !one->paused && one->holds == hold)
      end(id, Error{Errc::timed_out, "the response stands still"});
  });
}

void SimulatedHttp::release() {
  for (const auto& [id, exchange] : exchanges_) {
    exchange->released = true;
    if (exchange->goes_on_with != nullptr) ++exchange->holds;  // it is not given up
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
  std::string head;
  for (std::uint64_t i = 0; i < how.early_count; ++i)
    head += "HTTP/1.1 " + std::to_string(how.early_status) + " Early\r\n\r\n";
  head += sandbox::head_of(exchange->reply, /*closes=*/how.framing == sandbox::Framing::kCloseDelimited);
  if (!pass_head(*exchange, head)) return;
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
  exchange.head_passed = true;
  if (exchange.reply.delivery.bytes_per_second < kStallBytesPerSecond) give_up_later(exchange);
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
  Chunks sent{text.substr(head)};
  if (exchange.parser.head().chunked) sent = chunks_of(std::string_view(text).substr(head));
  if (!sent.ended) exchange.reply.delivery.close_at = sent.body.size();
  exchange.reply.body = sandbox::Body(sent.body);
  exchange.body_due = timer_.now();
  send_body(exchange.id);
}

void SimulatedHttp::send_body(TransferId id) {
  Exchange* const exchange = find(id);
  if (exchange == nullptr || exchange->paused) return;
  const sandbox::Delivery& how = exchange->reply.delivery;
  const std::uint64_t size = exchange->reply.has_body() ? exchange->reply.body.size() : 0;
  const std::uint64_t announced = exchange->parser.head().content_length.value_or(size);
  const std::uint64_t end_at = std::min({size, announced, how.close_at.value_or(size)});
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

/// With a length, or in chunks, a client sees whether that was all; else the end of the connection is the
/// body's.
void SimulatedHttp::body_ended(Exchange& exchange) {
  const ResponseHead& head = exchange.parser.head();
  const bool short_of_its_length = head.content_length && *head.content_length > exchange.at;
  const bool cut = short_of_its_length || (head.chunked && exchange.reply.delivery.close_at);
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
    if (*alive)
      end(id, Error{Errc::cancelled, "cancelled"});  // its start came before it, and has been answered
  });
}

void SimulatedHttp::end(TransferId id, Status outcome) {
  const auto node = exchanges_.extract(id);
  if (node) node.mapped()->sink->on_end(std::move(outcome));
}

}  // namespace mediafs
