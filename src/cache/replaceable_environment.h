// A database that goes on with a new file where its own turns out to be damaged.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cache/environment.h"

namespace mediafs {

/// What an Environment offers. A damaged file, found when it is opened or later, is set aside as NAME.bad and
/// a new one is begun: until then readers find nothing, and after it what has been written anew.
///
/// Reads from any thread; write() and flush() from one at a time, which is also the thread that replaces.
class ReplaceableEnvironment {
 public:
  static Result<std::unique_ptr<ReplaceableEnvironment>> open(const std::string& path,
                                                              std::uint64_t map_size);

  Environment::Found get_part(ByteView key, ByteRange part, std::size_t size,
                              const std::function<void(ByteView)>& look) {
    return current().get_part(key, part, size, look);
  }
  Status for_each(const std::function<bool(ByteView key, ByteView value)>& look) {
    return current().for_each(look);
  }
  Status for_each_name(const std::function<void(ByteView key)>& look) {
    return current().for_each_name(look);
  }
  /// It finds nothing, until a new file is begun.
  [[nodiscard]] bool broken() { return current().broken(); }
  std::uint64_t count_prefix(ByteView prefix) { return current().count_prefix(prefix); }

  void wait_for_readers(Duration most) { current().wait_for_readers(most); }

  /// Runs `body` again in a new file where it met with damage.
  Status write(const std::function<Status(Environment::Writer&)>& body);
  /// Begins to write to the disk what has been committed, and does not wait for it.
  void flush();
  /// The file, to be synced; nothing where it is damaged.
  std::optional<int> file();
  [[nodiscard]] std::uint64_t page_size() const { return page_size_; }
  /// In bytes; 0 where it is damaged.
  std::uint64_t size();

  /// Told on the writing thread, before anybody sees the new file, that nothing is left of the old one. To be
  /// set before anything is written.
  void on_begun_anew(std::function<void()> listener) { begun_anew_ = std::move(listener); }

 private:
  ReplaceableEnvironment(std::string path, std::uint64_t map_size, std::unique_ptr<Environment> first);
  Environment& current() { return *current_.load(std::memory_order_acquire); }
  bool replace_if_broken();

  const std::string path_;
  const std::uint64_t map_size_;
  const std::uint64_t page_size_;
  std::function<void()> begun_anew_;
  std::size_t attempts_ = 0;  // to replace it
  // Broken ones stay here to the end: somebody may be reading in them.
  std::vector<std::unique_ptr<Environment>> all_;
  std::atomic<Environment*> current_;
};

}  // namespace mediafs
