#include "deliver.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <string>
#include <vector>

namespace mediafs::sandbox {
namespace {

using std::chrono::steady_clock;

constexpr std::uint64_t kPiece = 256 * 1024;

bool is_chunked(Framing framing) {
  return framing == Framing::kChunked || framing == Framing::kLengthAndChunked;
}

std::string hex(std::uint64_t value) {
  std::array<char, 16> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return {digits.data(), end};
}

// Keeps a body at its rate: says when the next piece is due.
class Pace {
 public:
  explicit Pace(std::uint64_t bytes_per_second) : rate_(bytes_per_second), start_(steady_clock::now()) {}

  std::uint64_t piece_size() const {
    constexpr std::uint64_t kPiecesPerSecond = 20;
    return rate_ == 0 ? kPiece : std::clamp<std::uint64_t>(rate_ / kPiecesPerSecond, 1, kPiece);
  }
  bool wait(Stream& stream, std::uint64_t sent) const {
    if (rate_ == 0) return true;
    const std::chrono::duration<double> due(static_cast<double>(sent) / static_cast<double>(rate_));
    return stream.wait_until(start_ + std::chrono::duration_cast<steady_clock::duration>(due));
  }

 private:
  const std::uint64_t rate_;
  const steady_clock::time_point start_;
};

bool write_piece(Stream& stream, std::span<const std::byte> piece, bool chunked) {
  if (!chunked) return stream.write(piece);
  return stream.write(hex(piece.size()) + "\r\n", true) && stream.write(piece) && stream.write("\r\n");
}

// Writes the body up to where a rule closes the connection; false when the peer has gone.
bool write_body(Stream& stream, const Reply& reply, const DeliveryWatch& watch) {
  const Delivery& how = reply.delivery;
  const std::uint64_t end = std::min(reply.body.size(), how.close_at.value_or(reply.body.size()));
  const std::uint64_t stall = how.stall_at.value_or(end + 1);
  const Pace pace(how.bytes_per_second);
  std::vector<std::byte> scratch;
  for (std::uint64_t at = 0; at < end;) {
    if (at == stall && !stream.wait_until(watch.is_released)) return false;
    if (!pace.wait(stream, at)) return false;
    const std::uint64_t until = at < stall ? std::min(stall, end) : end;
    const std::uint64_t size = std::min(pace.piece_size(), until - at);
    const auto piece = reply.body.view(at, static_cast<std::size_t>(size), scratch);
    watch.on_body(piece.size());
    if (!write_piece(stream, piece, is_chunked(how.framing))) return false;
    at += piece.size();
  }
  return true;
}

bool write_early_responses(Stream& stream, const Delivery& how) {
  const std::string early = "HTTP/1.1 " + std::to_string(how.early_status) + " Early\r\n\r\n";
  for (std::uint64_t i = 0; i < how.early_count; ++i) {
    if (!stream.write(early)) return false;
  }
  return true;
}

bool write_head(Stream& stream, const Reply& reply, bool closes, const DeliveryWatch& watch) {
  const Delivery& how = reply.delivery;
  const std::string head = head_of(reply, closes);
  watch.on_head(reply.status);
  if (how.hang_in_head) {
    // All but the empty line that ends the head.
    const std::size_t most = head.size() - 2;
    return stream.write(std::string_view(head).substr(0, most)) && stream.wait_until(watch.is_released) &&
           stream.write(std::string_view(head).substr(most));
  }
  const bool body_follows = reply.body.size() != 0 && how.stall_at != 0U && how.close_at != 0U;
  return stream.write(head, body_follows && reply.has_body());
}

Delivered write_rest(Stream& stream, const Reply& reply, bool closes, const DeliveryWatch& watch) {
  const Delivery& how = reply.delivery;
  if (!write_body(stream, reply, watch)) return Delivered::kBroken;
  if (how.close_at) {
    if (how.reset) stream.reset_on_close();
    return Delivered::kBroken;
  }
  if (is_chunked(how.framing) && !stream.write("0\r\n\r\n")) return Delivered::kBroken;
  const bool is_regular = how.framing == Framing::kLength || how.framing == Framing::kChunked;
  return closes || !is_regular || how.garbage_status ? Delivered::kClose : Delivered::kKeepAlive;
}

}  // namespace

Delivered deliver(Stream& stream, const Reply& reply, const DeliveryTerms& terms,
                  const DeliveryWatch& watch) {
  const Delivery& how = reply.delivery;
  if (!stream.wait_until(steady_clock::now() + how.delay) || how.drop) return Delivered::kBroken;
  if (how.hang_before_head && !stream.wait_until(watch.is_released)) return Delivered::kBroken;
  if (how.raw) {
    watch.on_head(0);
    stream.write(*how.raw);
    return Delivered::kClose;
  }
  const bool closes = terms.closes || how.framing == Framing::kCloseDelimited;
  if (!write_early_responses(stream, how)) return Delivered::kBroken;
  if (!write_head(stream, reply, closes, watch)) return Delivered::kBroken;
  if (!terms.has_body || !reply.has_body()) return closes ? Delivered::kClose : Delivered::kKeepAlive;
  return write_rest(stream, reply, closes, watch);
}

}  // namespace mediafs::sandbox
