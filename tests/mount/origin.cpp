#include "origin.h"

#include <algorithm>
#include <memory>
#include <span>
#include <stdexcept>

#include <openssl/evp.h>

#include "mediafs/base/bytes.h"
#include "sandbox/synthetic.h"

namespace mediafs::e2e {
namespace {

sandbox::Synthetic description_of(const std::string& id) {
  const auto description = sandbox::synthetic_from_id(id);
  if (!description) throw std::invalid_argument("not an id of media_of(): " + id);
  return *description;
}

}  // namespace

std::string media_of(std::uint64_t size, std::string_view seed) {
  return "gen-" + std::to_string(size) + "-" + std::string(seed);
}

std::string origin_bytes(const std::string& id, std::uint64_t offset, std::uint64_t count) {
  const sandbox::Synthetic media = description_of(id);
  const std::uint64_t begin = std::min(offset, media.size);
  std::string bytes(static_cast<std::size_t>(std::min(count, media.size - begin)), '\0');
  sandbox::fill_synthetic(media.seed, begin, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

::testing::AssertionResult same_bytes(std::string_view actual, std::string_view expected) {
  if (actual == expected) return ::testing::AssertionSuccess();
  const auto differs = std::mismatch(actual.begin(), actual.end(), expected.begin(), expected.end()).first;
  return ::testing::AssertionFailure()
         << actual.size() << " bytes where " << expected.size()
         << " were expected; the first wrong one is at " << differs - actual.begin();
}

std::string origin_sha256(const std::string& id) {
  constexpr std::uint64_t kPiece = 1_MiB;
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr);
  const std::uint64_t size = description_of(id).size;
  for (std::uint64_t offset = 0; offset < size; offset += kPiece) {
    const std::string piece = origin_bytes(id, offset, kPiece);
    EVP_DigestUpdate(digest.get(), piece.data(), piece.size());
  }
  std::string sum(EVP_MAX_MD_SIZE, '\0');
  unsigned int length = 0;
  EVP_DigestFinal_ex(digest.get(), reinterpret_cast<unsigned char*>(sum.data()), &length);
  return to_hex(bytes_of(sum).first(length));
}

}  // namespace mediafs::e2e
