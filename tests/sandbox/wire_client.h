#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "stream.h"

namespace mediafs::sandbox {

// A response as it stood on the wire, cut at the end of its head.
struct WireResponse {
  std::string head;  // without the empty line
  std::string body;  // raw: chunks are not undone
  std::string status_line() const { return head.substr(0, head.find("\r\n")); }
  // The value of the header (by its exact name); empty when it is not there.
  std::string header(const std::string& name) const;
  std::size_t count(const std::string& text) const;  // of a text in the head
};

// A client that shows the bytes as they come, for faults that an HTTP library would hide. Every read
// gives up after ten seconds.
class WireClient {
 public:
  explicit WireClient(std::uint16_t port);

  void send(std::string_view bytes);
  // Reads up to the end of a head, and `body_size` bytes more.
  WireResponse read_response(std::size_t body_size);
  // Reads until the server closes the connection.
  WireResponse read_to_end();
  // Whether the last read ended with a reset.
  bool was_reset() const { return was_reset_; }
  // Whether there is something to read right now, an end included.
  bool is_readable() const;
  void close();

 private:
  bool read_more();
  WireResponse split(std::size_t body_size);

  Descriptor socket_;
  std::string buffer_;
  bool was_reset_ = false;
};

}  // namespace mediafs::sandbox
