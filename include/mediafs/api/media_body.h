// What a media's GET gives: its head, and whoever takes in its bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mediafs/api/credentials.h"
#include "mediafs/base/clock.h"
#include "mediafs/crypto/digest.h"
#include "mediafs/http/response.h"

namespace mediafs {

/// Checks a signed body as it passes: HMAC-SHA256(shared secret, whole body) against the signature in the
/// response's head. Any active secret may have signed. One thread at a time.
class BodyVerifier {
 public:
  /// `signature` is lower case hex.
  BodyVerifier(std::string signature, const std::vector<SecretString>& secrets);

  void update(ByteView piece);
  /// Ends the body; call once.
  [[nodiscard]] bool matches();

 private:
  std::string signature_;
  std::vector<crypto::HmacSha256> candidates_;
};

/// What the head of a 200 or 206 to a media's GET says, checked against what was asked.
struct MediaHead {
  std::uint64_t offset = 0;           // where in the media this body begins
  std::optional<std::uint64_t> size;  // of the whole media; nothing for a body without a length
  std::optional<std::uint64_t> end;   // where in the media this body ends; nothing where size is
  bool ranges = false;       // the origin shows that it answers them (RFC 9110 sections 14.3, 15.3.7)
  std::string content_type;  // without parameters, lower case; application/octet-stream where there is none
  std::string etag;          // strong ones only
  std::optional<UnixSeconds> last_modified;
  bool is_signed = false;                  // whether or not it can be verified
  std::shared_ptr<BodyVerifier> verifier;  // null: not signed, or only a part of the body
};

/// Takes in a media's body. One call at a time, from the http thread; on_end comes exactly once and is the
/// last. Where there was no answer it may come from the thread that begins the request, before that returns,
/// from the timer's, or from one that another answer has come on.
class MediaSink {
 public:
  MediaSink() = default;
  virtual ~MediaSink() = default;
  MediaSink(const MediaSink&) = delete;
  MediaSink& operator=(const MediaSink&) = delete;

  /// At most once, before any byte.
  virtual Flow on_head(const MediaHead& head) = 0;
  virtual Flow on_body(ByteView piece) = 0;
  /// Success: every byte up to the end of the body has been passed on, and its signature, if any, is right.
  /// Errc::corrupt: the signature is wrong. Before on_head, failures come after all retries; after it, at
  /// once, since only the taker knows what it has and how to go on.
  virtual void on_end(Status outcome) = 0;
};

}  // namespace mediafs
