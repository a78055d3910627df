// The keys of what the cache holds: one for each version of a media and each listing, in a file beside the
// databases. To overwrite a key there is to erase what was sealed under it, wherever its pages still lie.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "cache/file_io.h"
#include "cache/sealing.h"
#include "mediafs/base/locked_memory.h"
#include "mediafs/base/mutex.h"
#include "mediafs/base/result.h"
#include "mediafs/base/secret.h"
#include "mediafs/base/unique_fd.h"
#include "mediafs/crypto/aead.h"

namespace mediafs {

/// Thread-safe. In memory the keys stay wrapped; what unwraps them lies in locked memory. FORMAT.md describes
/// the file.
class Keyring {
 public:
  /// Overwrites the unfinished new keyring that a killed process has left: it has all keys in it. REQUIRES:
  /// the directory's lock; without it another process may be writing that file.
  static Status discard_unfinished(const std::string& path);

  /// Unwraps with whichever of `secrets` fits, and changes no file. Errc::not_found: no keyring there.
  /// Errc::denied: made under another secret. Errc::corrupt: not a keyring of this version.
  static Result<std::unique_ptr<Keyring>> open(const std::string& path,
                                               const std::vector<SecretString>& secrets);

  /// A new one with a new cache key, wrapped under `secret`, in the place of whatever is there.
  static Result<std::unique_ptr<Keyring>> create(const std::string& path, const SecretString& secret,
                                                 const SecretString& api_key);

  /// Whether the keyring at `path` is of this API key, under whatever secret.
  static bool belongs_to(const std::string& path, const SecretString& api_key);

  Keyring(const Keyring&) = delete;
  Keyring& operator=(const Keyring&) = delete;
  ~Keyring() = default;

  [[nodiscard]] const CacheId& id() const { return id_; }
  /// For the names of records.
  [[nodiscard]] const SecretKey& cache_key() const { return keys_->cache; }

  /// Nothing where the slot has been overwritten, or there is none of that number.
  [[nodiscard]] std::optional<SecretKey> key_in(KeySlot slot) const EXCLUDES(mutex_);

  /// Draws a key and gives its slot; in the file when it returns, not yet synced.
  Result<KeySlot> add() EXCLUDES(file_mutex_, mutex_);

  /// Overwrites the keys, in memory at once, then in the file; `Sync::yes`: and syncs the file, also where no
  /// slot is named, so that what was destroyed before is gone for good. One that could not be overwritten is
  /// tried again by the next call, which fails as well until it can.
  Status destroy(std::span<const KeySlot> slots, Sync sync) EXCLUDES(file_mutex_, mutex_);

  /// Destroys every key but those in `used`: no record is known for the others.
  Status keep_only(const std::unordered_set<KeySlot>& used) EXCLUDES(file_mutex_, mutex_);

  /// Wraps all keys under `secret`: the old file, or the whole new one, is there at any moment. Then the old
  /// one's content is overwritten.
  Status rewrap(const SecretString& secret) EXCLUDES(file_mutex_, mutex_);

  /// The file's descriptor, to be synced; good until the keys are wrapped anew.
  [[nodiscard]] int file() const EXCLUDES(file_mutex_);

  /// Whether it is wrapped under this one.
  [[nodiscard]] bool is_under(const SecretString& secret) const EXCLUDES(file_mutex_);

 private:
  static constexpr std::size_t kSaltSize = 32;
  using WrappedKey = std::array<std::byte, SecretKey::kSize + crypto::kSealOverhead>;
  using Owner = std::array<std::byte, 16>;  // by which the holder of the API key knows its own
  using Salt = std::array<std::byte, kSaltSize>;
  struct Keys {
    SecretKey cache;
    SecretKey wrapping;  // what the slots are wrapped with
  };

  explicit Keyring(std::string path) : path_(std::move(path)), keys_(make_locked<Keys>()) {}
  [[nodiscard]] bool unwrap(ByteView header, const SecretString& secret);
  [[nodiscard]] std::string header_under(const SecretString& secret, const Salt& salt) const;
  [[nodiscard]] std::string slot_data(KeySlot slot) const;
  [[nodiscard]] WrappedKey wrap(const SecretKey& wrapping, KeySlot slot, const SecretKey& key) const;
  [[nodiscard]] std::optional<SecretKey> unwrap_slot(KeySlot slot, const WrappedKey& wrapped) const;
  Status grow() REQUIRES(file_mutex_) EXCLUDES(mutex_);
  Status put(KeySlot slot, const WrappedKey& wrapped) REQUIRES(file_mutex_) EXCLUDES(mutex_);

  const std::string path_;
  const LockedPtr<Keys> keys_;  // `wrapping` is guarded by mutex_
  CacheId id_{};
  Owner owner_{};

  mutable Mutex file_mutex_{LockRank::keyring_file};  // one change of the file at a time; taken before mutex_
  Salt salt_ GUARDED_BY(file_mutex_){};
  UniqueFd file_ GUARDED_BY(file_mutex_);
  std::vector<KeySlot> free_ GUARDED_BY(file_mutex_);
  std::vector<KeySlot> still_in_file_
      GUARDED_BY(file_mutex_);  // destroyed, but the disk failed to overwrite them

  mutable Mutex mutex_{LockRank::keyring};  // never held over the disk
  std::vector<WrappedKey> slots_ GUARDED_BY(mutex_);
};

}  // namespace mediafs
