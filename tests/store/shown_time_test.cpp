// The time that a media is shown with: what was shown stays.
#include <future>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "mediafs/base/shared_memory.h"
#include "mediafs/store/media_store.h"
#include "support/manual_timer.h"
#include "support/memory_cache.h"
#include "support/scripted_source.h"

namespace mediafs {
namespace {

class ShownTime : public testing::Test {
 protected:
  ShownTime() { start(); }
  ~ShownTime() override { stop(); }

  /// The stores anew, as after a remount or, with a journal and no cache, in the next server.
  void start() {
    MediaCache* const cache = with_cache_ ? &cache_ : nullptr;
    catalog_.emplace(Catalog::Options{.journal = with_cache_ ? nullptr : &journal_}, cache, timer_.clock());
    store_.emplace(MediaStore::Options{}, source_, cache, *catalog_, timer_);
  }
  void stop() {
    store_->stop();
    source_.end_cancelled();
    timer_.drop_jobs();
    cache_.settle();
    store_.reset();
    catalog_.reset();
  }
  void restart() {
    stop();
    start();
  }

  void list(UnixSeconds when) {
    catalog_->remember_listing({.key = kSession, .listed = when, .media = {{.id = kId, .size = 1}}});
  }
  MediaHead head(const std::string& etag, std::optional<UnixSeconds> last_modified = 500) const {
    return {.size = 2 * kChunkSize,
            .end = 2 * kChunkSize,
            .ranges = true,
            .content_type = "image/jpeg",
            .etag = etag,
            .last_modified = last_modified};
  }
  /// The media is asked for, and begins to come.
  void open(const MediaHead& head) {
    std::promise<Result<MediaItemRef>> found;
    store_->confirm(kId, [&](Result<MediaItemRef> item) { found.set_value(std::move(item)); });
    source_.media.back()->head(head);
    ASSERT_TRUE(timer_.wait(found.get_future()).ok());
    store_->opened(kId);
    source_.media.back()->body(bytes_of(std::string(kChunkSize, 'x')));
  }
  /// What comes breaks off, and the origin goes on with another version.
  void change_to(const MediaHead& head) {
    const std::size_t asked = source_.media.size();
    source_.media.back()->end(Error{Errc::unavailable, "cut"});
    ASSERT_TRUE(timer_.run_until([&] { return source_.media.size() > asked; }));
    source_.media.back()->head(head);
  }
  [[nodiscard]] UnixSeconds shown() const { return catalog_->find(kId)->shown; }

  const MediaId kId = *MediaId::parse("some-media-00000001");
  const ListingKey kSession{ListingKind::session_media, *MediaId::parse("some-session-00001")};

  bool with_cache_ = true;
  const SharedMemory memory_ = *SharedMemory::map(*SharedMemory::create(Journal::kBytes));
  Journal journal_{memory_.bytes()};
  ManualTimer timer_;
  ScriptedSource source_;
  MemoryCache cache_{timer_};
  std::optional<Catalog> catalog_;
  std::optional<MediaStore> store_;
};

TEST_F(ShownTime, OfAMediaThatWasListedFirstStaysThoughItIsOpened) {
  list(100);
  EXPECT_EQ(shown(), 100);
  open(head("\"v1\""));
  EXPECT_EQ(shown(), 100);
  list(900);
  EXPECT_EQ(shown(), 100);
}

TEST_F(ShownTime, OfAMediaThatWasOpenedByItsIdFirstIsLastModifiedAndStaysThoughItIsListed) {
  open(head("\"v1\""));
  EXPECT_EQ(shown(), 500);
  list(900);
  EXPECT_EQ(shown(), 500);
  EXPECT_EQ(catalog_->find_listing(kSession)->media[0].first_seen, 500);
}

TEST_F(ShownTime, WithoutLastModifiedIsWhenItWasOpened) {
  open(head("\"v1\"", std::nullopt));
  EXPECT_EQ(shown(), timer_.clock().wall_seconds());
}

TEST_F(ShownTime, OfANewVersionIsItsOwn) {
  list(100);
  open(head("\"v1\""));
  ASSERT_NO_FATAL_FAILURE(change_to(head("\"v2\"", 700)));
  EXPECT_EQ(shown(), 700);
  list(900);
  EXPECT_EQ(shown(), 700);
}

TEST_F(ShownTime, OfANewVersionWithoutLastModifiedIsWhenItWasSeen) {
  list(100);
  open(head("\"v1\""));
  ASSERT_NO_FATAL_FAILURE(change_to(head("\"v2\"", std::nullopt)));
  EXPECT_EQ(shown(), timer_.clock().wall_seconds());
}

TEST_F(ShownTime, OfANewVersionIsItsOwnAlsoWhereItIsListedAgainBeforeItComes) {
  catalog_->remember({.id = kId, .revision = Revision{7}, .size = 1, .shown = 100, .etag = "\"v1\""});
  list(150);
  catalog_->forget(kId);  // it has been seen to be no more
  list(200);
  EXPECT_EQ(shown(), 100) << "until the new one is known";
  open(head("\"v2\"", 700));
  EXPECT_EQ(shown(), 700);
}

TEST_F(ShownTime, IsTheSameAfterARemount) {
  list(100);
  open(head("\"v1\""));
  restart();
  EXPECT_EQ(shown(), 100);
  EXPECT_EQ(catalog_->find(kId)->modified, 500) << "which tells versions apart";
}

TEST_F(ShownTime, IsTheSameInTheNextServer) {
  with_cache_ = false;
  restart();
  list(100);
  open(head("\"v1\""));
  restart();
  ASSERT_FALSE(catalog_->find(kId)->from_listing_only());
  EXPECT_EQ(shown(), 100);
}

}  // namespace
}  // namespace mediafs
