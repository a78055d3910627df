#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "mediafs/api/api_stats.h"
#include "mediafs/api/base_url.h"
#include "mediafs/api/credentials.h"
#include "mediafs/api/media_source.h"
#include "mediafs/base/timer.h"
#include "mediafs/http/http_transport.h"

namespace mediafs {

class ApiShared;

/// The API as a source: signs, sends, retries, and makes of each answer what the API means by it.
/// Thread-safe.
class ApiClient final : public MediaSource {
 public:
  struct Options {
    BaseUrl base;
    Credentials credentials;
    bool require_signature = false;  // a response without one is Errc::corrupt
    bool verify_signatures = true;   // false: one that does not match is only logged
  };

  /// Both must outlive this object and every request.
  ApiClient(Options options, HttpTransport& http, Timer& timer);
  ~ApiClient() override;
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  /// Counts for every attempt that begins from now on, also of what is under way.
  void replace_secrets(std::vector<SecretString> secrets);

  [[nodiscard]] ApiStats stats() const;
  /// Called when ApiStats::state has changed, with what it is then; what it was in between may be left out.
  /// On any thread, without a lock, and never twice at a time. It must not block. To be set before the first
  /// request; called as long as there are requests, also after this object has gone.
  void on_state_change(std::function<void(ApiStats::State)> listener);

  std::shared_ptr<Fetch> fetch(FetchRequest request, std::shared_ptr<MediaSink> sink) override;
  std::shared_ptr<Request> list(const ListingKey& key, Priority priority, SteadyTime deadline,
                                Done<Listing> done) override;

 private:
  std::shared_ptr<ApiShared> shared_;
};

}  // namespace mediafs
