#include "server.h"

#include <stdexcept>
#include <utility>

#include "control.h"
#include "file_text.h"

namespace mediafs::sandbox {
namespace {

SslContext tls_of(const Options& options) {
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    throw std::runtime_error("TLS needs both a certificate and a key");
  }
  return options.tls_certificate.empty() ? SslContext()
                                         : make_tls_context(options.tls_certificate, options.tls_key);
}

// Gives a slot back however the answer ends.
class SlotHold {
 public:
  explicit SlotHold(Slots& slots) : slots_(slots) {}
  ~SlotHold() { slots_.give_back(); }
  SlotHold(const SlotHold&) = delete;
  SlotHold& operator=(const SlotHold&) = delete;

 private:
  Slots& slots_;
};

DeliveryTerms terms_of(const Request& request) {
  return {.has_body = request.method != "HEAD", .closes = request.wants_close()};
}

}  // namespace

Server::Server(Options options)
    : options_(std::move(options)),
      api_(options_),
      slots_(options_.threads),
      tls_(tls_of(options_)),
      listener_(options_.port, tls_.get(),
                [this](Stream& stream, std::uint64_t connection) { serve(stream, connection); }),
      url_((tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(listener_.port())) {
  if (!options_.samples.empty()) {
    api_.library().add_manifest(read_file(options_.samples / "manifest.json"), options_.samples);
  }
  listener_.start();
}

Server::~Server() {
  stop();
}

void Server::stop() {
  slots_.close();
  listener_.stop();
}

void Server::serve(Stream& stream, std::uint64_t connection) {
  if (!stream.open()) return;
  RequestReader reader(stream);
  for (;;) {
    Request request;
    const ReadStatus status = reader.read(request);
    if (status == ReadStatus::kMalformed) {
      deliver(stream, error_reply(400, "1400", "This is not an HTTP/1.1 request"), {.closes = true}, {});
    }
    if (status != ReadStatus::kOk || !answer(stream, request, connection)) return;
  }
}

bool Server::answer(Stream& stream, const Request& request, std::uint64_t connection) {
  const bool is_control = request.path.starts_with(kControlPrefix);
  const Delivered delivered = is_control ? deliver(stream, control(*this, request), terms_of(request), {})
                                         : answer_api(stream, request, connection);
  if (delivered == Delivered::kClose) stream.close_orderly();
  return delivered == Delivered::kKeepAlive;
}

Delivered Server::answer_api(Stream& stream, const Request& request, std::uint64_t connection) {
  if (!slots_.take()) return Delivered::kBroken;
  const SlotHold hold(slots_);
  // Looked at before the request is counted: who sees the count and then releases, releases it.
  const std::uint64_t releases = releases_;
  auto [reply, number] = api_.answer(request, connection, url_);
  set_pace(reply.delivery);
  RequestLog& log = api_.log();
  const RequestNumber& counted = number;
  const DeliveryWatch watch{.is_released = [&] { return releases_ != releases; },
                            .on_head = [&](int status) { log.status(counted, status); },
                            .on_body = [&](std::uint64_t bytes) { log.sent(counted, bytes); }};
  return deliver(stream, reply, terms_of(request), watch);
}

void Server::set_pace(Delivery& delivery) const {
  delivery.delay += options_.latency;
  if (delivery.bytes_per_second == 0) delivery.bytes_per_second = options_.bandwidth;
  if (!options_.content_length && delivery.framing == Framing::kLength) delivery.framing = Framing::kChunked;
}

void Server::set_rules(std::string_view text) {
  api_.set_rules(RuleSet(text));
}

void Server::release() {
  ++releases_;
  listener_.wake_all();
}

void Server::limit_rate(double per_second) {
  api_.limit_rate(per_second);
}

void Server::set_secrets(std::vector<std::string> secrets) {
  api_.credentials().set_secrets(std::move(secrets));
}

void Server::put_media(const std::string& id, const std::string& content_type, std::string bytes) {
  api_.library().put_media(id, content_type, std::move(bytes));
}

void Server::put_document(const std::string& path, const std::string& content_type, std::string bytes) {
  api_.library().put_document(path, content_type, std::move(bytes));
}

void Server::remove(const std::string& id) {
  api_.library().remove(id);
}

void Server::add_manifest(std::string_view json) {
  api_.library().add_manifest(json, options_.samples);
}

std::uint64_t Server::total_requests() const {
  return api_.log().total();
}

std::uint64_t Server::requests_for(const std::string& key) const {
  return api_.log().count_of(key);
}

std::map<std::string, std::uint64_t> Server::requests_by_path() const {
  return api_.log().by_path();
}

std::vector<LoggedRequest> Server::requests() const {
  return api_.log().entries();
}

bool Server::wait_for_requests(const std::string& key, std::uint64_t count,
                               std::chrono::milliseconds timeout) const {
  return api_.log().wait_for(key, count, timeout);
}

void Server::reset() {
  api_.log().reset();
}

}  // namespace mediafs::sandbox
