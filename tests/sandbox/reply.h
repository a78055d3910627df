#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "body.h"

namespace mediafs::sandbox {

// How the end of a body is told to the peer. Those after kCloseDelimited are faults.
enum class Framing { kLength, kChunked, kCloseDelimited, kWrongLength, kTwoLengths, kLengthAndChunked };

// What happens on the wire beside the plain reply: the pace, and the transport faults of a rule.
struct Delivery {
  Framing framing = Framing::kLength;
  std::uint64_t other_length = 0;      // for kWrongLength and kTwoLengths
  std::uint64_t bytes_per_second = 0;  // 0: as fast as it goes
  std::chrono::milliseconds delay{0};  // before the head
  bool drop = false;                   // close, answer nothing
  bool hang_before_head = false;
  bool hang_in_head = false;
  std::optional<std::uint64_t> stall_at;  // offsets in the body
  std::optional<std::uint64_t> close_at;
  bool reset = false;              // close with a reset
  bool garbage_status = false;     // a status line that is none
  std::optional<std::string> raw;  // these bytes instead of everything, then close
  int early_status = 0;            // 1xx responses before the real one
  std::uint64_t early_count = 0;
};

// A response as the API means it.
struct Reply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  Body body;
  Delivery delivery;

  void add_header(std::string name, std::string value);
  void set_header(const std::string& name, std::string value);
  void remove_header(const std::string& name);
  // Empty when it is not there.
  std::string header(const std::string& name) const;
  bool has_body() const { return status != 204 && status != 304; }
};

// A reply with this text as its body.
Reply text_reply(int status, std::string content_type, std::string text);

// The API's error shape: {"status":"fail","code":CODE,"message":MESSAGE}.
Reply error_reply(int status, const std::string& code, const std::string& message);

// Status line and headers with what the framing adds, up to and with the empty line.
std::string head_of(const Reply& reply, bool closes);

}  // namespace mediafs::sandbox
