#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "mediafs/store/catalog.h"
#include "mediafs/store/media_store.h"
#include "store/simulation/model.h"
#include "store/simulation/simulated_origin.h"
#include "support/manual_timer.h"
#include "support/memory_cache.h"

namespace mediafs::simulation {

/// How a world goes: all that happens in it follows from this.
struct Course {
  std::uint64_t seed = 1;
  std::uint64_t steps = 1'000;
  std::set<std::uint64_t> left_out = {};  // steps that are not made; the others stay as they are
  bool in_words = false;
};

struct Outcome {
  std::uint64_t hash = 0;
  std::string finding;            // what was wrong first; empty: nothing
  std::uint64_t failed_step = 0;  // the number of steps after which that was seen
  std::uint64_t answers = 0;
  std::vector<std::string> words;
};

/// The store and its catalog over a simulated origin and a cache in memory, with readers, on one thread and
/// in a time of its own.
class World {
 public:
  explicit World(const Course& course);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// The steps, and then the end: the faults are over, and everything comes right.
  Outcome run();

 private:
  struct Reader {
    OriginMedia* media = nullptr;  // null: it has none open, and asks for none
    MediaItemRef item;             // null: being opened
    std::uint64_t position = 0;
    std::uint64_t life = 0;  // what is answered to an earlier one is not for it
    std::stop_source stop;
    std::vector<std::shared_ptr<Question>> questions;
  };
  using Step = void (World::*)(Random&);
  struct Choice {
    std::uint64_t weight;
    Step step;
  };
  static const Choice kChoices[];

  void make_media(Random& random);
  void start();
  void stop();
  void check();
  void note_cache_losses();
  bool run_next(SteadyTime last = SteadyTime::max());
  void let_pass(SteadyTime::duration time);
  template <typename Condition>
  void let_pass_until(Condition condition) {
    while (on() && !condition() && run_next()) {
    }
  }
  [[nodiscard]] bool on() const { return trace_.all_well(); }

  // Steps: world_steps.cpp.
  void make_step(std::uint64_t number);
  void pass_time(Random& random);
  void let_somebody_read(Random& random);
  void look_up(Random& random);
  void turn_weather(Random& random);
  void change_media(Random& random);
  void remove_or_return(Random& random);
  void erase_something(Random& random);
  void fetch_some_ahead(Random& random);
  void list_some(Random& random);
  void touch_cache(Random& random);
  void restart(Random& random);

  // Readers: readers.cpp.
  void begin_reading(Reader& reader, Random& random);
  void open(Reader& reader, OriginMedia& media);
  void opened(Reader& reader, OriginMedia& media);
  void read(Reader& reader, ByteRange range);
  void read_on(Reader& reader, Random& random);
  void read_ahead_out_of_order(Reader& reader, Random& random);
  void read_anywhere(Reader& reader, Random& random);
  void close(Reader& reader);
  void kill(Reader& reader);
  void close_all();

  // The end: world_end.cpp.
  void come_right();
  void read_all(OriginMedia& media);
  MediaItemRef open_at_last(Reader& reader, OriginMedia& media);
  bool read_whole(Reader& reader);
  void check_economy(OriginMedia& media);
  void check_rest(OriginMedia& media);
  void read_in_order(Reader& reader, std::uint64_t from, std::uint64_t to);
  void check_memory_is_used();
  [[nodiscard]] std::uint64_t small_here() const;
  void check_no_deadline_is_left();
  void come_to_rest();
  void check_cache();
  OriginMedia& any_media(Random& random);
  void read_in_vain(OriginMedia& media, const MediaItemRef& erased);
  void erase(OriginMedia& media, bool listings_first);
  void add_version(OriginMedia& media, Random& random, bool same_size);

  const Course course_;
  ManualTimer timer_;
  Trace trace_;
  SimulatedOrigin origin_;
  MemoryCache cache_{timer_};
  Model model_;
  bool with_cache_ = true;
  MediaStore::Options options_;
  std::optional<Catalog> catalog_;
  std::optional<MediaStore> store_;
  std::vector<Reader> readers_;
  Random jitter_;
  std::uint64_t last_version_ = 0;
  int jobs_at_once_ = 0;
  bool broken_ = false;  // the cache
  bool full_ = false;    // the same
};

}  // namespace mediafs::simulation
