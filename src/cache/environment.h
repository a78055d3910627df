// One LMDB environment with one database, owned (http://www.lmdb.tech/doc/).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <lmdb.h>

#include "mediafs/base/bytes.h"
#include "mediafs/base/mutex.h"
#include "mediafs/base/result.h"
#include "mediafs/model/byte_range.h"

namespace mediafs {

/// One process at a time opens an environment, once. Reads from any thread; writes from one at a time.
class Environment {
 public:
  /// `path` names the data file itself; LMDB puts its lock file beside it.
  static Result<std::unique_ptr<Environment>> open(const std::string& path, std::uint64_t map_size);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  enum class Found { nothing, another_size, part };

  /// Calls `look` with `part` of the value while it can be read, if the key is there, the value is of `size`
  /// bytes and every page of the part can be reached: a file that was cut or a disk that fails is nothing
  /// found, not a SIGBUS. Keep `look` to a copy: an open read transaction holds up the reuse of pages.
  Found get_part(ByteView key, ByteRange part, std::size_t size, const std::function<void(ByteView)>& look);

  /// All records, in the order of their keys; `look` returns false to end.
  Status for_each(const std::function<bool(ByteView key, ByteView value)>& look);

  /// How many records' names begin so.
  std::uint64_t count_prefix(ByteView prefix);

  /// One write transaction: committed when `body` returns success, else undone.
  class Writer;
  Status write(const std::function<Status(Writer&)>& body);

  Status sync();

 private:
  class ReadTransaction;
  Environment() = default;

  MDB_env* env_ = nullptr;
  MDB_dbi database_ = 0;
  Mutex mutex_;
  std::vector<MDB_txn*> idle_readers_ GUARDED_BY(mutex_);
};

/// What a write transaction can do.
class Environment::Writer {
 public:
  Writer(MDB_txn* transaction, MDB_dbi database) : transaction_(transaction), database_(database) {}

  Status put(ByteView key, ByteView value);
  /// Calls `fill` with the record's place in the map, to be written whole.
  Status put_reserved(ByteView key, std::size_t size, const std::function<void(MutableBytes)>& fill);
  /// Deletes up to `limit` records whose keys begin so; gives how many there were.
  Result<std::size_t> erase_prefix(ByteView prefix, std::size_t limit);

 private:
  MDB_txn* transaction_;
  MDB_dbi database_;
};

}  // namespace mediafs
