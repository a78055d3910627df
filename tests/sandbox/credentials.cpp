#include "credentials.h"

#include <utility>

#include "signature.h"

namespace mediafs::sandbox {

Credentials::Credentials(std::string api_key, std::vector<std::string> secrets)
    : api_key_(std::move(api_key)), secrets_(std::move(secrets)) {}

void Credentials::set_secrets(std::vector<std::string> secrets) {
  const std::lock_guard lock(mutex_);
  secrets_ = std::move(secrets);
}

Proof Credentials::check(const Request& request, const std::string& id) const {
  Proof proof;
  proof.client_ok = request.header("x-auth-client") == api_key_;
  const auto signature = request.header("x-hmac-signature");
  const std::lock_guard lock(mutex_);
  for (const std::string& secret : secrets_) {
    if (signature == signature_of(secret, id)) proof.secret = secret;
  }
  return proof;
}

}  // namespace mediafs::sandbox
