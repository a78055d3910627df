#include "cache/environment.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22  // Linux 5.14
#endif

namespace mediafs {

namespace {

// Chunks are 33 pages each, so read-ahead by the kernel would mostly fetch others' records (MDB_NORDAHEAD);
// get_part() asks for the record's own pages instead. MDB_NOTLS: read transactions are pooled, not bound to
// threads. No MDB_NOMEMINIT: the unused end of a record's last page would be written as malloc gave it, with
// whatever stood there before.
constexpr unsigned kFlags = MDB_NOSUBDIR | MDB_NOTLS | MDB_NORDAHEAD | MDB_NOSYNC;
constexpr mdb_mode_t kMode = 0600;
constexpr unsigned kMaxReaders = 512;

Error error_of(int code, std::string_view doing) {
  const Errc errc = code == MDB_MAP_FULL || code == ENOSPC ? Errc::no_space : Errc::corrupt;
  return Error{errc, std::string(mdb_strerror(code))}.in(doing);
}

Status status_of(int code, std::string_view doing) {
  if (code == MDB_SUCCESS) return ok_status();
  return error_of(code, doing);
}

MDB_val value_of(ByteView bytes) {
  return {bytes.size(), const_cast<std::byte*>(bytes.data())};  // NOLINT: LMDB's API has no const
}
ByteView view_of(const MDB_val& value) {
  return {static_cast<const std::byte*>(value.mv_data), value.mv_size};
}

/// Whether every page can be read. A page past the end of a truncated file, or one that the disk does not
/// give, would be a SIGBUS when touched; here it is an error code.
bool reachable(ByteView value) {
  static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(value.data()) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(value.data()) + value.size();
  auto* const start = reinterpret_cast<void*>(begin);  // NOLINT: the address of the value's first page
  ::madvise(start, end - begin, MADV_WILLNEED);        // one request to the disk instead of one a page
  return ::madvise(start, end - begin, MADV_POPULATE_READ) == 0 || errno == EINVAL;
}

}  // namespace

/// A read transaction borrowed from the pool for one look.
class Environment::ReadTransaction {
 public:
  explicit ReadTransaction(Environment& environment) : environment_(environment) {
    {
      const MutexLock lock(environment_.mutex_);
      if (!environment_.idle_readers_.empty()) {
        transaction_ = environment_.idle_readers_.back();
        environment_.idle_readers_.pop_back();
      }
    }
    const int code = transaction_ != nullptr
                         ? mdb_txn_renew(transaction_)
                         : mdb_txn_begin(environment_.env_, nullptr, MDB_RDONLY, &transaction_);
    if (code == MDB_SUCCESS) return;
    if (transaction_ != nullptr) mdb_txn_abort(transaction_);
    transaction_ = nullptr;
  }
  ~ReadTransaction() {
    if (transaction_ == nullptr) return;
    mdb_txn_reset(transaction_);
    const MutexLock lock(environment_.mutex_);
    environment_.idle_readers_.push_back(transaction_);
  }
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

  [[nodiscard]] MDB_txn* get() const { return transaction_; }

