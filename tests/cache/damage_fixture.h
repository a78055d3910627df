// A small cache whose files get damaged, and what must hold of it then: each read gives the bytes that were
// stored or is a miss, and the process goes on.
#pragma once

#include <map>
#include <set>

#include "cache/cache_fixture.h"
#include "cache/page_format.h"
#include "mediafs/base/log.h"

namespace mediafs {

inline const std::size_t kPage = page_size();

class Damage : public CacheFixture {
 protected:
  using Files = std::map<std::string, std::string>;  // by name

  static void SetUpTestSuite() { ASSERT_TRUE(log::set_up({.level = log::Level::off})); }
  static void TearDownTestSuite() { ASSERT_TRUE(log::set_up({})); }

  static constexpr std::uint32_t kMedia = 3;
  static constexpr std::uint32_t kChunksOfEach = 3;

  static MediaItem media(std::uint32_t number) {
    return item("some-media-0000000" + std::to_string(number), 7 + number);
  }
  static char fill_of(std::uint32_t number, std::uint32_t index) {
    return static_cast<char>('a' + number * kChunksOfEach + index);
  }
  static ListingRef listing() {
    auto out = std::make_shared<Listing>(
        Listing{.key = {ListingKind::session_media, *MediaId::parse("some-session-0000001")}, .listed = 1});
    for (std::uint32_t i = 0; i < 40; ++i) {
      out->media.push_back({.id = *MediaId::parse("listed-media-" + std::to_string(1'000'000 + i)),
                            .context = "face",
                            .content_type = "image/jpeg",
                            .size = i});
    }
    return out;
  }

  void SetUp() override { fill(); }

  /// Fills the cache, in more than one transaction so that there are free pages, and closes it.
  void fill() {
    open();
    const MediaItem gone = item("a-media-that-goes", 70);
    store(gone, 0, 'x');
    cache_->store_item(gone);
    cache_->settle();
    for (std::uint32_t number = 0; number < kMedia; ++number) {
      for (std::uint32_t i = 0; i < kChunksOfEach; ++i) store(media(number), i, fill_of(number, i));
      cache_->store_item(media(number));
      cache_->settle();
    }
    cache_->store_listing(listing());
    cache_->drop(gone.id, gone.revision);
    cache_->forget_item(gone.id);
    close();
    intact_ = files();
  }

  Files files() const {
    Files out;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      const std::string name = entry.path().filename();
      if (!name.ends_with("-lock")) out[name] = content(name);
    }
    return out;
  }
  void put(const std::string& name, const std::string& bytes) {
    std::ofstream(file(name), std::ios::binary | std::ios::trunc) << bytes;
    std::filesystem::permissions(file(name), std::filesystem::perms(0600));
  }
  void restore() { put_all(intact_); }
  void put_all(const Files& wanted) {
    close();
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      std::filesystem::remove_all(entry.path());
    }
    for (const auto& [name, bytes] : wanted) put(name, bytes);
  }

  void expect_right_or_nothing() {
    const std::set<std::string> ids{media(0).id.text(), media(1).id.text(), media(2).id.text(),
                                    late().id.text()};
    const Cache::Known known = cache_->load();
    for (const MediaItem& found : known.items) {
      ASSERT_TRUE(ids.contains(found.id.text()));
      MediaItem expected = item(found.id.text(), static_cast<std::uint64_t>(found.revision));
      expected.complete = found.complete;  // not so where chunks could not be written
      ASSERT_EQ(found, expected);
    }
    for (const Listing& found : known.listings) ASSERT_EQ(found, *listing());
    for (std::uint32_t number = 0; number < kMedia; ++number) {
      for (std::uint32_t i = 0; i < kChunksOfEach; ++i) {
        const char found = look_up(media(number), i);
        ASSERT_TRUE(found == 0 || found == fill_of(number, i)) << number << '/' << i << ": " << found;
      }
    }
    const char found = look_up(late(), 0);
    ASSERT_TRUE(found == 0 || found == 'L') << found;
  }

  /// A new one, one that is replaced by itself, and one that goes.
  void write_some() {
    store(late(), 0, 'L');
    store(late(), 1, 'M');
    cache_->store_item(late());
    store(media(1), 0, fill_of(1, 0));
    cache_->store_listing(listing());
    cache_->drop(media(2).id, media(2).revision);
    cache_->settle();
  }

  /// Whether it could be opened.
  bool use() {
    auto opened = try_open();
    if (!opened) return false;
    cache_ = *std::move(opened);
    expect_right_or_nothing();
    write_some();
    expect_right_or_nothing();
    close();
    return true;
  }

  [[nodiscard]] std::string folder() const { return name_; }

  Files intact_;

 private:
  static MediaItem late() { return item("another-media-0001", 99); }
};

}  // namespace mediafs
