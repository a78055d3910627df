#include "mediafs/cache/cache.h"

#include <algorithm>
#include <array>

#include "cache/cache_files.h"
#include "cache/environment.h"
#include "cache/record.h"
#include "cache/sealing.h"
#include "cache/writer.h"
#include "mediafs/base/log.h"

namespace mediafs {

namespace {

constexpr std::uint64_t kCatalogMapSize = 16_GiB;    // address space, not disk
constexpr std::uint64_t kChunkMapSlack = 256_MiB;    // copy-on-write: deletes need pages too
constexpr std::size_t kItemNameSize = 16;            // a listing's parts have longer ones
constexpr std::uint64_t kSyncAtExitAtMost = 64_MiB;  // more could take longer than an exit may

struct Databases {
  CacheDirectory::Key key;
  std::unique_ptr<Environment> catalog;
  std::unique_ptr<Environment> chunks;
};

Result<Databases> open_databases(CacheDirectory& directory, const Cache::Options& options,
                                 const std::vector<SecretString>& secrets) {
  auto key = directory.load_or_make_key(secrets);
  if (!key) return key.error();
  auto catalog = Environment::open(directory.catalog_path(), kCatalogMapSize);
  if (!catalog) return std::move(catalog).error().in("catalog");
  auto chunks = Environment::open(directory.chunks_path(), options.size_limit + kChunkMapSlack);
  if (!chunks) return std::move(chunks).error().in("chunks");
  return Databases{*std::move(key), *std::move(catalog), *std::move(chunks)};
}

/// Room for some pieces of a chunk's record: the texts in their places in the chunk, nonces and tags here.
class SealedPieces {
 public:
  SealedPieces(std::size_t first, std::size_t count, MutableBytes chunk) : count_(count) {
    for (std::size_t i = 0; i < count; ++i) {
      parts_[i] = {
          .nonce = nonces_[i], .text = chunk.subspan((first + i) * kPieceSize, kPieceSize), .tag = tags_[i]};
    }
  }
  ~SealedPieces() = default;
  SealedPieces(const SealedPieces&) = delete;  // its parts point into it
  SealedPieces& operator=(const SealedPieces&) = delete;

  void copy_from(ByteView sealed) {
    for (std::size_t i = 0; i < count_; ++i) {
      const ByteView piece = sealed.subspan(i * kSealedPieceSize, kSealedPieceSize);
      std::copy_n(piece.begin(), crypto::kNonceSize, nonces_[i].begin());
      std::copy_n(piece.begin() + crypto::kNonceSize, kPieceSize, parts_[i].text.begin());
      std::copy_n(piece.end() - crypto::kTagSize, crypto::kTagSize, tags_[i].begin());
    }
  }

  [[nodiscard]] std::span<const crypto::SealedParts> parts() const { return std::span(parts_).first(count_); }

 private:
  const std::size_t count_;
  std::array<std::array<std::byte, crypto::kNonceSize>, kPieces> nonces_{};
  std::array<std::array<std::byte, crypto::kTagSize>, kPieces> tags_{};
  std::array<crypto::SealedParts, kPieces> parts_{};
};

/// Puts listings together from their parts, which come in order.
class ListingParts {
 public:
  explicit ListingParts(std::vector<Listing>& listings) : listings_(listings) {}

  void add(const Sealing& sealing, ByteView name, ByteView record) {
    const std::string_view listing = text_of(name).substr(0, kItemNameSize);
    if (listing != name_) {
      take_listing();
      name_ = listing;
    }
    const auto part = sealing.open_listing_part(name, record);
    if (!part) return void(++unreadable_);
    if (read_ == 0) first_ = *part;
    if (part->version != first_.version) return void(++unreadable_);
    plain_ += part->content;
    ++read_;
  }

  /// How many records were of no use.
  std::size_t end() {
    take_listing();
    return unreadable_;
  }

 private:
  void take_listing() {
    if (read_ > 0) {
      auto listing = read_ == first_.count ? decode_listing(bytes_of(plain_)) : std::nullopt;
      listing ? listings_.push_back(*std::move(listing)) : void(unreadable_ += read_);
    }
    read_ = 0;
    plain_.clear();
  }

  std::vector<Listing>& listings_;
  std::string name_;   // of the listing whose parts are being read
  ListingPart first_;  // of them
  std::string plain_;
  std::uint32_t read_ = 0;
  std::size_t unreadable_ = 0;
};

}  // namespace

/// The files of one cache and the thread that writes them.
class Cache::Files {
 public:
  Files(CacheDirectory held, Databases opened)
      : directory(std::move(held)),
        databases(std::move(opened)),
        sealing(databases.key.key, databases.key.id),
        writer(std::make_unique<CacheWriter>(sealing, *databases.catalog, *databases.chunks)) {}

