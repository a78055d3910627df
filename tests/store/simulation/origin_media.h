// What the simulated origin holds, and what it has said of it: the causes of all that readers may see.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mediafs/base/bytes.h"
#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"
#include "mediafs/model/media_id.h"

namespace mediafs::simulation {

struct Version {
  std::uint64_t seed = 0;  // of its bytes
  std::uint64_t size = 0;
  std::string etag;  // empty: none
  bool is_signed = false;
};

constexpr std::uint64_t kSmallMedia = 4_MiB;  // what is signed and no larger is given once it is verified
constexpr SteadyTime kNever = SteadyTime::min();

/// When each kind of failure was said last, or was in force.
class Said {
 public:
  Said() { at_.fill(kNever); }
  void note(Errc code, SteadyTime when) { at(code) = std::max(at(code), when); }
  [[nodiscard]] SteadyTime last(Errc code) const { return at_[static_cast<std::size_t>(code)]; }

 private:
  SteadyTime& at(Errc code) { return at_[static_cast<std::size_t>(code)]; }
  std::array<SteadyTime, std::size(kAllErrcs)> at_{};
};

struct OriginMedia {
  OriginMedia(MediaId name, std::string words) : id(std::move(name)), what(std::move(words)) {}

  const MediaId id;
  const std::string what;  // for people
  bool ranges = true;      // it answers them
  bool sized = true;       // its heads tell a length
  bool present = true;
  bool forgotten = false;         // erased here, and nobody has asked for it since
  std::vector<Version> versions;  // the last one is what it has now

  // What it has said and sent.
  Said failures;                     // of the media
  Said range_failures;               // before the head of a range: the whole may be had all the same
  std::vector<SteadyTime> heads;     // by version: when one was last told
  std::vector<bool> sent_unsized;    // by version: with a head that tells no length
  std::vector<SteadyTime> proved;    // by version: when a body last passed whole, with a right signature
  std::vector<bool> unproved_tails;  // by version: its last chunk has come with a range that nothing proves
  std::map<std::pair<std::size_t, std::uint64_t>, SteadyTime> flipped;  // version and place of a wrong byte
  SteadyTime tampered = kNever;                                         // something of a body was wrong
  std::vector<SteadyTime> disproved;  // by version: a body was found wrong of which readers may have had some
  std::vector<SteadyTime> retries;    // of what has broken: when it may be asked for again
  std::uint64_t requests = 0;         // all that have been sent
  std::uint64_t bytes = 0;            // that the store has taken

  [[nodiscard]] std::size_t current() const { return versions.size() - 1; }
  void add_version(Version version) {
    versions.push_back(std::move(version));
    heads.push_back(kNever);
    sent_unsized.push_back(false);
    proved.push_back(kNever);
    disproved.push_back(kNever);
    unproved_tails.push_back(false);
  }
};

}  // namespace mediafs::simulation
