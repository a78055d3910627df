#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace mediafs::sandbox {

// One API request as the log shows it.
struct LoggedRequest {
  std::string method;
  std::string path;
  std::string range;  // the Range header; empty: none
  std::string if_range;
  int status = 0;  // 0: not answered, or not yet
  bool signature_ok = false;
  std::uint64_t connection = 0;  // which connection it came on: equal numbers, one connection
  std::uint64_t sent = 0;        // body bytes that were handed to the socket so far
};

// What a new request is told: where it stands among those for its id and its path, from 1.
struct RequestNumber {
  std::uint64_t nth_of_id = 0;
  std::uint64_t nth_of_path = 0;
  std::uint64_t ticket = 0;  // for status() and sent()
};

// Counts the requests and remembers the first hundred thousand. Safe for any number of threads.
class RequestLog {
 public:
  RequestNumber begin(const LoggedRequest& request, const std::string& id);
  void status(const RequestNumber& number, int status);
  void sent(const RequestNumber& number, std::uint64_t bytes);
  void reset();

  std::uint64_t total() const;
  // `key` is an id (all its endpoints) or, with a leading '/', a path.
  std::uint64_t count_of(const std::string& key) const;
  std::map<std::string, std::uint64_t> by_path() const;
  std::vector<LoggedRequest> entries() const;

  // Waits until there were `count` requests for `key`; false when `timeout` passed first.
  bool wait_for(const std::string& key, std::uint64_t count, std::chrono::milliseconds timeout) const;

 private:
  // REQUIRES: mutex_ is held. Null when the entry was reset or not remembered.
  LoggedRequest* entry_of(const RequestNumber& number);
  std::uint64_t count_locked(const std::string& key) const;

  mutable std::mutex mutex_;
  mutable std::condition_variable counted_;
  // All below: guarded by mutex_.
  std::uint64_t total_ = 0;
  std::uint64_t next_ticket_ = 0;
  std::uint64_t first_ticket_ = 0;  // of entries_.front()
  std::map<std::string, std::uint64_t> by_path_;
  std::map<std::string, std::uint64_t> by_id_;
  std::deque<LoggedRequest> entries_;
};

}  // namespace mediafs::sandbox
