#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mediafs/base/mutex.h"
#include "mediafs/http/http_transport.h"
#include "sandbox/api.h"
#include "sandbox/options.h"
#include "support/manual_timer.h"

namespace mediafs {

/// The stand-in API without its sockets: a transport whose answers come as jobs of a ManualTimer, so that a
/// test waits for nothing and everything happens in the same order each time. It takes the rules of
/// tests/sandbox/README.md, and hands over heads and bodies as HttpClient does. It knows no connections:
/// neither how many there are, nor that one is fresh.
class SimulatedHttp final : public HttpTransport {
 public:
  /// As fast as a body comes where neither a rule nor the options say otherwise.
  static constexpr std::uint64_t kBytesPerSecond = 200'000'000;
  /// As HttpClient: a response that stands still for so long is given up.
  static constexpr Duration kStallTimeout{10'000};

  /// The timer must outlive this object.
  explicit SimulatedHttp(ManualTimer& timer, sandbox::Options options = {});
  ~SimulatedHttp() override;

  TransferId start(HttpRequest request, const std::shared_ptr<ResponseSink>& sink) override;
  void resume(TransferId id) override;
  void cancel(TransferId id) override;

  /// What base URL its clients take.
  [[nodiscard]] static std::string url() { return "http://127.0.0.1:1"; }

  // As sandbox::Server; for one thread.
  void set_rules(std::string_view text) { api_.set_rules(sandbox::RuleSet(text)); }
  void release();
  void set_secrets(std::vector<std::string> secrets) { api_.credentials().set_secrets(std::move(secrets)); }
  void limit_rate(double per_second) { api_.limit_rate(per_second); }
  void put_media(const std::string& id, const std::string& content_type, std::string bytes) {
    api_.library().put_media(id, content_type, std::move(bytes));
  }
  void put_document(const std::string& path, const std::string& content_type, std::string bytes) {
    api_.library().put_document(path, content_type, std::move(bytes));
  }
  void remove(const std::string& id) { api_.library().remove(id); }
  void add_manifest(std::string_view json) { api_.library().add_manifest(json, {}); }
  [[nodiscard]] std::uint64_t total_requests() const { return api_.log().total(); }
  [[nodiscard]] std::uint64_t requests_for(const std::string& key) const { return api_.log().count_of(key); }
  [[nodiscard]] std::vector<sandbox::LoggedRequest> requests() const { return api_.log().entries(); }
  void reset() { api_.log().reset(); }
  /// Lets time pass until so many requests for the key have come in. False: that does not happen.
  bool wait_for_requests(const std::string& key, std::uint64_t count) {
    return timer_.run_until([&] { return requests_for(key) >= count; });
  }

  /// Nobody listens any more: what is asked from now on finds no connection.
  void go_down() { down_ = true; }
  void come_back() { down_ = false; }
  /// How many have found none.
  [[nodiscard]] std::uint64_t unanswered() const { return unanswered_; }
  /// Ends what is under way with Errc::cancelled.
  void end_all();

 private:
  struct Exchange;
  using Started = std::pair<HttpRequest, std::shared_ptr<ResponseSink>>;

  std::optional<Started> take_waiting(TransferId id) EXCLUDES(mutex_);
  void answer(TransferId id);
  void send_head(TransferId id);
  void send_raw(Exchange& exchange);
  bool pass_head(Exchange& exchange, std::string_view text);
  void send_body(TransferId id);
  void body_ended(Exchange& exchange);
  [[nodiscard]] bool holds_still(Exchange& exchange, void (SimulatedHttp::*next)(TransferId));
  void give_up_later(Exchange& exchange);
  void end(TransferId id, Status outcome);
  Exchange* find(TransferId id);
  void later(TransferId id, SteadyTime when, void (SimulatedHttp::*next)(TransferId));

  const sandbox::Options options_;
  ManualTimer& timer_;
  sandbox::Api api_;
  std::atomic<std::uint64_t> last_id_ = 0;
  Mutex mutex_{LockRank::transport};                          // a leaf but for the timer's
  std::map<TransferId, Started> waiting_ GUARDED_BY(mutex_);  // for the timer to begin with it
  std::map<TransferId, std::unique_ptr<Exchange>> exchanges_;
  bool down_ = false;
  std::uint64_t unanswered_ = 0;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for jobs that are left at the end
};

}  // namespace mediafs
