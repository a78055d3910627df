#include "response_signer.h"

#include <cstdint>

namespace mediafs::sandbox {

std::optional<std::string> ResponseSigner::sign(const std::string& secret, const Body& body,
                                                const std::string& identity) {
  constexpr std::uint64_t kLarge = 64ULL << 20U;
  if (body.size() > kLarge && !sign_large_) return std::nullopt;
  if (identity.empty()) return signature_of(secret, body);
  const std::string key = secret + '\n' + identity;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = known_.find(key); found != known_.end()) return found->second;
  }
  std::string signature = signature_of(secret, body);
  const std::lock_guard lock(mutex_);
  known_[key] = signature;
  return signature;
}

}  // namespace mediafs::sandbox
