// One HTTP response on its way to a MediaFetch.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api/foreign_body.h"
#include "api/media_fetch.h"

namespace mediafs {

/// Takes in one HTTP response for a MediaFetch: passes on the body of a good one, once its beginning has
/// shown that it is one, and collects that of an error.
class MediaFetch::Attempt final : public ResponseSink {
 public:
  explicit Attempt(std::shared_ptr<MediaFetch> fetch) : fetch_(std::move(fetch)), sent_(fetch_->sent_) {
    counters().sent(sent_);
  }

  Flow on_head(const ResponseHead& head) override;
  Flow on_body(ByteView piece) override;
  void on_end(Status outcome) override;

 private:
  [[nodiscard]] MediaQuestion question() const;
  /// Whatever becomes of its body.
  [[nodiscard]] bool asks_to_wait() const { return status_ == 429 || status_ == 503; }
  Flow take_body(ByteView piece);
  void count_head();
  void count_end(const Status& outcome);
  Flow pass_head();
  void body_ended(const Status& outcome);
  Flow pass_body(ByteView piece);
  Flow take_error_body();
  Flow judge_body(bool ended);
  std::optional<Error> why_refused(BodyKind kind);
  [[nodiscard]] bool is_proved_foreign();
  Error error_from_body();
  [[nodiscard]] std::optional<std::uint64_t> body_length() const {
    return media_->end ? std::optional(*media_->end - media_->offset) : std::nullopt;
  }
  [[nodiscard]] ApiCounters& counters() const { return fetch_->api_->counters; }
  [[nodiscard]] const Credentials& credentials() const { return fetch_->credentials_->all; }

  const std::shared_ptr<MediaFetch> fetch_;
  const SteadyTime sent_;
  int status_ = 0;
  bool lasted_ = false;  // it has been counted how long
  std::optional<Duration> retry_after_;
  std::optional<MediaHead> media_;
  std::shared_ptr<BodyVerifier> unbinding_;  // where a signature that does not match is only logged
  bool head_passed_ = false;
  std::size_t passed_ = 0;      // bytes of the body
  std::uint64_t received_ = 0;  // the same, whatever became of them
  bool alive_ = false;          // the gate has been told what becomes of the body
  bool judged_ = false;         // to be what was asked for: all of it is passed on
  std::string collected_;       // of an error, or of what is not judged yet
  std::string location_;
  Origin error_origin_;
  std::string code_;
  bool by_api_ = false;
  std::optional<Error> failure_;
};

}  // namespace mediafs