 private:
  Environment& environment_;
  MDB_txn* transaction_ = nullptr;
};

Result<std::unique_ptr<Environment>> Environment::open(const std::string& path, std::uint64_t map_size) {
  std::unique_ptr<Environment> environment(new Environment);
  if (const int code = mdb_env_create(&environment->env_); code != MDB_SUCCESS) return error_of(code, "LMDB");
  mdb_env_set_mapsize(environment->env_, map_size);
  mdb_env_set_maxreaders(environment->env_, kMaxReaders);
  if (const int code = mdb_env_open(environment->env_, path.c_str(), kFlags, kMode); code != MDB_SUCCESS) {
    return error_of(code, "opening");
  }
  MDB_txn* transaction = nullptr;
  if (const int code = mdb_txn_begin(environment->env_, nullptr, 0, &transaction); code != MDB_SUCCESS) {
    return error_of(code, "first transaction");
  }
  if (const int code = mdb_dbi_open(transaction, nullptr, 0, &environment->database_); code != MDB_SUCCESS) {
    mdb_txn_abort(transaction);
    return error_of(code, "database");
  }
  if (const int code = mdb_txn_commit(transaction); code != MDB_SUCCESS)
    return error_of(code, "first commit");
  return environment;
}

Environment::~Environment() {
  for (MDB_txn* reader : idle_readers_) mdb_txn_abort(reader);
  if (env_ != nullptr) mdb_env_close(env_);
}

Environment::Found Environment::get_part(ByteView key, ByteRange part, std::size_t size,
                                         const std::function<void(ByteView)>& look) {
  const ReadTransaction transaction(*this);
  if (transaction.get() == nullptr) return Found::nothing;
  MDB_val wanted = value_of(key);
  MDB_val found{};
  if (mdb_get(transaction.get(), database_, &wanted, &found) != MDB_SUCCESS) return Found::nothing;
  if (found.mv_size != size) return Found::another_size;
  const ByteView bytes = view_of(found).subspan(part.offset, part.length);
  if (!reachable(bytes)) return Found::nothing;
  look(bytes);
  return Found::part;
}

Status Environment::for_each(const std::function<bool(ByteView key, ByteView value)>& look) {
  const ReadTransaction transaction(*this);
  if (transaction.get() == nullptr) return Error{Errc::corrupt, "no read transaction"};
  MDB_cursor* cursor = nullptr;
  if (const int code = mdb_cursor_open(transaction.get(), database_, &cursor); code != MDB_SUCCESS) {
    return error_of(code, "cursor");
  }
  MDB_val key{};
  MDB_val value{};
  int code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
  while (code == MDB_SUCCESS && look(view_of(key), view_of(value))) {
    code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
  }
  mdb_cursor_close(cursor);
  return code == MDB_NOTFOUND ? ok_status() : status_of(code, "reading on");
}

std::uint64_t Environment::count_prefix(ByteView prefix) {
  const ReadTransaction transaction(*this);
  MDB_cursor* cursor = nullptr;
  if (transaction.get() == nullptr || mdb_cursor_open(transaction.get(), database_, &cursor) != MDB_SUCCESS)
    return 0;
  std::uint64_t count = 0;
  MDB_val key = value_of(prefix);
  MDB_val value{};
  int code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
  while (code == MDB_SUCCESS && text_of(view_of(key)).starts_with(text_of(prefix))) {
    ++count;
    code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
  }
  mdb_cursor_close(cursor);
  return count;
}

Status Environment::write(const std::function<Status(Writer&)>& body) {
  MDB_txn* transaction = nullptr;
  const int code = mdb_txn_begin(env_, nullptr, 0, &transaction);
  if (code != MDB_SUCCESS) return error_of(code, "write transaction");
  Writer writer(transaction, database_);
  Status done = body(writer);
  if (!done) {
    mdb_txn_abort(transaction);
    return done;
  }
  return status_of(mdb_txn_commit(transaction), "commit");
}

Status Environment::sync() {
  return status_of(mdb_env_sync(env_, 1), "sync");
}

Status Environment::Writer::put(ByteView key, ByteView value) {
  return put_reserved(key, value.size(),
                      [&](MutableBytes place) { std::copy(value.begin(), value.end(), place.begin()); });
}

Status Environment::Writer::put_reserved(ByteView key, std::size_t size,
                                         const std::function<void(MutableBytes)>& fill) {
  MDB_val wanted = value_of(key);
  MDB_val place{size, nullptr};
  const int code = mdb_put(transaction_, database_, &wanted, &place, MDB_RESERVE);
  if (code != MDB_SUCCESS) return error_of(code, "put");
  fill({static_cast<std::byte*>(place.mv_data), size});
  return ok_status();
}

Result<std::size_t> Environment::Writer::erase_prefix(ByteView prefix, std::size_t limit) {
  MDB_cursor* cursor = nullptr;
  if (const int code = mdb_cursor_open(transaction_, database_, &cursor); code != MDB_SUCCESS) {
    return error_of(code, "cursor");
  }
  std::size_t erased = 0;
  MDB_val key = value_of(prefix);
  MDB_val value{};
  int code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
  while (code == MDB_SUCCESS && erased < limit && text_of(view_of(key)).starts_with(text_of(prefix))) {
    code = mdb_cursor_del(cursor, 0);
    ++erased;
    if (code == MDB_SUCCESS) code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
  }
  mdb_cursor_close(cursor);
  if (code != MDB_SUCCESS && code != MDB_NOTFOUND) return error_of(code, "erase");
  return erased;
}

}  // namespace mediafs
