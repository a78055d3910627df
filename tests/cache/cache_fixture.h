#pragma once

#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mediafs/cache/cache.h"

namespace mediafs {

/// A cache in a directory of its own, and the verbs to fill and damage it.
class CacheFixture : public testing::Test {
 protected:
  CacheFixture() { directory_ = std::string(::mkdtemp(name_.data())) + "/cache"; }
  ~CacheFixture() override {
    cache_.reset();
    std::filesystem::remove_all(name_);
  }

  static std::vector<SecretString> secrets(const std::vector<std::string>& texts) {
    std::vector<SecretString> out;
    for (const std::string& text : texts) out.emplace_back(text);
    return out;
  }
  Result<std::unique_ptr<Cache>> try_open(const std::vector<std::string>& texts = {"secret"},
                                          std::uint64_t size_limit = 64_MiB) {
    return Cache::open({.directory = directory_, .size_limit = size_limit, .any_filesystem = true},
                       secrets(texts));
  }
  void open(const std::vector<std::string>& texts = {"secret"}, std::uint64_t size_limit = 64_MiB) {
    cache_.reset();
    auto opened = try_open(texts, size_limit);
    ASSERT_TRUE(opened.ok()) << opened.error().context;
    cache_ = *std::move(opened);
  }
  void close() { cache_.reset(); }

  static MediaItem item(const std::string& id = "some-media-00000001", std::uint64_t revision = 7) {
    return {.id = *MediaId::parse(id),
            .revision = Revision{revision},
            .size = 3 * kChunkSize + 5,
            .content_type = "image/jpeg",
            .modified = 1'700'000'000,
            .etag = "\"v1\"",
            .confirmed = 1'700'000'002};
  }
  static Buffer chunk(char fill) {
    Buffer bytes(new std::byte[kChunkSize]);
    std::memset(bytes.get(), fill, kChunkSize);
    return bytes;
  }
  void store(const MediaItem& media, std::uint32_t index, char fill) {
    cache_->store_chunk(media.id, {media.revision, ChunkIndex{index}}, chunk(fill));
  }
  /// The chunk's first byte, if the whole chunk is of that byte; 0 for a miss; ? for anything else.
  char look_up(const MediaItem& media, std::uint32_t index) {
    std::vector<std::byte> out(kChunkSize);
    if (!cache_->read_chunk(media, ChunkIndex{index}, {0, kChunkSize}, out)) return 0;
    const char first = std::to_integer<char>(out.front());
    return std::memcmp(out.data(), chunk(first).get(), kChunkSize) == 0 ? first : '?';
  }

  std::string file(const std::string& name) const { return directory_ + "/" + name; }
  std::string content(const std::string& name) const {
    std::stringstream out;
    out << std::ifstream(file(name), std::ios::binary).rdbuf();
    return out.str();
  }
  void overwrite(const std::string& name, std::uint64_t offset, std::string_view bytes) {
    std::fstream out(file(name), std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(static_cast<std::streamoff>(offset));
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  std::string name_ = testing::TempDir() + "mediafs-cache-XXXXXX";
  std::string directory_;
  std::unique_ptr<Cache> cache_;
};

}  // namespace mediafs
