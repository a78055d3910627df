// Where media and listings come from: the API, or in tests an origin of their own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "mediafs/api/media_body.h"
#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"
#include "mediafs/model/listing.h"
#include "mediafs/model/media_id.h"

namespace mediafs {

/// Who goes first where the origin takes less than is asked for.
enum class Priority {
  reader,   // somebody waits for it
  listing,  // somebody waits for names
  ahead,    // nobody waits: Errc::throttled while the origin is in trouble, and not tried again
};

/// What to get of a media, and how it continues what is there already.
struct FetchRequest {
  MediaId id;
  std::uint64_t offset = 0;  // > 0: a range from there on; the origin may answer with the whole all the same
  std::optional<std::uint64_t> end;  // where the range ends; the media's end where nothing
  std::string
      if_range;  // with an offset: the strong entity tag of the version that is there (RFC 9110 13.1.5)
  std::shared_ptr<BodyVerifier> verifier;  // with an offset: has seen the bytes before it
  bool existence =
      false;  // whether it is there at all: asked once; only the API's 404 and 410 are Errc::not_found
  std::optional<std::uint64_t> listed_size;  // as a listing has it; nothing where none knows the media
  std::optional<ListingKind> listing;        // not the media's bytes are asked for, but this
  bool fresh_connection = false;
  Priority priority = Priority::reader;
  SteadyTime deadline;  // for the head, all retries included
};

/// A GET, under way once it has begun. Any thread.
class Request {
 public:
  Request() = default;
  virtual ~Request() = default;
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  /// Sends it. Once; without a lock held that whoever takes in the answer takes.
  virtual void begin() = 0;
  /// The end of its answer follows with Errc::cancelled, unless it has ended.
  virtual void cancel() = 0;
  /// Somebody waits for it now: its priority is a reader's from here on.
  virtual void hasten() = 0;
};

/// A GET of a media, whose body may pause.
class Fetch : public Request {
 public:
  /// Lets a paused body go on.
  virtual void resume() = 0;
  /// Why it waits before it tries again; nothing while an attempt runs that has time.
  [[nodiscard]] virtual std::optional<Error> last_retry_error() = 0;
};

/// Gives media and listings to the store. Thread-safe.
class MediaSource {
 public:
  MediaSource() = default;
  virtual ~MediaSource() = default;
  MediaSource(const MediaSource&) = delete;
  MediaSource& operator=(const MediaSource&) = delete;

  /// A GET for begin() to send, which never blocks. MediaSink says on which threads the sink is called.
  virtual std::shared_ptr<Fetch> fetch(FetchRequest request, std::shared_ptr<MediaSink> sink) = 0;

  /// A listing's GET for begin() to send, all retries included until `deadline`. It is given as it was
  /// answered, without the entries that cannot be believed, and empty where the API has no list of attempts;
  /// `done` is called as a sink is.
  virtual std::shared_ptr<Request> list(const ListingKey& key, Priority priority, SteadyTime deadline,
                                        Done<Listing> done) = 0;
};

}  // namespace mediafs
