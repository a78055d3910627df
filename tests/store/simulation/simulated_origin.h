#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "mediafs/api/media_source.h"
#include "mediafs/model/byte_range.h"
#include "store/simulation/origin_media.h"
#include "store/simulation/trace.h"
#include "store/simulation/weather.h"
#include "support/manual_timer.h"

namespace mediafs::simulation {

/// An origin whose answers are jobs of a ManualTimer: slow, broken and changing as its weather says. It also
/// holds what the store asks against the contract of MediaSource. For one thread.
class SimulatedOrigin final : public MediaSource {
 public:
  static constexpr std::size_t kMostStreams = 4;  // of one media, at any time
  /// However broken an origin is: of one media, in a second. More questions bring more.
  static constexpr std::uint64_t kMostRequests = 60;
  /// The same of those that go on where another broke, but for one for each chunk that comes.
  static constexpr std::uint64_t kMostRetries = 20;

  SimulatedOrigin(ManualTimer& timer, Trace& trace, std::uint64_t seed);

  OriginMedia& add(const MediaId& id, const std::string& what);
  [[nodiscard]] OriginMedia& media(const MediaId& id);
  [[nodiscard]] std::vector<std::unique_ptr<OriginMedia>>& all() { return media_; }

  /// What is drawn from now on does not depend on how much has been drawn before.
  void begin_step(std::uint64_t seed) { random_ = Random(seed); }
  void set_weather(const Weather& weather);
  [[nodiscard]] const Weather& weather() const { return weather_; }
  /// When the last fault was: now, while the weather is not calm.
  [[nodiscard]] SteadyTime last_fault() const { return weather_.calm() ? calm_since_ : timer_.now(); }

  /// Notes what is in force for the media just now: what hangs, what is slow, what is tried again.
  void note_what_lasts(OriginMedia& media);

  /// Whether a stream of the version with that tag is on its way to all of the range, and soon there.
  [[nodiscard]] bool brings(const OriginMedia& media, const std::string& etag, ByteRange range) const;

  /// Streams that the store has paused, of media no larger than that.
  [[nodiscard]] std::size_t paused(std::uint64_t largest) const;

  /// How media become others while they are sent.
  void on_change(std::function<void(OriginMedia&, Random&)> change) { change_ = std::move(change); }

  /// The least that the store waits before it goes on with a body that broke, with jitter of a half or more.
  static constexpr Duration kShortestPause{25};

  /// Requests that have begun and not ended.
  [[nodiscard]] std::size_t under_way() const { return exchanges_.size(); }

  std::shared_ptr<Fetch> fetch(FetchRequest request, std::shared_ptr<MediaSink> sink) override;
  std::shared_ptr<Request> list(const ListingKey& key, Priority priority, SteadyTime deadline,
                                Done<Listing> done) override;

 private:
  class Exchange;
  struct Verifier;

  void check(const FetchRequest& request, const OriginMedia& media);
  void began(const std::shared_ptr<Exchange>& exchange);
  void ended(const Exchange* exchange);
  void count_request(const OriginMedia& media, bool again);
  void check_pause(OriginMedia& media);

  ManualTimer& timer_;
  Trace& trace_;
  Random random_;
  Weather weather_;
  SteadyTime calm_since_;
  std::vector<std::unique_ptr<OriginMedia>> media_;
  std::vector<std::shared_ptr<Exchange>> exchanges_;
  struct Sent {
    SteadyTime at;
    std::uint64_t bytes = 0;  // of the media's, before it
    bool again = false;       // it goes on where another broke
  };
  std::vector<std::vector<Sent>> recent_;  // requests of the last second, by media
  std::vector<std::byte> scratch_;
  std::function<void(OriginMedia&, Random&)> change_;
  std::uint64_t last_number_ = 0;
};

}  // namespace mediafs::simulation