  ~Files() {
    writer->settle();
    const bool can_sync = !writer->sync_failed() && writer->unsynced() <= kSyncAtExitAtMost;
    writer.reset();
    // Otherwise the mark stays dirty: fine unless the power goes before the kernel has written it all.
    if (can_sync && databases.chunks->sync().ok() && databases.catalog->sync().ok()) {
      static_cast<void>(directory.mark_clean().ok());
    }
  }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  CacheDirectory directory;
  Databases databases;
  const Sealing sealing;
  std::unique_ptr<CacheWriter> writer;
};

Cache::Cache(std::unique_ptr<Files> files) : files_(std::move(files)) {}
Cache::~Cache() = default;

Result<std::unique_ptr<Cache>> Cache::open(const Options& options, const std::vector<SecretString>& secrets) {
  auto directory = CacheDirectory::open(options.directory);
  if (!directory) return directory.error();
  if (Status kept = directory->discard_if_power_was_lost(); !kept) return kept.error();
  if (Status marked = directory->mark_dirty(); !marked) return marked.error();

  auto databases = open_databases(*directory, options, secrets);
  if (!databases && databases.error().code == Errc::corrupt) {
    log::warning("the cache's files are damaged ({}); beginning a new one beside them",
                 databases.error().context);
    directory->set_aside();
    databases = open_databases(*directory, options, secrets);
  }
  if (!databases) return databases.error();
  auto files = std::make_unique<Files>(*std::move(directory), *std::move(databases));
  return std::unique_ptr<Cache>(new Cache(std::move(files)));
}

Cache::Known Cache::load() {
  Known known;
  ListingParts parts(known.listings);
  std::size_t unreadable = 0;
  const Status read = files_->databases.catalog->for_each([&](ByteView name, ByteView record) {
    if (name.size() != kItemNameSize) {
      parts.add(files_->sealing, name, record);
    } else if (auto item = files_->sealing.open_item(name, record)) {
      known.items.push_back(*std::move(item));
    } else {
      ++unreadable;
    }
    return true;
  });
  unreadable += parts.end();
  if (!read || unreadable > 0) log::warning("the cache's catalog has {} unreadable records", unreadable);
  return known;
}

bool Cache::read_chunk(const MediaItem& item, ChunkIndex index, ByteRange part, MutableBytes out) {
  const ChunkKey key{item.revision, index};
  if (const ConstBuffer queued = files_->writer->queued(key)) {
    std::copy_n(queued.get() + part.offset, part.length,
                out.begin() + static_cast<std::ptrdiff_t>(part.offset));
    return true;
  }
  const std::size_t first = part.offset / kPieceSize;
  const std::size_t count = (part.end() - 1) / kPieceSize + 1 - first;
  // The record is copied before it is opened: what is authenticated must be what is served, and the map is
  // shared with whoever can write to the file.
  SealedPieces pieces(first, count, out);
  const std::string name = files_->sealing.chunk_name(item.id, key);
  const auto found = files_->databases.chunks->get_part(
      bytes_of(name), {.offset = first * kSealedPieceSize, .length = count * kSealedPieceSize},
      kChunkRecordSize, [&](ByteView sealed) { pieces.copy_from(sealed); });
  if (found == Environment::Found::nothing) return false;
  if (found == Environment::Found::part && files_->sealing.open_pieces(item.id, key, first, pieces.parts()))
    return true;
  log::warning("a record of the cache does not match its key; its bytes are fetched again");
  return false;
}

void Cache::store_chunk(const MediaId& id, ChunkKey key, ConstBuffer bytes) {
  files_->writer->enqueue(CacheWriter::Chunk{id, key, std::move(bytes)});
}

void Cache::skip_chunk(ChunkKey key) {
  files_->writer->enqueue(CacheWriter::Skip{key.revision});
}

std::uint64_t Cache::backlog() const {
  return files_->writer->backlog();
}

bool Cache::accepts_chunks() const {
  return files_->writer->accepts_chunks();
}

void Cache::store_item(MediaItem item) {
  files_->writer->enqueue(std::move(item));
}

void Cache::forget_item(const MediaId& id) {
  files_->writer->enqueue(CacheWriter::Forget{id});
}

void Cache::store_listing(ListingRef listing) {
  files_->writer->enqueue(std::move(listing));
}

void Cache::forget_listing(const ListingKey& key) {
  files_->writer->enqueue(CacheWriter::ForgetListing{key});
}

std::uint64_t Cache::chunks_of(const MediaId& id, Revision revision) {
  return files_->databases.chunks->count_prefix(bytes_of(files_->sealing.version_name(id, revision)));
}

void Cache::drop(const MediaId& id, Revision revision) {
  files_->writer->enqueue(CacheWriter::Drop{id, revision});
}

void Cache::settle() {
  files_->writer->settle();
}

}  // namespace mediafs
