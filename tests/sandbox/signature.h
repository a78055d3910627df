#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct evp_mac_ctx_st;

namespace mediafs::sandbox {

// HMAC-SHA256 over data that arrives in pieces. One object, one message, one thread.
class Hmac {
 public:
  explicit Hmac(std::string_view secret);

  void update(std::span<const std::byte> data);
  // Lowercase hex of the whole message; nothing may be added afterwards.
  std::string finish();

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const;
  };
  std::unique_ptr<evp_mac_ctx_st, Free> context_;
};

// The signature of a short text such as an id.
std::string signature_of(std::string_view secret, std::string_view text);

}  // namespace mediafs::sandbox
