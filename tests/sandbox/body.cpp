#include "body.h"

#include <algorithm>
#include <utility>

#include "signature.h"

namespace mediafs::sandbox {

Body::Body(std::string bytes)
    : stored_(std::make_shared<const std::string>(std::move(bytes))), size_(stored_->size()) {}

Body::Body(const Synthetic& synthetic) : seed_(synthetic.seed), size_(synthetic.size) {}

Body Body::part(std::uint64_t begin, std::uint64_t size) const {
  Body result = *this;
  result.begin_ += begin;
  result.size_ = size;
  return result;
}

std::span<const std::byte> Body::view(std::uint64_t offset, std::size_t most,
                                      std::vector<std::byte>& scratch) const {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(most, size_ - offset));
  const std::uint64_t from = begin_ + offset;
  if (stored_) return std::as_bytes(std::span(*stored_)).subspan(static_cast<std::size_t>(from), count);
  if (scratch.size() < count) scratch.resize(count);
  const std::span<std::byte> out(scratch.data(), count);
  fill_synthetic(seed_, from, out);
  return out;
}

std::string signature_of(const std::string& secret, const Body& body) {
  constexpr std::size_t kPiece = 64 * 1024;
  Hmac hmac(secret);
  std::vector<std::byte> scratch;
  for (std::uint64_t offset = 0; offset < body.size();) {
    const auto piece = body.view(offset, kPiece, scratch);
    hmac.update(piece);
    offset += piece.size();
  }
  return hmac.finish();
}

}  // namespace mediafs::sandbox
