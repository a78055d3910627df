#pragma once

#include <algorithm>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "mediafs/store/media_store.h"
#include "store/simulation/simulated_origin.h"

namespace mediafs::simulation {

/// What somebody has asked of the store, and waits for.
struct Question {
  enum class Kind { find, open, read };

  std::uint64_t number = 0;
  Kind kind = Kind::find;
  OriginMedia* media = nullptr;
  MediaItemRef item;  // of a read
  ByteRange range;
  SteadyTime asked{};
  std::optional<SteadyTime> stopped;  // since when nobody waits for it
  bool answered = false;
  bool answered_well = false;
};

/// Knows the true bytes and what may be answered, and holds every answer against that.
class Model {
 public:
  Model(Trace& trace, SimulatedOrigin& origin, const Clock& clock)
      : trace_(trace), origin_(origin), clock_(clock) {}

  /// From now on it is this one that tells what is known. Null: there is none.
  void use(const Catalog* catalog) { catalog_ = catalog; }

  std::shared_ptr<Question> ask(Question::Kind kind, OriginMedia& media, MediaItemRef item = nullptr,
                                ByteRange range = {});
  void stop(const std::shared_ptr<Question>& question);
  void answer(Question& question, const Result<MediaItemRef>& found);
  void answer(Question& question, const Result<Slices>& read);

  /// Somebody has opened the version.
  void meet(const MediaItem& item);
  /// Whether a version that is opened may be told to be no more, for this reason.
  void judge_stale(OriginMedia& media, SteadyTime asked, Errc why);

  /// Before somebody erases it, and when that is done.
  void is_being_erased(OriginMedia& media) { erased_[&media] = clock_.now(); }
  void erased(OriginMedia& media);
  /// The cache has just now, or has had since, what it has taken and cannot give.
  void cache_loses() { lossy_ = clock_.now(); }
  void store_stops() { stopping_ = true; }
  void store_starts() { stopping_ = false; }

  /// Nobody waits for longer than may be.
  void check_nobody_is_forgotten();
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] bool anybody_waits_for(const OriginMedia& media) const {
    return std::any_of(waiting_.begin(), waiting_.end(),
                       [&](const auto& one) { return one->media == &media; });
  }
  [[nodiscard]] std::size_t answered() const { return answered_; }

  /// Versions that have been known here and are no more.
  struct Gone {
    MediaId id;
    Revision revision{};
  };
  [[nodiscard]] std::vector<Gone> gone() const;

 private:
  /// One revision, as the model has met it.
  struct Known {
    OriginMedia* media = nullptr;
    SteadyTime met{};
    bool tagged = false;
    std::uint64_t size = 0;
    std::string etag;
    std::vector<std::size_t> may_be;    // the origin's versions
    bool told = false;                  // by bytes, which it is
    std::optional<std::uint64_t> dead;  // questions with a greater number may not be answered with bytes
  };

  void look_what_it_may_be(Known& known);
  void close(Question& question);
  void judge(const Question& question, Errc failure);
  void check_hopeless(const Question& question, Errc failure);
  [[nodiscard]] bool superseded(const Known& known) const;
  void check_bytes(const Question& question, Known& known, const Slices& slices);
  [[nodiscard]] bool is_of(const Question& question, const Version& version, std::size_t number,
                           SteadyTime unproved_since, const Slices& slices) const;
  void check_proved(const Question& question, const Known& known);
  void check_disproved(const Question& question, const Known& known);
  void check_said_to_be_verified(const MediaItem& item, const Known& known);

  Trace& trace_;
  SimulatedOrigin& origin_;
  const Clock& clock_;
  const Catalog* catalog_ = nullptr;
  std::list<std::shared_ptr<Question>> waiting_;
  std::unordered_map<Revision, Known> known_;
  std::unordered_map<const OriginMedia*, SteadyTime> erased_;
  SteadyTime lossy_ = kNever;
  SteadyTime late_ = kNever;  // when somebody had waited too long, last
  std::uint64_t last_number_ = 0;
  std::size_t answered_ = 0;
  bool stopping_ = false;
};

}  // namespace mediafs::simulation
