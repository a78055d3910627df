// Lines of the log that say the same again and again are counted instead of printed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mediafs/base/clock.h"
#include "mediafs/base/log.h"

namespace mediafs::log {

/// What a line has in common with others of its kind: its beginning, with a # for each word that has a digit
/// in it or is a pseudonym. What stands in brackets behind it is not looked at: it may be an origin's own
/// words.
std::string kind_of_line(std::string_view line);

/// Decides which lines are printed: of each kind the first few within a time. One thread at a time.
class RepeatedLines {
 public:
  static constexpr std::uint64_t kPrinted = 5;
  static constexpr std::chrono::seconds kWithin{10};  // of the first one
  static constexpr std::size_t kMostKinds = 200;      // those beyond are taken for one

  /// How many lines of one kind have not been printed.
  struct Count {
    Level level{};
    std::string kind;
    std::uint64_t lines = 0;
  };

  /// Whether the line is to be printed.
  bool note(Level level, std::string_view line, SteadyTime now);

  /// Of the kinds whose time is over by now; where it is not, the count goes on.
  std::vector<Count> ended_by(SteadyTime now);
  /// Of all kinds, which begin anew.
  std::vector<Count> all();

 private:
  struct Window {
    SteadyTime began{};
    std::uint64_t lines = 0;
  };
  using Windows = std::map<std::pair<Level, std::string>, Window>;

  Windows windows_;
};

/// "12 more lines of the kind: media #: unavailable"
std::string to_string(const RepeatedLines::Count& count);

}  // namespace mediafs::log
