// One LMDB environment with one database, owned (http://www.lmdb.tech/doc/).
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lmdb.h>

#include "cache/fault_guard.h"
#include "cache/lmdb_error.h"
#include "cache/page_format.h"
#include "mediafs/base/bytes.h"
#include "mediafs/base/clock.h"
#include "mediafs/base/mutex.h"
#include "mediafs/base/result.h"
#include "mediafs/model/byte_range.h"

namespace mediafs {

/// One process at a time opens an environment, once. Reads from any thread; writes from one at a time.
///
/// Every call into LMDB is guarded (fault_guard.h). Once one has met with damage, the environment is broken:
/// it finds nothing and fails at once from then on, and after a fault neither its locks nor its map are
/// touched again, not even to close them.
class Environment {
 public:
  /// `path` names the data file itself; LMDB puts its lock file beside it. Errc::corrupt: the file is
  /// damaged, or not one of ours. Errc::internal: this LMDB's files are not laid out as they are checked
  /// here.
  static Result<std::unique_ptr<Environment>> open(const std::string& path, std::uint64_t map_size);
  /// Rewrites the data file without its free pages. It must not be open.
  static Status compact(const std::string& path, std::uint64_t map_size);

  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  [[nodiscard]] bool broken() const { return broken_.load(std::memory_order_relaxed); }

  enum class Found { nothing, another_size, part };

  /// Calls `look` with `part` of the value if the key is there, the value has `size` bytes and every page of
  /// the part can be read; in a truncated file, or on a failing disk, nothing is found. `look` must be a
  /// plain copy: it runs under the guard, and while it runs no freed page can be reused.
  Found get_part(ByteView key, ByteRange part, std::size_t size, const std::function<void(ByteView)>& look);

  /// All records, in the order of their keys; `look` gets copies and returns false to end.
  Status for_each(const std::function<bool(ByteView key, ByteView value)>& look);

  /// Their names alone; no value is touched.
  Status for_each_name(const std::function<void(ByteView key)>& look);

  /// How many records' names begin so.
  std::uint64_t count_prefix(ByteView prefix);

  /// One write transaction: committed when `body` returns success, else undone.
  class Writer;
  Status write(const std::function<Status(Writer&)>& body);

  /// Waits until every read under way has ended: the pages that a read sees cannot be reused before. For
  /// `most` at most, and before that as long for those that an earlier wait gave up on.
  void wait_for_readers(Duration most) EXCLUDES(mutex_);

  /// In bytes.
  [[nodiscard]] std::uint64_t page_size() const { return page_size_; }

  Status sync();
  /// The data file's descriptor; nothing where the environment is broken.
  std::optional<int> file();

 private:
  class ReadTransaction;
  class Records;
  explicit Environment(std::string folder) : folder_(std::move(folder)) {}

  static Result<std::unique_ptr<Environment>> open_checked(const std::string& path, std::uint64_t map_size);
  static Status make(const std::string& path, std::uint64_t map_size);
  Status compare(const MetaPage& read);
  Status start(const std::string& path, std::uint64_t map_size);
  bool readers_of_before_end(Duration most) REQUIRES(mutex_);
  [[nodiscard]] Status status_of(int code, std::string_view doing) const;
  /// Runs `call`, which gives a code of LMDB's, under the guard.
  template <typename Call>
  int guarded(const Call& call);
  template <typename Call>
  bool run_guarded(const Call& call);

  const std::string folder_;
  MDB_env* env_ = nullptr;
  MDB_dbi database_ = 0;
  std::uint64_t page_size_ = 0;
  std::atomic<bool> broken_ = false;
  std::atomic<bool> faulted_ = false;  // and its locks may be held for ever
  Mutex mutex_{LockRank::environment};
  CondVar reader_ended_;
  std::vector<MDB_txn*> idle_readers_ GUARDED_BY(mutex_);
  // Reads under way: those of now, and those that began before the last wait_for_readers().
  std::array<std::size_t, 2> readers_ GUARDED_BY(mutex_) = {};
  std::size_t now_ GUARDED_BY(mutex_) = 0;  // which of the two are those of now
};

/// What a write transaction can do.
class Environment::Writer {
 public:
  Writer(Environment& environment, MDB_txn* transaction)
      : environment_(environment), transaction_(transaction) {}

  /// A copy of the value; nothing where there is none.
  std::optional<std::string> get(ByteView key);
  Status put(ByteView key, ByteView value);
  /// Whether there was a record of that name before.
  enum class Put { added, replaced };
  /// Calls `fill` with the record's place in the map, to be written whole.
  Result<Put> put_reserved(ByteView key, std::size_t size, const std::function<void(MutableBytes)>& fill);
  /// How far into the file the values reach that were put here on pages of their own: the file has at least
  /// this size after the commit.
  [[nodiscard]] std::uint64_t reach() const { return reach_; }
  /// Deletes up to `limit` records whose keys begin so; gives how many there were.
  Result<std::size_t> erase_prefix(ByteView prefix, std::size_t limit);

 private:
  int make_way(MDB_cursor*& cursor, ByteView key, std::size_t size, Put& put);

  Environment& environment_;
  MDB_txn* transaction_;
  std::uint64_t reach_ = 0;
};

template <typename Call>
bool Environment::run_guarded(const Call& call) {
  if (fault_guard::run_guarded(call)) return true;
  faulted_ = true;
  broken_ = true;
  return false;
}

template <typename Call>
int Environment::guarded(const Call& call) {
  int code = MDB_CORRUPTED;
  if (broken()) return code;
  const auto coded = [&] { code = call(); };
  if (!run_guarded(coded)) return MDB_CORRUPTED;
  if (is_damage(code)) broken_ = true;
  return code;
}

}  // namespace mediafs
