#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "api/api_counters.h"
#include "api/gate.h"
#include "mediafs/api/api_client.h"
#include "mediafs/base/mutex.h"

namespace mediafs {

/// The credentials as they are until they are replaced; which of the secrets the API takes is found by
/// trying.
struct ActiveCredentials {
  explicit ActiveCredentials(Credentials credentials, std::uint64_t which = 0)
      : all(std::move(credentials)), number(which) {}

  const Credentials all;
  const std::uint64_t number;            // each that replaces others has a greater one
  std::atomic<std::size_t> working = 0;  // index of the secret that worked last
};

/// What all fetches of one client share.
class ApiShared {
 public:
  ApiShared(ApiClient::Options options, HttpTransport& h, Timer& t)
      : base(std::move(options.base)),
        require_signature(options.require_signature),
        verify_signatures(options.verify_signatures),
        http(h),
        timer(t),
        gate(std::make_shared<Gate>(t)),
        counters(t.clock()),
        credentials_(std::make_shared<ActiveCredentials>(std::move(options.credentials))) {}

  [[nodiscard]] std::shared_ptr<ActiveCredentials> credentials() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return credentials_;
  }
  void replace_secrets(std::vector<SecretString> secrets) EXCLUDES(mutex_) {
    const auto before = credentials();
    auto next = std::make_shared<ActiveCredentials>(Credentials{before->all.api_key, std::move(secrets)},
                                                    before->number + 1);
    const std::uint64_t number = next->number;
    {
      const MutexLock lock(mutex_);
      credentials_.swap(next);
    }
    gate->credentials_replaced(number);
  }

  const BaseUrl base;
  const bool require_signature;
  const bool verify_signatures;
  HttpTransport& http;
  Timer& timer;
  const std::shared_ptr<Gate> gate;
  ApiCounters counters;
  std::atomic<std::size_t> listing_bytes = 0;  // of bodies that are being collected

 private:
  Mutex mutex_{LockRank::api_shared};  // a leaf
  std::shared_ptr<ActiveCredentials> credentials_ GUARDED_BY(mutex_);
};

}  // namespace mediafs
