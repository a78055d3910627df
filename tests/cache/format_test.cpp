// The format on disk is a promise to caches that exist: src/cache/FORMAT.md. A failure here means a new
// version number (the magic of the key file, the texts in sealing.cpp) and a new golden directory, never a
// changed expectation.
//
// The golden directory was made by this test with MEDIAFS_MAKE_GOLDEN=1 in the environment.
#include <cstdlib>

#include "cache/cache_fixture.h"
#include "cache/sealing.h"

namespace mediafs {
namespace {

const std::filesystem::path kGolden = std::filesystem::path(MEDIAFS_TESTS) / "cache" / "golden";

MediaItem golden_item() {
  return {.id = *MediaId::parse("golden-media-0001"),
          .revision = Revision{42},
          .size = kChunkSize + 1,
          .content_type = "image/png",
          .modified = 1'700'000'000,
          .etag = "\"golden\"",
          .complete = true};
}

class FormatTest : public CacheFixture {
 protected:
  void make_golden() {
    open({"golden-secret"}, 1_MiB);
    store(golden_item(), 0, 'G');
    cache_->store_item(golden_item());
    close();
    std::filesystem::create_directories(kGolden);
    for (const std::string name : {"key", "catalog", "chunks"}) {
      std::filesystem::copy_file(file(name), kGolden / name,
                                 std::filesystem::copy_options::overwrite_existing);
    }
  }
};

TEST_F(FormatTest, ACacheOfVersionTwoIsStillRead) {
  if (std::getenv("MEDIAFS_MAKE_GOLDEN") != nullptr) make_golden();
  std::filesystem::remove_all(directory_);
  std::filesystem::copy(kGolden, directory_);
  open({"golden-secret"});
  EXPECT_EQ(cache_->load_items(), std::vector<MediaItem>{golden_item()});
  EXPECT_EQ(look_up(golden_item(), 0), 'G');
}

TEST_F(FormatTest, NamesOfRecordsAreAsWritten) {
  SecretKey key;
  key.fill()[0] = std::byte{1};
  const Sealing sealing(key, CacheId{});
  EXPECT_EQ(to_hex(bytes_of(sealing.item_name(golden_item().id))), "2e68eed17e7c47941ba700732fbcbb94");
  EXPECT_EQ(to_hex(bytes_of(sealing.chunk_name(golden_item().id, {Revision{42}, ChunkIndex{258}}))),
            "82b8f4cca84e82014822b1f4029f781400000102");
}

}  // namespace
}  // namespace mediafs
