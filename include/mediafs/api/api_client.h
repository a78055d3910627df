#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mediafs/api/base_url.h"
#include "mediafs/api/credentials.h"
#include "mediafs/api/media_body.h"
#include "mediafs/base/clock.h"
#include "mediafs/base/timer.h"
#include "mediafs/http/http_client.h"
#include "mediafs/model/listing.h"

namespace mediafs {

/// What to get of a media, and how it continues what is there already; or a listing.
struct FetchRequest {
  MediaId id;
  std::optional<ListingKind> listing = {};  // of the session or attempt that the id names, whole
  std::uint64_t offset = 0;  // > 0: a range from there on; the origin may answer with the whole all the same
  std::optional<std::uint64_t> end;  // where the range ends; the media's end where nothing
  std::string
      if_range;  // with an offset: the strong entity tag of the version that is there (RFC 9110 13.1.5)
  std::shared_ptr<BodyVerifier> verifier;  // with an offset: has seen the bytes before it
  bool existence = false;  // whether it is there at all: asked once, and only 404 and 410 are Errc::not_found
  bool fresh_connection = false;
  SteadyTime deadline;  // for the head, all retries included
};

/// A GET, under way once it has begun. Any thread.
class Fetch {
 public:
  Fetch() = default;
  virtual ~Fetch() = default;
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;

  /// Sends it. Once; without a lock held that the sink takes.
  virtual void begin() = 0;
  /// Lets a paused body go on.
  virtual void resume() = 0;
  /// The sink's on_end follows with Errc::cancelled, unless it has ended.
  virtual void cancel() = 0;
  /// Why it waits before it tries again; nothing while an attempt runs.
  [[nodiscard]] virtual std::optional<Error> setback() = 0;
};

class ListingFetch;
class ApiShared;

/// Signs, sends, retries, and makes of each answer what api.md says it means. Thread-safe.
class ApiClient {
 public:
  struct Options {
    BaseUrl base;
    Credentials credentials;
    bool require_signature = false;  // a response without one is Errc::corrupt
  };

  /// Both must outlive this object and every fetch.
  ApiClient(Options options, HttpClient& http, Timer& timer);
  ~ApiClient();
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  /// Counts for every attempt that begins from now on, also of what is under way.
  void replace_secrets(std::vector<SecretString> secrets);

  /// A GET for begin() to send, which never blocks. The sink is called from the http thread, or from the
  /// timer's where a deadline ends a backoff.
  std::shared_ptr<Fetch> fetch(FetchRequest request, std::shared_ptr<MediaSink> sink);

  /// A listing's GET for begin() to send, all retries included until `deadline`. It is given as it was
  /// answered, without the entries that cannot be believed; `done` is called from the http thread or from the
  /// timer's.
  std::shared_ptr<ListingFetch> list(const ListingKey& key, SteadyTime deadline, Done<Listing> done);

 private:
  std::shared_ptr<ApiShared> shared_;
};

}  // namespace mediafs
