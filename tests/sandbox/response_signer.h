#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "body.h"

namespace mediafs::sandbox {

// Signs response bodies and remembers the signatures of whole media: hashing 64 MiB takes longer
// than sending it. Safe for any number of threads.
class ResponseSigner {
 public:
  explicit ResponseSigner(bool sign_large) : sign_large_(sign_large) {}

  // Nothing when the body is too large. `identity` names the bytes (id and ETag); empty: they are
  // hashed anew each time.
  std::optional<std::string> sign(const std::string& secret, const Body& body, const std::string& identity);

 private:
  const bool sign_large_;
  std::mutex mutex_;
  std::map<std::string, std::string> known_;  // guarded by mutex_
};

}  // namespace mediafs::sandbox
