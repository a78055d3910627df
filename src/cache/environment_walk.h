// Reading in an environment: a transaction for one look, and the records of one in their order.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include "cache/environment.h"
#include "cache/page_format.h"

namespace mediafs {

/// A read transaction borrowed from the pool for one look.
class Environment::ReadTransaction {
 public:
  explicit ReadTransaction(Environment& environment);
  ~ReadTransaction();
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

  [[nodiscard]] MDB_txn* get() const { return transaction_; }
  [[nodiscard]] int code() const { return code_; }

 private:
  bool reset();

  Environment& environment_;
  std::size_t since_ = 0;  // which of the environment's readers_ it is counted among
  MDB_txn* transaction_ = nullptr;
  int code_ = MDB_SUCCESS;
};

/// Steps through the records of a transaction in the order of their keys. Each key must be greater than the
/// one before it, else the walk ends with MDB_CORRUPTED, so that a cycle in a damaged tree cannot make it
/// endless.
class Environment::Records {
 public:
  Records(Environment& environment, MDB_txn* transaction);
  ~Records();
  Records(const Records&) = delete;
  Records& operator=(const Records&) = delete;

  /// To the first record whose key is not less than `from`, or the next one; false: there is none.
  bool find(ByteView from) { return step(from.empty() ? MDB_FIRST : MDB_SET_RANGE, from); }
  bool next() { return step(MDB_NEXT, {}); }

  [[nodiscard]] ByteView key() const { return ByteView(key_).first(key_size_); }
  [[nodiscard]] bool has_prefix(ByteView prefix) const { return text_of(key()).starts_with(text_of(prefix)); }

  /// A copy of the record's value; nothing where it cannot be had.
  std::optional<std::string> value();

  bool erase();

  /// Why the walk ended; to have found no more is no error.
  [[nodiscard]] int code() const { return code_ == MDB_NOTFOUND ? MDB_SUCCESS : code_; }

 private:
  bool step(MDB_cursor_op operation, ByteView from);

  Environment& environment_;
  MDB_cursor* cursor_ = nullptr;
  int code_ = MDB_SUCCESS;
  MDB_val place_{};  // of the key, in the map
  MDB_val value_{};
  std::array<std::byte, kMostKey> key_{};
  std::size_t key_size_ = 0;
  std::array<std::byte, kMostKey> before_{};
};

}  // namespace mediafs
