#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "synthetic.h"

namespace mediafs::sandbox {

// The bytes of a response: held in memory and shared, or made on the fly. A cheap value; safe to
// read from several threads.
class Body {
 public:
  Body() = default;
  explicit Body(std::string bytes);
  explicit Body(const Synthetic& synthetic);

  std::uint64_t size() const { return size_; }
  // REQUIRES: begin + size <= this->size().
  Body part(std::uint64_t begin, std::uint64_t size) const;

  // Up to `most` bytes from `offset`, valid while this body and `scratch` live and are not changed.
  std::span<const std::byte> view(std::uint64_t offset, std::size_t most,
                                  std::vector<std::byte>& scratch) const;

 private:
  std::shared_ptr<const std::string> stored_;  // null: synthetic
  std::uint64_t seed_ = 0;
  std::uint64_t begin_ = 0;
  std::uint64_t size_ = 0;
};

// Lowercase hex HMAC-SHA256 of all of `body`.
std::string signature_of(const std::string& secret, const Body& body);

}  // namespace mediafs::sandbox
