#pragma once

#include <string_view>

#include "mediafs/http/response.h"

namespace mediafs {

/// Takes header lines as libcurl hands them over, sees in them what that sees, and refuses what no honest
/// server sends or what two readers could understand in two ways: more than 100 lines or 64 KiB, lines of
/// blanks or folded ones, a bare CR or a NUL, two lengths, a length beside chunked framing, that in HTTP/1.0,
/// an encoding or a type of several parts that was not asked for, another protocol.
class ResponseParser {
 public:
  enum class Progress { more, complete, refused };

  /// `line` is one header line, its line end included. Interim (1xx) responses are skipped, eight at most.
  Progress feed(std::string_view line);

  /// The same of a line that comes after the body; never `complete`. As many and as long as a head's.
  Progress feed_trailer(std::string_view line);

  [[nodiscard]] const ResponseHead& head() const { return head_; }
  /// Why feed() refused.
  [[nodiscard]] std::string_view reason() const { return reason_; }

 private:
  Progress refuse(std::string_view reason);
  [[nodiscard]] bool counts_too_many(std::string_view line);
  Progress start(std::string_view status_line);
  Progress add(std::string_view line);
  Progress take(const Header& header);
  Progress take_length(std::string_view value);
  Progress take_framing(std::string_view value);
  Progress finish();

  ResponseHead head_;
  std::size_t bytes_ = 0;
  std::size_t lines_ = 0;
  int interim_ = 0;
  bool trailing_ = false;
  bool begun_ = false;  // the status line has come
  bool old_ = false;    // HTTP/1.0
  std::string_view reason_;
};

}  // namespace mediafs
