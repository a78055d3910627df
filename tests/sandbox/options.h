#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace mediafs::sandbox {

// What the signature header of a 206 covers: the bytes of that response (what the documentation's
// "whole response body" says to the letter), the whole media, or it is left out.
enum class RangeSignature { kPart, kWhole, kNone };

// How a sandbox server behaves when no rule says otherwise.
struct Options {
  using Now = std::function<std::chrono::steady_clock::time_point()>;

  std::string api_key = "sandbox-key";
  std::vector<std::string> secrets{"sandbox-secret"};  // each is accepted; it also signs the response
  std::filesystem::path samples;                       // a directory with a manifest.json; empty: none
  std::string rules;                                   // a rule text
  std::uint16_t port = 0;                              // on 127.0.0.1; 0: any free one
  std::size_t threads = 128;                           // API requests that are answered at the same time

  bool ranges = true;          // honour Range, send Accept-Ranges
  bool validators = true;      // send ETag and Last-Modified, honour conditions
  bool content_length = true;  // else bodies are chunked
  bool signatures = true;      // sign responses
  bool sign_large = false;     // also those above 64 MiB
  RangeSignature range_signature = RangeSignature::kPart;
  std::string signature_header = "x-hmac-signature";

  std::chrono::milliseconds latency{0};  // before each response's head
  std::uint64_t bandwidth = 0;           // body bytes per second of each response; 0: no bound

  Now now = std::chrono::steady_clock::now;  // what the rate limit goes by
  double rate_limit = 0;  // requests a second, from a bucket of so many: others get 429; 0: no bound

  std::filesystem::path tls_certificate;  // with tls_key: https
  std::filesystem::path tls_key;
};

}  // namespace mediafs::sandbox
