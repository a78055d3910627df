#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "mediafs/api/media_source.h"

namespace mediafs {

/// A source whose answers a test gives by hand, word by word. For one thread.
class ScriptedSource final : public MediaSource {
 public:
  /// A GET that the store has asked for.
  class MediaGet final : public Fetch {
   public:
    MediaGet(FetchRequest asked, std::shared_ptr<MediaSink> taker)
        : request(std::move(asked)), sink_(std::move(taker)) {}

    void begin() override { begun = true; }
    void cancel() override { cancelled = true; }
    void resume() override { ++resumed; }
    void hasten() override { hastened = true; }
    [[nodiscard]] std::optional<Error> last_retry_error() override { return why_it_waits; }

    Flow head(const MediaHead& head) { return sink_->on_head(head); }
    Flow body(ByteView piece) { return sink_->on_body(piece); }
    /// Nothing comes after it.
    void end(Status outcome) {
      ended = true;
      std::exchange(sink_, nullptr)->on_end(std::move(outcome));
    }

    const FetchRequest request;
    bool begun = false;
    bool cancelled = false;
    bool ended = false;
    bool hastened = false;
    int resumed = 0;
    std::optional<Error> why_it_waits;

   private:
    std::shared_ptr<MediaSink> sink_;
  };

  class ListingGet final : public Request {
   public:
    ListingGet(ListingKey asked, Priority how, Done<Listing> done)
        : key(std::move(asked)), priority(how), answer(std::move(done)) {}
    void begin() override { begun = true; }
    void cancel() override { cancelled = true; }

    void hasten() override { hastened = true; }

    const ListingKey key;
    const Priority priority;
    const Done<Listing> answer;
    bool hastened = false;
    bool begun = false;
    bool cancelled = false;
  };

  std::shared_ptr<Fetch> fetch(FetchRequest request, std::shared_ptr<MediaSink> sink) override {
    return media.emplace_back(std::make_shared<MediaGet>(std::move(request), std::move(sink)));
  }
  std::shared_ptr<Request> list(const ListingKey& key, Priority priority, SteadyTime /*deadline*/,
                                Done<Listing> done) override {
    return listings.emplace_back(std::make_shared<ListingGet>(key, priority, std::move(done)));
  }

  /// What the source owes for those that have been cancelled.
  void end_cancelled() {
    for (std::size_t i = 0; i < media.size(); ++i) {
      if (media[i]->cancelled && !media[i]->ended) media[i]->end(Error{Errc::cancelled, "cancelled"});
    }
  }

  std::vector<std::shared_ptr<MediaGet>> media;
  std::vector<std::shared_ptr<ListingGet>> listings;
};

}  // namespace mediafs
