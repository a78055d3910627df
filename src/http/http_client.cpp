#include "mediafs/http/http_client.h"

#include <atomic>
#include <functional>
#include <new>
#include <thread>
#include <unordered_map>
#include <vector>

#include "http/address_policy.h"
#include "http/curl_error.h"
#include "http/guarded_sockets.h"
#include "http/http_context.h"
#include "http/transfer.h"
#include "mediafs/base/mutex.h"
#include "mediafs/http/url.h"

namespace mediafs {

/// The http thread. What others want of it comes as commands; the multi handle and the transfers are its own.
class HttpClient::Loop {
 public:
  explicit Loop(Options options) : context_{.options = std::move(options)} {
    ensure_curl_initialised();
    multi_.reset(curl_multi_init());
    if (!multi_) throw std::bad_alloc();
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, context_.options.idle_connections);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS, context_.options.connections);
    thread_ = std::jthread([this] { run(); });
  }

  ~Loop() { stop(); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  TransferId start(HttpRequest request, const std::shared_ptr<ResponseSink>& sink) {
    const TransferId id{++last_id_};
    const bool accepted = post([this, id, r = std::move(request), sink] { add(id, r, sink); });
    if (!accepted) sink->on_end(Error{Errc::cancelled, "shutting down"});
    return id;
  }

  /// False when it is too late for anything new.
  bool post(std::function<void()> command) {
    {
      const MutexLock lock(mutex_);
      if (stopping_) return false;
      commands_.push_back(std::move(command));
    }
    curl_multi_wakeup(multi_.get());
    return true;
  }

  void stop() {
    {
      const MutexLock lock(mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_.get());
    if (thread_.joinable()) thread_.join();
  }

  void resume(TransferId id) {
    if (const auto found = transfers_.find(id); found != transfers_.end()) found->second->resume();
  }

  void cancel(TransferId id) {
    if (auto transfer = take(id)) transfer->end_cancelled();
  }

 private:
  void run() {
    while (run_commands()) {
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      finish_done();
      const bool any_to_watch = look_after_transfers();
      curl_multi_poll(multi_.get(), nullptr, 0, any_to_watch ? kWatchMilliseconds : kPollMilliseconds,
                      nullptr);
    }
    while (!transfers_.empty()) cancel(transfers_.begin()->first);
  }

  /// False when it is time to stop; commands that came before are still carried out, so that no sink waits.
  bool run_commands() {
    std::vector<std::function<void()>> commands;
    bool stopping = false;
    {
      const MutexLock lock(mutex_);
      commands.swap(commands_);
      stopping = stopping_;
    }
    for (const auto& command : commands) command();
    return !stopping;
  }

  void add(TransferId id, const HttpRequest& request, const std::shared_ptr<ResponseSink>& sink) {
    auto transfer = std::make_unique<Transfer>(id, request, context_, sink);
    if (curl_multi_add_handle(multi_.get(), transfer->easy()) != CURLM_OK) {
      transfer->end(CURLE_FAILED_INIT);
      return;
    }
    transfers_.emplace(id, std::move(transfer));
  }

  std::unique_ptr<Transfer> take(TransferId id) {
    auto node = transfers_.extract(id);
    if (!node) return nullptr;
    curl_multi_remove_handle(multi_.get(), node.mapped()->easy());
    return std::move(node.mapped());
  }

  void finish_done() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;  // the message dies with the handle's removal
      Transfer& done = Transfer::of(message->easy_handle);
      if (done.found_unasked_input()) {
        send_anew(done);
      } else if (auto transfer = take(done.id())) {
        transfer->end(code);
      }
    }
  }

  /// Now and then. Whether to look again soon: something is sent over a connection of the pool.
  bool look_after_transfers() {
    const SteadyTime now = context_.clock.now();
    if (now < watched_ + std::chrono::milliseconds(kWatchMilliseconds)) return context_.pool_is_relied_on;
    watched_ = now;
    end_what_stands_still(now);
    leave_dead_paths(now);
    return context_.pool_is_relied_on;
  }

  void end_what_stands_still(SteadyTime now) {
    std::vector<TransferId> still;
    for (const auto& [id, transfer] : transfers_) {
      if (transfer->stands_still(now)) still.push_back(id);
    }
    for (const TransferId id : still) {
      if (auto transfer = take(id)) transfer->end(CURLE_OPERATION_TIMEDOUT);
    }
  }

  /// Over a new connection.
  void send_anew(Transfer& transfer) {
    curl_multi_remove_handle(multi_.get(), transfer.easy());  // which closes the one that it has
    transfer.begin_anew();
    curl_multi_add_handle(multi_.get(), transfer.easy());
  }

  /// Sends again what was sent over a dead one.
  void leave_dead_paths(SteadyTime now) {
    context_.pool_is_relied_on = false;
    for (const auto& [id, transfer] : transfers_) {
      context_.pool_is_relied_on |= transfer->relies_on_pool();
      if (!transfer->is_on_dead_path(now)) continue;
      context_.path_died = now;
      send_anew(*transfer);
    }
  }

  static constexpr int kPollMilliseconds = 1000;
  static constexpr int kWatchMilliseconds = 100;

  HttpContext context_;  // http thread only
  MultiHandle multi_;
  std::unordered_map<TransferId, std::unique_ptr<Transfer>> transfers_;  // http thread only

  SteadyTime watched_ = SteadyTime::min();  // the paths, last

  std::atomic<std::uint64_t> last_id_ = 0;

  Mutex mutex_{LockRank::transport};
  std::vector<std::function<void()>> commands_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;

  std::jthread thread_;
};

HttpClient::HttpClient(const Options& options) : loop_(std::make_unique<Loop>(options)) {}
HttpClient::~HttpClient() = default;

TransferId HttpClient::start(HttpRequest request, const std::shared_ptr<ResponseSink>& sink) {
  return loop_->start(std::move(request), sink);
}

void HttpClient::resume(TransferId id) {
  loop_->post([loop = loop_.get(), id] { loop->resume(id); });
}

void HttpClient::cancel(TransferId id) {
  loop_->post([loop = loop_.get(), id] { loop->cancel(id); });
}

void HttpClient::stop() {
  loop_->stop();
}

Status check_reachable(const std::string& url, const std::string& proxy, std::chrono::milliseconds timeout) {
  ensure_curl_initialised();
  OpenSockets opened;
  GuardedSockets sockets(opened);
  const EasyHandle easy(curl_easy_init());
  if (!easy) throw std::bad_alloc();
  const auto parts = parse_url(url);
  if (!parts) return parts.error();
  // Only the connection is wanted: as plain http, so that a bad certificate shows at the first use, by its
  // name.
  const std::string plain = "http://" + parts->host + ":" + std::to_string(parts->port);
  curl_easy_setopt(easy.get(), CURLOPT_URL, plain.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_PROXY, proxy.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_QUICK_EXIT, 1L);  // a name may hang
  curl_easy_setopt(easy.get(), CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout.count()));
  sockets.guard(easy.get());
  const CURLcode code = curl_easy_perform(easy.get());
  if (code == CURLE_COULDNT_CONNECT && sockets.all_forbidden())
    return Error{Errc::untrusted, std::string(kForbiddenAddress)};
  if (code != CURLE_OK) return error_of(code);
  return ok_status();
}

}  // namespace mediafs
