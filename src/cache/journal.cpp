#include "mediafs/cache/journal.h"

#include <atomic>
#include <cstring>
#include <optional>

#include "cache/record.h"
#include "mediafs/base/log.h"

namespace mediafs {

namespace {

constexpr std::uint64_t kTurnAfter = 1_MiB;
constexpr std::size_t kFrame = sizeof(std::uint32_t);

// In front of an entry's record: which kind it is, by its place in Journal::Entry.
std::string encoded(const MediaItem& item) {
  return encode_item({.item = item});
}
std::string encoded(const MediaId& id) {
  return id.text();
}
std::string encoded(const Listing& listing) {
  return encode_listing(listing);
}
std::string encoded(const ListingKey& key) {
  return encode_listing({.key = key});
}

std::string encode(const Journal::Entry& entry) {
  return std::string(1, static_cast<char>(entry.index())) +
         std::visit([](const auto& one) { return encoded(one); }, entry);
}

std::optional<Journal::Entry> decode(ByteView bytes) {
  const auto kind = std::to_integer<unsigned>(bytes.front());
  const ByteView record = bytes.subspan(1);
  if (kind == 0) {
    auto stored = decode_item(record);
    return stored ? std::optional<Journal::Entry>(std::move(stored->item)) : std::nullopt;
  }
  if (kind == 1) {
    auto id = MediaId::parse(text_of(record));
    return id ? std::optional<Journal::Entry>(*std::move(id)) : std::nullopt;
  }
  auto listing = decode_listing(record);
  if (!listing) return std::nullopt;
  if (kind == 2) return *std::move(listing);
  return std::move(listing->key);
}

}  // namespace

/// At the beginning of the memory. An entry counts from when its half's `used` covers it, so that there is no
/// half one.
struct Journal::Head {
  std::uint64_t used[2];
  std::uint64_t active;  // 0 or 1
};

Journal::Journal(MutableBytes lasting) : lasting_(lasting) {}

Journal::Head& Journal::head() const {
  return *reinterpret_cast<Head*>(lasting_.data());
}

MutableBytes Journal::half(std::uint64_t which) const {
  return lasting_.subspan(4096 + which * kHalf, kHalf);
}

std::uint64_t Journal::used(std::uint64_t which) const {
  return std::min<std::uint64_t>(std::atomic_ref(head().used[which]).load(), kHalf);
}

std::vector<Journal::Entry> Journal::left() const {
  const MutexLock lock(mutex_);
  std::vector<Entry> entries;
  const std::uint64_t active = head().active % 2;
  for (const std::uint64_t which : {1 - active, active}) {
    ByteView rest = ByteView(half(which)).first(used(which));
    while (rest.size() > kFrame) {
      std::uint32_t length = 0;
      std::memcpy(&length, rest.data(), kFrame);
      rest = rest.subspan(kFrame);
      if (length == 0 || length > rest.size()) break;
      if (auto entry = decode(rest.first(length))) entries.push_back(*std::move(entry));
      rest = rest.subspan(length);
    }
  }
  return entries;
}

void Journal::follow(std::function<Progress()> progress) {
  const MutexLock lock(mutex_);
  progress_ = std::move(progress);
  resting_until_ = progress_().queued;
}

void Journal::follow(std::function<std::vector<Entry>()> all) {
  const MutexLock lock(mutex_);
  all_ = std::move(all);
  if (used(head().active % 2) > 0) write_anew();
}

void Journal::unfollow() {
  const MutexLock lock(mutex_);
  progress_ = nullptr;
  all_ = nullptr;
}

/// All that is known, into the other half. Until that is whole, both count.
void Journal::write_anew() {
  const std::uint64_t active = head().active % 2;
  std::atomic_ref(head().used[1 - active]) = 0;
  for (const Entry& entry : all_()) append(1 - active, encode(entry));
  std::atomic_ref(head().active) = 1 - active;
  std::atomic_ref(head().used[active]) = 0;
}

void Journal::make_room(std::uint64_t bytes) {
  const std::uint64_t active = head().active % 2;
  if (all_ && used(active) + bytes > kHalf) return write_anew();
  if (!progress_) return;
  const std::atomic_ref other(head().used[1 - active]);
  if (other != 0 && progress_().committed >= resting_until_) other = 0;
  if (used(active) + bytes <= kTurnAfter || other != 0) return;
  resting_until_ = progress_().queued;
  std::atomic_ref(head().active) = 1 - active;
}

bool Journal::append(std::uint64_t which, const std::string& record) {
  const auto length = static_cast<std::uint32_t>(record.size());
  const std::uint64_t at = used(which);
  if (at + kFrame + length > kHalf) return false;
  const MutableBytes place = half(which).subspan(at, kFrame + length);
  std::memcpy(place.data(), &length, kFrame);
  std::memcpy(place.data() + kFrame, record.data(), length);
  std::atomic_ref(head().used[which]) = at + kFrame + length;
  return true;
}

void Journal::add(const Entry& entry) {
  const std::string record = encode(entry);
  const MutexLock lock(mutex_);
  make_room(kFrame + record.size());
  if (append(head().active % 2, record) || std::exchange(complained_, true)) return;
  log::warning("so much is known beside the disk that a restart of the server will forget some of it");
}

}  // namespace mediafs
