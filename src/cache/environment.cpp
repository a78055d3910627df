#include "cache/environment.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "cache/database_file.h"
#include "cache/fault_guard.h"
#include "cache/lmdb_error.h"
#include "cache/lmdb_format.h"
#include "mediafs/base/bytes.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {

namespace {

// Chunks have pages of their own, so read-ahead by the kernel would mostly fetch others' records
// (MDB_NORDAHEAD); get_part() asks for the record's own pages instead. MDB_NOTLS: read transactions are
// pooled, not bound to threads. No MDB_NOMEMINIT: the unused end of a record's last page would be written as
// malloc gave it, with whatever stood there before.
constexpr unsigned kFlags = MDB_NOSUBDIR | MDB_NOTLS | MDB_NORDAHEAD | MDB_NOSYNC;
constexpr mdb_mode_t kMode = 0600;
constexpr unsigned kMaxReaders = 512;

}  // namespace

Status Environment::status_of(int code, std::string_view doing) const {
  if (code == MDB_SUCCESS) return ok_status();
  return lmdb_error(code, folder_, doing);
}

Result<std::unique_ptr<Environment>> Environment::open(const std::string& path, std::uint64_t map_size) {
  fault_guard::install();
  remove_leftovers(path);
  struct stat file{};
  if (::lstat(path.c_str(), &file) != 0 && errno == ENOENT) {
    if (Status made = make(path, map_size); !made) return made.error();
  }
  const auto checked = check_database(path);
  if (!checked) return checked.error();
  auto opened = open_checked(path, map_size);
  if (!opened) return opened;
  if (Status same = (*opened)->compare(*checked); !same) return same.error();
  return opened;
}

Status Environment::make(const std::string& path, std::uint64_t map_size) {
  {
    const auto fresh = open_checked(path + ".new", map_size);
    if (!fresh) return fresh.error();
    if (Status synced = (*fresh)->sync(); !synced) return synced;
  }
  // That it is sound is certain: what the checks do not know in it is LMDB's format.
  if (const auto known = check_database(path + ".new"); !known) return unknown_format(known.error().context);
  return take_its_place(path);
}

Result<std::unique_ptr<Environment>> Environment::open_checked(const std::string& path,
                                                               std::uint64_t map_size) {
  std::unique_ptr<Environment> environment(new Environment(std::filesystem::path(path).parent_path()));
  if (Status ready = make_lock_file(path); !ready) return ready.error();
  if (Status started = environment->start(path, map_size); !started) return started.error();
  return environment;
}

Status Environment::start(const std::string& path, std::uint64_t map_size) {
  int code = guarded([&] { return mdb_env_create(&env_); });
  if (code != MDB_SUCCESS) return status_of(code, "LMDB");
  const char* const name = path.c_str();
  code = guarded([&] {
    mdb_env_set_assert(env_, [](MDB_env* /*environment*/, const char* /*what*/) { fault_guard::leave(); });
    mdb_env_set_mapsize(env_, map_size);
    mdb_env_set_maxreaders(env_, kMaxReaders);
    return mdb_env_open(env_, name, kFlags, kMode);
  });
  if (code != MDB_SUCCESS) return status_of(code, "opening");
  MDB_stat stat{};
  code = guarded([&] {
    MDB_txn* transaction = nullptr;
    if (const int begun = mdb_txn_begin(env_, nullptr, 0, &transaction); begun != MDB_SUCCESS) return begun;
    const int opened = mdb_dbi_open(transaction, nullptr, 0, &database_);
    if (opened == MDB_SUCCESS) return mdb_txn_commit(transaction);
    mdb_txn_abort(transaction);
    return opened;
  });
  if (code == MDB_SUCCESS) code = guarded([&] { return mdb_env_stat(env_, &stat); });
  page_size_ = stat.ms_psize;
  return status_of(code, "first transaction");
}

/// What the checks have read of the file, and what LMDB has.
Status Environment::compare(const MetaPage& read) {
  MDB_stat stat{};
  MDB_envinfo info{};
  const int code = guarded([&] {
    const int known = mdb_env_stat(env_, &stat);
    return known == MDB_SUCCESS ? mdb_env_info(env_, &info) : known;
  });
  if (code != MDB_SUCCESS) return status_of(code, "looking at it");
  return check_same(read, stat, info);
}

Environment::~Environment() {
  if (env_ == nullptr) return;
  const std::vector<MDB_txn*> readers = std::move(idle_readers_);
  const auto close = [&] {
    for (MDB_txn* reader : readers) mdb_txn_abort(reader);
    mdb_env_close(env_);
  };
  if (!faulted_ && run_guarded(close)) return;
  for (MDB_txn* reader : readers) fault_guard::leak_on_purpose(reader);
  fault_guard::leak_on_purpose(env_);
}

Status Environment::compact(const std::string& path, std::uint64_t map_size) {
  const std::string copy = path + ".new";
  ::unlink(copy.c_str());
  auto environment = open(path, map_size);
  if (!environment) return environment.error();
  UniqueFd fd(::open(copy.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, kMode));
  if (!fd) return lmdb_error(errno, (*environment)->folder_, "compacting");
  Environment& source = **environment;
  const std::string source_folder = source.folder_;
  Status copied = source.status_of(
      source.guarded([&] { return mdb_env_copyfd2(source.env_, fd.get(), MDB_CP_COMPACT); }), "compacting");
  environment->reset();
  if (copied && ::fdatasync(fd.get()) != 0) copied = lmdb_error(errno, source_folder, "compacting");
  if (copied) copied = take_its_place(path);
  if (!copied) ::unlink(copy.c_str());
  return copied;
}

Status Environment::write(const std::function<Status(Writer&)>& body) {
  MDB_txn* transaction = nullptr;
  const int begun = guarded([&] { return mdb_txn_begin(env_, nullptr, 0, &transaction); });
  if (begun != MDB_SUCCESS) return status_of(begun, "write transaction");
  Writer writer(*this, transaction);
  const Status done = body(writer);
  if (done && !broken()) return status_of(guarded([&] { return mdb_txn_commit(transaction); }), "commit");
  const auto abort = [&] { mdb_txn_abort(transaction); };
  if (!faulted_) static_cast<void>(run_guarded(abort));
  return done ? status_of(MDB_CORRUPTED, "commit") : done;
}

Status Environment::sync() {
  return status_of(guarded([&] { return mdb_env_sync(env_, 1); }), "sync");
}

std::optional<int> Environment::file() {
  mdb_filehandle_t fd = -1;
  if (guarded([&] { return mdb_env_get_fd(env_, &fd); }) != MDB_SUCCESS) return std::nullopt;
  return fd;
}

}  // namespace mediafs
