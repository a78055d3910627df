#pragma once

#include <string_view>

#include "mediafs/http/response.h"

namespace mediafs {

/// Takes header lines as libcurl hands them over and refuses what no honest server sends: more than 100 lines
/// or 64 KiB, folded lines, two lengths, a length beside chunked framing, an encoding that was not asked for.
class ResponseParser {
 public:
  enum class Progress { more, complete, refused };

  /// `line` is one header line, its line end included. Interim (1xx) responses are skipped, eight at most.
  Progress feed(std::string_view line);

  [[nodiscard]] const ResponseHead& head() const { return head_; }
  /// Why feed() refused.
  [[nodiscard]] std::string_view reason() const { return reason_; }

 private:
  Progress refuse(std::string_view reason);
  Progress start(std::string_view status_line);
  Progress add(std::string_view line);
  Progress finish();

  ResponseHead head_;
  std::size_t bytes_ = 0;
  std::size_t lines_ = 0;
  int interim_ = 0;
  std::string_view reason_;
};

}  // namespace mediafs
