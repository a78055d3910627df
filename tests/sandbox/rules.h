#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mediafs::sandbox {

// What a rule can do to a response. README.md tells what each does on the wire.
enum class ActionKind {
  kStatus,
  kStatusPlain,
  kEcho,
  kRetryAfter,
  kHang,
  kHangHeaders,
  kStall,
  kCut,
  kCutChunked,
  kReset,
  kSlow,
  kNoLength,
  kCloseDelimited,
  kWrongLength,
  kTwoLengths,
  kLengthAndChunked,
  kBadSignature,
  kNoSignature,
  kUpperSignature,
  kForeignClient,
  kTwoSignatures,
  kWrongContentRange,
  kIgnoreRange,
  kRedirect,
  kGzip,
  kHtml,
  kJsonError,
  kEmpty,
  kEtag,
  kBodyOf,
  kGarbageStatus,
  kHugeHeader,
  kManyHeaders,
  kDrop,
  kDelay,
  kHeader,
  kContentType,
  kEarly,
  kRaw,
};

struct Action {
  static constexpr std::uint64_t kNoNumber = std::numeric_limits<std::uint64_t>::max();

  ActionKind kind{};
  std::uint64_t number = kNoNumber;   // a status, size, rate or count
  std::chrono::milliseconds time{0};  // of kDelay
  std::string text;                   // what follows the number
};

// One line: which requests it is for, and what happens to them.
struct Rule {
  std::string selector;  // "*", an id, or the end of a path
  bool is_path = false;
  std::uint64_t first = 1;
  std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t percent = 100;  // of those, by chance: the same ones each time
  std::uint64_t line = 0;       // lines draw independently of each other
  std::vector<Action> actions;
};

// A request as the rules see it: its counts start at 1.
struct RuleSubject {
  std::string_view id;
  std::string_view path;
  std::uint64_t nth_of_id = 0;
  std::uint64_t nth_of_path = 0;
};

// Says what is wrong with a rule text, with the number of the line.
class RuleError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

// The rules in force: a value that is parsed once and then only read.
class RuleSet {
 public:
  RuleSet() = default;
  // Throws RuleError.
  explicit RuleSet(std::string_view text);

  // The actions of the first rule that fits; empty when none does.
  const std::vector<Action>& actions_for(const RuleSubject& subject) const;

 private:
  std::vector<Rule> rules_;
};

}  // namespace mediafs::sandbox
