#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "request.h"

namespace mediafs::sandbox {

// What a request's two headers prove.
struct Proof {
  bool client_ok = false;
  std::optional<std::string> secret;  // the one that signed; nothing: no or a wrong signature
};

// The integration's API key and its active secrets, which can be rotated while requests run. Safe
// for any number of threads.
class Credentials {
 public:
  Credentials(std::string api_key, std::vector<std::string> secrets);

  const std::string& api_key() const { return api_key_; }
  void set_secrets(std::vector<std::string> secrets);
  // Holds the headers to the letter: each exactly once, the signature in lower case.
  Proof check(const Request& request, const std::string& id) const;

 private:
  const std::string api_key_;
  mutable std::mutex mutex_;
  std::vector<std::string> secrets_;  // guarded by mutex_
};

}  // namespace mediafs::sandbox
