#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <utility>

#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"
#include "mediafs/model/chunk.h"

namespace mediafs {

/// The last failure, kept for a moment: the kernel repeats a failed read page by page, and each must not
/// be a request or wait for a deadline of its own. Guarded by its owner.
class RecentFailure {
 public:
  static constexpr Duration kTtl{1'000};

  /// `look_again_after` is called with the time after which it is forgotten.
  explicit RecentFailure(std::function<void(Duration)> look_again_after)
      : look_again_after_(std::move(look_again_after)) {}

  /// `of`: what a read waited for too long; empty: whatever no stream brings.
  void remember(const Error& error, SteadyTime now, ByteRange of = {}) {
    failure_ = Failure{error, now + kTtl, of};
    look_again_after_(kTtl);
  }
  void forget() { failure_.reset(); }

  [[nodiscard]] std::optional<Error> at(SteadyTime now) const {
    return failure_ && now < failure_->until ? std::optional(failure_->error) : std::nullopt;
  }

  /// Whether a read that lacks the chunk is refused for it. One that a healthy stream brings is not, for the
  /// failure of another. REQUIRES: at() is something.
  [[nodiscard]] bool concerns(ChunkIndex chunk, bool in_flight) const {
    const ByteRange& of = failure_->of;
    if (of.empty()) return !in_flight;
    return chunk >= chunk_at(of.offset) && start_of(chunk) < of.end();
  }

 private:
  struct Failure {
    Error error;
    SteadyTime until;
    ByteRange of;
  };

  const std::function<void(Duration)> look_again_after_;
  std::optional<Failure> failure_;
};

}  // namespace mediafs
