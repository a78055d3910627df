#include "cache/keyring.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "cache/file_io.h"
#include "mediafs/crypto/digest.h"
#include "mediafs/crypto/random.h"

namespace mediafs {

namespace {

constexpr std::string_view kMagic = "mfscache4";  // FORMAT.md: counts up with every change of any record
constexpr std::size_t kHeaderSize = 4096;
constexpr std::size_t kSlotSize = 64;  // so that none reaches over a sector's end
constexpr std::size_t kGrowBy = 1024;
constexpr std::size_t kMostSlots = 16 * 1024 * 1024;
constexpr std::size_t kMostBytes = kHeaderSize + kMostSlots * kSlotSize;

constexpr std::size_t kIdAt = kMagic.size();
constexpr std::size_t kOwnerAt = kIdAt + sizeof(CacheId);
constexpr std::size_t kSaltAt = kOwnerAt + 16;
constexpr std::size_t kKeyAt = kSaltAt + 32;
constexpr std::size_t kHeaderUsed = kKeyAt + SecretKey::kSize + crypto::kSealOverhead;

SecretKey wrapping_key(const SecretString& secret, ByteView salt, std::string_view use) {
  return crypto::hkdf_sha256(bytes_of(secret.reveal()), salt, use);
}

SecretKey slot_wrapping_key(const SecretString& secret, ByteView salt) {
  return wrapping_key(secret, salt, "mediafs slots 1");
}

std::uint64_t place_of(KeySlot slot) {
  return kHeaderSize + std::uint64_t{static_cast<std::uint32_t>(slot)} * kSlotSize;
}

template <typename Array>
void copy_to(Array& out, ByteView bytes) {
  std::copy_n(bytes.begin(), out.size(), out.begin());
}

SecretKey key_of(std::string plain) {
  SecretKey key;
  std::copy_n(bytes_of(plain).begin(), SecretKey::kSize, key.fill().begin());
  ::explicit_bzero(plain.data(), plain.size());
  return key;
}

std::array<std::byte, 16> owner_of(const SecretString& api_key, const CacheId& id) {
  std::string text("mediafs owner 1");
  text += text_of(id);
  const crypto::Digest digest = crypto::hmac_sha256(bytes_of(api_key.reveal()), bytes_of(text));
  std::array<std::byte, 16> owner{};
  copy_to(owner, digest);
  return owner;
}

bool has_header(std::string_view content) {
  return content.size() >= kHeaderSize && content.starts_with(kMagic);
}

}  // namespace

bool Keyring::belongs_to(const std::string& path, const SecretString& api_key) {
  const auto content = read_file(path, kMostBytes);
  if (!content || !has_header(*content)) return false;
  CacheId id{};
  copy_to(id, bytes_of(*content).subspan(kIdAt));
  return crypto::equal_in_constant_time(owner_of(api_key, id), bytes_of(*content).subspan(kOwnerAt, 16));
}

Status Keyring::discard_unfinished(const std::string& path) {
  return wipe_file(path + ".new");
}

Result<std::unique_ptr<Keyring>> Keyring::open(const std::string& path,
                                               const std::vector<SecretString>& secrets) {
  const auto content = read_file(path, kMostBytes);
  if (!content) return content.error();
  if (!has_header(*content)) return Error{Errc::corrupt, "the keyring is not one of this version"};
  const ByteView file = bytes_of(*content);
  std::unique_ptr<Keyring> keyring(new Keyring(path));
  const bool known = std::any_of(secrets.begin(), secrets.end(), [&](const SecretString& secret) {
    return keyring->unwrap(file.first(kHeaderSize), secret);
  });
  if (!known) return Error{Errc::denied, "the cache was made under another shared secret"};
  const MutexLock file_lock(keyring->file_mutex_);
  keyring->file_.reset(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!keyring->file_) return system_error("keyring");
  const MutexLock lock(keyring->mutex_);
  keyring->slots_.resize((file.size() - kHeaderSize) / kSlotSize);
  for (std::size_t i = 0; i < keyring->slots_.size(); ++i) {
    copy_to(keyring->slots_[i], file.subspan(kHeaderSize + i * kSlotSize));
  }
  return keyring;
}

/// Takes over what the header says, if the secret is the right one.
bool Keyring::unwrap(ByteView header, const SecretString& secret) {
  const ByteView salt = header.subspan(kSaltAt, kSaltSize);
  auto key = crypto::open(wrapping_key(secret, salt, "mediafs cache key 1"), header.first(kKeyAt),
                          header.subspan(kKeyAt, kHeaderUsed - kKeyAt));
  if (!key) return false;
  keys_->cache = key_of(*std::move(key));
  keys_->wrapping = slot_wrapping_key(secret, salt);
  copy_to(id_, header.subspan(kIdAt));
  copy_to(owner_, header.subspan(kOwnerAt));
  const MutexLock lock(file_mutex_);
  copy_to(salt_, salt);
  return true;
}

Result<std::unique_ptr<Keyring>> Keyring::create(const std::string& path, const SecretString& secret,
                                                 const SecretString& api_key) {
  std::unique_ptr<Keyring> keyring(new Keyring(path));
  crypto::fill_random(keyring->id_);
  keyring->owner_ = owner_of(api_key, keyring->id_);
  keyring->keys_->cache = crypto::random_key();
  const MutexLock lock(keyring->file_mutex_);
  crypto::fill_random(keyring->salt_);
  keyring->keys_->wrapping = slot_wrapping_key(secret, keyring->salt_);
  auto file = replace_file(path, keyring->header_under(secret, keyring->salt_), Sync::yes);
  if (!file) return file.error();
  if (!file->durable) return file->durable.error();
  keyring->file_ = std::move(file->file);
  return keyring;
}

std::string Keyring::header_under(const SecretString& secret, const Salt& salt) const {
  std::string header(kMagic);
  header += text_of(id_);
  header += text_of(owner_);
  header += text_of(salt);
  header +=
      crypto::seal(wrapping_key(secret, salt, "mediafs cache key 1"), bytes_of(header), keys_->cache.view());
  header.resize(kHeaderSize, '\0');
  return header;
}

std::string Keyring::slot_data(KeySlot slot) const {
  std::string data("mediafs slot 1");
  data += text_of(id_);
  append_big_endian(data, static_cast<std::uint32_t>(slot));
  return data;
}

Keyring::WrappedKey Keyring::wrap(const SecretKey& wrapping, KeySlot slot, const SecretKey& key) const {
  WrappedKey wrapped{};
  crypto::seal(wrapping, bytes_of(slot_data(slot)), key.view(), wrapped);
  return wrapped;
}

std::optional<SecretKey> Keyring::unwrap_slot(KeySlot slot, const WrappedKey& wrapped) const {
  SecretKey key;
  std::array<std::byte, crypto::kNonceSize> nonce{};
  std::array<std::byte, crypto::kTagSize> tag{};
  copy_to(nonce, wrapped);
  copy_to(tag, ByteView(wrapped).last(tag.size()));
  std::copy_n(wrapped.begin() + crypto::kNonceSize, SecretKey::kSize, key.fill().begin());
  if (!crypto::open_in_place(keys_->wrapping, bytes_of(slot_data(slot)), {nonce, key.fill(), tag}))
    return std::nullopt;
  return key;
}

std::optional<SecretKey> Keyring::key_in(KeySlot slot) const {
  const auto number = static_cast<std::uint32_t>(slot);
  const MutexLock lock(mutex_);
  return number < slots_.size() ? unwrap_slot(slot, slots_[number]) : std::nullopt;
}

Status Keyring::put(KeySlot slot, const WrappedKey& wrapped) {
  {
    const MutexLock lock(mutex_);
    slots_[static_cast<std::uint32_t>(slot)] = wrapped;
  }
  return write_at(file_.get(), text_of(wrapped), place_of(slot));
}

/// Slots that hold nothing look like those that do.
Status Keyring::grow() {
  std::size_t before = 0;
  {
    const MutexLock lock(mutex_);
    before = slots_.size();
  }
  if (before + kGrowBy > kMostSlots) return Error{Errc::no_space, "the keyring is full"};
  std::string more(kGrowBy * kSlotSize, '\0');
  crypto::fill_random(std::as_writable_bytes(std::span(more)));
  if (Status written = write_at(file_.get(), more, kHeaderSize + before * kSlotSize); !written)
    return written;
  for (std::size_t i = kGrowBy; i > 0; --i) free_.push_back(KeySlot(before + i - 1));
  const MutexLock lock(mutex_);
  slots_.resize(before + kGrowBy);
  return ok_status();
}

Result<KeySlot> Keyring::add() {
  const MutexLock lock(file_mutex_);
  if (free_.empty()) {
    if (Status grown = grow(); !grown) return grown.error();
  }
  const KeySlot slot = free_.back();
  if (Status written = put(slot, wrap(keys_->wrapping, slot, crypto::random_key())); !written)
    return written.error();
  free_.pop_back();
  return slot;
}

Status Keyring::destroy(std::span<const KeySlot> slots, Sync sync) {
  const MutexLock lock(file_mutex_);
  std::vector<KeySlot> to_destroy = std::exchange(still_in_file_, {});
  to_destroy.insert(to_destroy.end(), slots.begin(), slots.end());
  Status outcome = ok_status();
  for (const KeySlot slot : to_destroy) {
    WrappedKey nothing{};
    crypto::fill_random(nothing);
    const Status written = put(slot, nothing);
    if (!written) outcome = written;  // the other ones all the same
    (written ? free_ : still_in_file_).push_back(slot);
  }
  if (sync == Sync::yes && ::fdatasync(file_.get()) != 0) return system_error("keyring");
  return outcome;
}

Status Keyring::keep_only(const std::unordered_set<KeySlot>& used) {
  std::vector<KeySlot> unknown;
  {
    const MutexLock file_lock(file_mutex_);
    free_.clear();
    const MutexLock lock(mutex_);
    for (std::size_t i = slots_.size(); i > 0; --i) {
      const auto slot = KeySlot(i - 1);
      if (used.contains(slot)) continue;
      const bool holds_a_key = unwrap_slot(slot, slots_[i - 1]).has_value();
      (holds_a_key ? unknown : free_).push_back(slot);
    }
  }
  return destroy(unknown, Sync::no);
}

int Keyring::file() const {
  const MutexLock lock(file_mutex_);
  return file_.get();
}

bool Keyring::is_under(const SecretString& secret) const {
  const MutexLock lock(file_mutex_);
  return crypto::equal_in_constant_time(slot_wrapping_key(secret, salt_).view(), keys_->wrapping.view());
}

Status Keyring::rewrap(const SecretString& secret) {
  const MutexLock file_lock(file_mutex_);
  Salt salt{};
  crypto::fill_random(salt);
  const SecretKey wrapping = slot_wrapping_key(secret, salt);
  std::vector<WrappedKey> slots;
  {
    const MutexLock lock(mutex_);
    slots = slots_;  // whoever changes them holds the other mutex
  }
  std::string content = header_under(secret, salt);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto key = unwrap_slot(KeySlot(i), slots[i]);
    key ? void(slots[i] = wrap(wrapping, KeySlot(i), *key)) : crypto::fill_random(slots[i]);
    content += text_of(slots[i]);
    content.resize(kHeaderSize + (i + 1) * kSlotSize, '\0');
  }
  auto file = replace_file(path_, content, Sync::yes);
  if (!file) return file.error();
  std::swap(file_, file->file);  // in any case: this is the file now
  salt_ = salt;
  {
    const MutexLock lock(mutex_);
    slots_ = std::move(slots);
    keys_->wrapping = wrapping;
  }
  // No name leads to the old file any more, but its content is still on the disk, and the old secret opens
  // it.
  const int old = file->file.get();
  const Status wiped = write_at(old, std::string(content.size(), '\0'), 0);
  if (!wiped.ok() || ::fdatasync(old) != 0) return system_error("keyring");
  return file->durable;
}

}  // namespace mediafs
