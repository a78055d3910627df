#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "mediafs/base/result.h"
#include "store/deferred_actions.h"
#include "store/download/stream.h"

namespace mediafs {

/// The streams of one media that have not ended. Guarded by its owner.
class StreamSet {
 public:
  [[nodiscard]] bool empty() const { return streams_.empty(); }
  [[nodiscard]] Stream& at(std::size_t index) const { return *streams_[index]; }
  [[nodiscard]] std::size_t index_of(const Stream& stream) const;
  [[nodiscard]] const std::vector<std::shared_ptr<Stream>>& all() const { return streams_; }

  void add(std::shared_ptr<Stream> stream) { streams_.push_back(std::move(stream)); }
  /// It has ended for good.
  void remove(Stream& stream);

  static void cancel(DeferredActions& deferred, Stream& stream);
  /// All that are live.
  void cancel_all(DeferredActions& deferred, const Stream* except = nullptr);
  /// Those that would go on after a pause do not.
  void drop_retrying();

  /// What one of them is being tried again for, if any is.
  [[nodiscard]] std::optional<Error> retry_error(SteadyTime now) const;

 private:
  std::vector<std::shared_ptr<Stream>> streams_;
};

}  // namespace mediafs
