#include "request_log.h"

#include <algorithm>

namespace mediafs::sandbox {

RequestNumber RequestLog::begin(const LoggedRequest& request, const std::string& id) {
  constexpr std::size_t kRemembered = 100'000;
  const std::lock_guard lock(mutex_);
  ++total_;
  if (entries_.size() < kRemembered) entries_.push_back(request);
  const std::uint64_t nth_of_path = ++by_path_[request.path];
  const std::uint64_t nth_of_id = id.empty() ? nth_of_path : ++by_id_[id];
  counted_.notify_all();
  return {nth_of_id, nth_of_path, next_ticket_++};
}

LoggedRequest* RequestLog::entry_of(const RequestNumber& number) {
  if (number.ticket < first_ticket_ || number.ticket - first_ticket_ >= entries_.size()) return nullptr;
  return &entries_[static_cast<std::size_t>(number.ticket - first_ticket_)];
}

void RequestLog::status(const RequestNumber& number, int status) {
  const std::lock_guard lock(mutex_);
  if (LoggedRequest* entry = entry_of(number)) entry->status = status;
}

void RequestLog::sent(const RequestNumber& number, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (LoggedRequest* entry = entry_of(number)) entry->sent += bytes;
}

void RequestLog::reset() {
  const std::lock_guard lock(mutex_);
  total_ = 0;
  first_ticket_ = next_ticket_;
  by_path_.clear();
  by_id_.clear();
  entries_.clear();
}

std::uint64_t RequestLog::total() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

std::uint64_t RequestLog::count_locked(const std::string& key) const {
  const auto& counts = key.starts_with('/') ? by_path_ : by_id_;
  const auto found = counts.find(key);
  return found == counts.end() ? 0 : found->second;
}

std::uint64_t RequestLog::count_of(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  return count_locked(key);
}

std::map<std::string, std::uint64_t> RequestLog::by_path() const {
  const std::lock_guard lock(mutex_);
  return by_path_;
}

std::vector<LoggedRequest> RequestLog::entries() const {
  const std::lock_guard lock(mutex_);
  return {entries_.begin(), entries_.end()};
}

bool RequestLog::wait_for(const std::string& key, std::uint64_t count,
                          std::chrono::milliseconds timeout) const {
  std::unique_lock lock(mutex_);
  return counted_.wait_for(lock, timeout, [&] { return count_locked(key) >= count; });
}

}  // namespace mediafs::sandbox
