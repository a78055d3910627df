#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "stream.h"

namespace mediafs::sandbox {

// A request's head, and its body when it was read.
struct Request {
  std::string method;
  std::string path;
  bool has_query = false;
  bool is_http_1_1 = true;
  std::multimap<std::string, std::string> headers;  // names in lower case
  std::string body;

  // The value of a header that stands there exactly once.
  std::optional<std::string> header(const std::string& lower_case_name) const;
  bool wants_close() const;
};

enum class ReadStatus { kOk, kEnded, kMalformed };

// Takes requests off one connection, one after the other. Not for two threads.
class RequestReader {
 public:
  explicit RequestReader(Stream& stream) : stream_(stream) {}

  // Reads the next head and its Content-Length body. On kMalformed nothing more can be read.
  ReadStatus read(Request& request);

 private:
  ReadStatus read_body(Request& request);
  bool fill_until(std::size_t size);
  std::optional<std::string> take_head();

  Stream& stream_;
  std::string buffer_;
};

}  // namespace mediafs::sandbox
