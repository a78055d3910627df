#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "credentials.h"
#include "media_library.h"
#include "options.h"
#include "rate_limit.h"
#include "reply.h"
#include "request.h"
#include "request_log.h"
#include "response_signer.h"
#include "rules.h"

namespace mediafs::sandbox {

// The four endpoints: counts a request, holds it against the documentation, finds what it asks for,
// and bends the reply as the rules say. Safe for any number of threads.
class Api {
 public:
  explicit Api(const Options& options);

  struct Answer {
    Reply reply;
    RequestNumber number;
  };
  // `base_url` is what the listings' `url` starts with.
  Answer answer(const Request& request, std::uint64_t connection, const std::string& base_url);

  void set_rules(RuleSet rules);

  void limit_rate(double per_second) { rate_limit_.set(per_second); }

  Credentials& credentials() { return credentials_; }
  MediaLibrary& library() { return library_; }
  RequestLog& log() { return log_; }
  const RequestLog& log() const { return log_; }

 private:
  enum class Endpoint { kMedia, kSessionMedia, kAttemptMedia, kSessionAttempts };
  struct Target {
    Endpoint endpoint{};
    std::string id;
  };
  struct Exchange;

  static std::optional<Target> target_of(const std::string& path);
  static std::optional<Reply> refusal(const Request& request, const std::optional<Target>& target,
                                      const Proof& proof);
  std::shared_ptr<const RuleSet> rules() const;
  Reply reply_to(Exchange& exchange) const;
  Reply plain_reply(Exchange& exchange) const;
  Reply media_reply(Exchange& exchange, Media media) const;
  Reply range_reply(Exchange& exchange, const Media& media) const;
  std::optional<std::string> listing(const Exchange& exchange) const;
  void sign(const Exchange& exchange, Reply& reply);

  const Options options_;
  Credentials credentials_;
  MediaLibrary library_;
  RequestLog log_;
  ResponseSigner signer_;
  RateLimit rate_limit_;
  mutable std::mutex mutex_;
  std::shared_ptr<const RuleSet> rules_;  // guarded by mutex_
};

}  // namespace mediafs::sandbox
