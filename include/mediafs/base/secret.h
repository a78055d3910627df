// Memory for what must not leak: wiped when freed, no formatter, no stream operator, no comparison.
#pragma once

#include <array>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>

#include "mediafs/base/bytes.h"

namespace mediafs {

/// Text that is a secret: an API key, a shared secret, a request's signature.
class SecretString {
 public:
  SecretString() = default;
  explicit SecretString(std::string_view text) : text_(text) {}
  /// Of pieces, without a copy of them elsewhere, as to format them would leave one.
  static SecretString joined(std::initializer_list<std::string_view> pieces) {
    SecretString whole;
    std::size_t size = 0;
    for (const std::string_view piece : pieces) size += piece.size();
    whole.text_.reserve(size);
    for (const std::string_view piece : pieces) whole.text_ += piece;
    return whole;
  }
  SecretString(const SecretString& other) = default;
  // A short text stands within the object itself, where std::string's own move would leave it: copy, then
  // wipe.
  SecretString(SecretString&& other) noexcept : text_(other.text_) { other.wipe(); }  // NOLINT: see above
  SecretString& operator=(const SecretString& other) {
    if (this != &other) {
      wipe();
      text_ = other.text_;
    }
    return *this;
  }
  SecretString& operator=(SecretString&& other) noexcept {
    if (this != &other) {
      wipe();
      text_ = other.text_;
      other.wipe();
    }
    return *this;
  }
  ~SecretString() { wipe(); }

  /// The ways out; whoever calls them keeps the text out of logs.
  [[nodiscard]] std::string_view reveal() const { return text_; }
  [[nodiscard]] const char* c_str() const { return text_.c_str(); }
  [[nodiscard]] bool empty() const { return text_.empty(); }

 private:
  void wipe() {
    ::explicit_bzero(text_.data(), text_.size());
    text_.clear();
  }

  std::string text_;
};

/// A 256-bit key.
class SecretKey {
 public:
  static constexpr std::size_t kSize = 32;

  SecretKey() = default;
  SecretKey(const SecretKey&) = default;
  SecretKey& operator=(const SecretKey&) = default;
  ~SecretKey() { ::explicit_bzero(bytes_.data(), bytes_.size()); }

  [[nodiscard]] ByteView view() const { return bytes_; }
  [[nodiscard]] MutableBytes fill() { return bytes_; }

 private:
  std::array<std::byte, kSize> bytes_{};
};

}  // namespace mediafs
