#include "mediafs/cache/journal.h"

#include <algorithm>
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

Journal::Journal(MutableBytes hand_over) : hand_over_(hand_over) {}

Journal::Head& Journal::head() const {
  return *reinterpret_cast<Head*>(hand_over_.data());
}

MutableBytes Journal::half(std::uint64_t which) const {
  return hand_over_.subspan(4096 + which * kHalf, kHalf);
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
  const std::uint64_t queued = progress().queued;
  const MutexLock lock(mutex_);
  progress_ = std::move(progress);
  resting_until_ = queued_ = queued;
}

void Journal::follow(std::function<std::vector<Entry>()> all) {
  {
    const MutexLock lock(mutex_);
    all_ = std::move(all);
    if (used(head().active % 2) == 0) return;
  }
  if (!write_anew()) complain();
}

void Journal::unfollow() {
  const MutexLock lock(mutex_);
  progress_ = nullptr;
  all_ = nullptr;
}

/// All that is known, into the other half, and behind it what others have added meanwhile. Until that is
/// whole, both count. Where somebody else has just done it there is room again. False: there was no room for
/// some of it.
bool Journal::write_anew() {
  std::function<std::vector<Entry>()> all;
  std::uint64_t known = 0;  // so much of the active half is in what is asked for
  std::uint64_t turns = 0;
  {
    const MutexLock lock(mutex_);
    all = all_;
    known = used(head().active % 2);
    turns = turns_;
  }
  if (!all) return true;
  const std::vector<Entry> entries = all();
  const MutexLock lock(mutex_);
  if (turns != turns_) return true;
  const std::uint64_t active = head().active % 2;
  const std::atomic_ref other(head().used[1 - active]);
  other = 0;
  bool all_fit = true;
  for (const Entry& entry : entries) all_fit &= append(1 - active, encode(entry));
  const ByteView since = ByteView(half(active)).first(used(active)).subspan(known);
  if (other + since.size() <= kHalf) {
    std::memcpy(half(1 - active).data() + other, since.data(), since.size());
    other += since.size();
  } else {
    all_fit = false;
  }
  turn();
  std::atomic_ref(head().used[active]) = 0;
  return all_fit;
}

/// The other half is the active one from now on.
void Journal::turn() {
  std::atomic_ref(head().active) = 1 - head().active % 2;
  ++turns_;
}

Journal::Progress Journal::progress() const {
  std::function<Progress()> ask;
  {
    const MutexLock lock(mutex_);
    ask = progress_;
  }
  return ask ? ask() : Progress{};
}

/// `cache` may be older than now: then less has been committed by it, and whoever has added an entry since
/// has told of what it had queued.
void Journal::make_room(std::uint64_t bytes, const Progress& cache) {
  queued_ = std::max(queued_, cache.queued);
  if (!progress_) return;
  const std::uint64_t active = head().active % 2;
  const std::atomic_ref other(head().used[1 - active]);
  if (other != 0 && cache.committed >= resting_until_) other = 0;
  if (used(active) + bytes <= kTurnAfter || other != 0) return;
  resting_until_ = queued_;
  turn();
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

bool Journal::added(const std::string& record) {
  const Progress cache = progress();  // of after the entry was queued
  const MutexLock lock(mutex_);
  make_room(kFrame + record.size(), cache);
  return append(head().active % 2, record);
}

void Journal::add(const Entry& entry) {
  const std::string record = encode(entry);
  if (added(record)) return;
  const bool all_fit = write_anew();
  if (!added(record) || !all_fit) complain();
}

void Journal::complain() {
  if (complained_.exchange(true)) return;
  log::warning("so much is known beside the disk that a restart of the server will forget some of it");
}

}  // namespace mediafs
