// Environment, the part that reads.
#include "cache/environment_walk.h"

#include <cstring>

#include "cache/map_values.h"
#include "cache/record_page.h"

namespace mediafs {

Environment::ReadTransaction::ReadTransaction(Environment& environment) : environment_(environment) {
  {
    const MutexLock lock(environment_.mutex_);
    since_ = environment_.now_;
    ++environment_.readers_[since_];
    if (!environment_.idle_readers_.empty()) {
      transaction_ = environment_.idle_readers_.back();
      environment_.idle_readers_.pop_back();
    }
  }
  code_ = environment_.guarded([&] {
    const int code = transaction_ != nullptr
                         ? mdb_txn_renew(transaction_)
                         : mdb_txn_begin(environment_.env_, nullptr, MDB_RDONLY, &transaction_);
    if (code == MDB_SUCCESS || transaction_ == nullptr) return code;
    mdb_txn_abort(transaction_);
    transaction_ = nullptr;
    return code;
  });
}

Environment::ReadTransaction::~ReadTransaction() {
  const bool idle = reset();
  const MutexLock lock(environment_.mutex_);
  if (idle) environment_.idle_readers_.push_back(transaction_);
  if (--environment_.readers_[since_] == 0) environment_.reader_ended_.notify_all();
}

/// False: it is not to be used again.
bool Environment::ReadTransaction::reset() {
  if (transaction_ == nullptr) return false;
  const auto reset = [&] { mdb_txn_reset(transaction_); };
  if (!environment_.faulted_ && environment_.run_guarded(reset)) return true;
  fault_guard::leak_on_purpose(transaction_);
  return false;
}

void Environment::wait_for_readers(Duration most) {
  const MutexLock lock(mutex_);
  // Those that an earlier wait gave up on, then those of now.
  if (!readers_of_before_end(most)) return;
  now_ = 1 - now_;
  static_cast<void>(readers_of_before_end(most));
}

bool Environment::readers_of_before_end(Duration most) {
  const SteadyTime give_up = steady_now() + most;
  while (readers_[1 - now_] > 0) {
    if (steady_now() >= give_up) return false;
    reader_ended_.wait_until(mutex_, give_up);
  }
  return true;
}

Environment::Records::Records(Environment& environment, MDB_txn* transaction) : environment_(environment) {
  code_ =
      environment_.guarded([&] { return mdb_cursor_open(transaction, environment_.database_, &cursor_); });
}

Environment::Records::~Records() {
  if (cursor_ == nullptr) return;
  const auto close = [&] { mdb_cursor_close(cursor_); };
  if (environment_.faulted_ || !environment_.run_guarded(close)) fault_guard::leak_on_purpose(cursor_);
}

std::optional<std::string> Environment::Records::value() {
  if (value_.mv_size > kMostValue) return std::nullopt;
  std::string copy(value_.mv_size, '\0');
  code_ = environment_.guarded([&] {
    if (!reachable(view_of(value_))) return MDB_CORRUPTED;
    std::memcpy(copy.data(), value_.mv_data, copy.size());
    return MDB_SUCCESS;
  });
  if (code_ != MDB_SUCCESS) return std::nullopt;
  return copy;
}

bool Environment::Records::erase() {
  code_ = environment_.guarded(
      [&] { return has_its_own_pages(place_, value_) ? mdb_cursor_del(cursor_, 0) : MDB_CORRUPTED; });
  return code_ == MDB_SUCCESS;
}

bool Environment::Records::step(MDB_cursor_op operation, ByteView from) {
  if (code_ != MDB_SUCCESS) return false;
  const std::size_t before_size = key_size_;
  before_ = key_;
  code_ = environment_.guarded([&] {
    place_ = value_of(from);
    if (const int moved = mdb_cursor_get(cursor_, &place_, &value_, operation); moved != MDB_SUCCESS)
      return moved;
    if (place_.mv_size > key_.size()) return MDB_CORRUPTED;
    key_size_ = place_.mv_size;
    std::memcpy(key_.data(), place_.mv_data, key_size_);
    const bool rises = text_of(key()) > text_of(ByteView(before_).first(before_size));
    return rises ? MDB_SUCCESS : MDB_CORRUPTED;
  });
  return code_ == MDB_SUCCESS;
}

Environment::Found Environment::get_part(ByteView key, ByteRange part, std::size_t size,
                                         const std::function<void(ByteView)>& look) {
  const ReadTransaction transaction(*this);
  Found found = Found::nothing;
  const int code = guarded([&] {
    if (transaction.code() != MDB_SUCCESS) return transaction.code();
    MDB_val wanted = value_of(key);
    MDB_val value{};
    if (const int got = mdb_get(transaction.get(), database_, &wanted, &value); got != MDB_SUCCESS)
      return got;
    if (value.mv_size != size) {
      found = Found::another_size;
      return MDB_SUCCESS;
    }
    const ByteView bytes = view_of(value).subspan(part.offset, part.length);
    if (!reachable(bytes)) return MDB_SUCCESS;
    look(bytes);
    found = Found::part;
    return MDB_SUCCESS;
  });
  return code == MDB_SUCCESS ? found : Found::nothing;
}

Status Environment::for_each(const std::function<bool(ByteView key, ByteView value)>& look) {
  const ReadTransaction transaction(*this);
  if (transaction.get() == nullptr) return status_of(transaction.code(), "read transaction");
  Records records(*this, transaction.get());
  for (bool more = records.find({}); more; more = records.next()) {
    const auto value = records.value();
    if (!value) continue;
    if (!look(records.key(), bytes_of(*value))) return ok_status();
  }
  return status_of(records.code(), "reading on");
}

Status Environment::for_each_name(const std::function<void(ByteView key)>& look) {
  const ReadTransaction transaction(*this);
  if (transaction.get() == nullptr) return status_of(transaction.code(), "read transaction");
  Records records(*this, transaction.get());
  for (bool more = records.find({}); more; more = records.next()) look(records.key());
  return status_of(records.code(), "reading on");
}

std::uint64_t Environment::count_prefix(ByteView prefix) {
  const ReadTransaction transaction(*this);
  if (transaction.get() == nullptr) return 0;
  Records records(*this, transaction.get());
  std::uint64_t count = 0;
  for (bool more = records.find(prefix); more && records.has_prefix(prefix); more = records.next()) ++count;
  return count;
}

}  // namespace mediafs
