// Environment, the part that writes.
#include <algorithm>
#include <cstring>

#include "cache/environment_walk.h"
#include "cache/map_values.h"
#include "cache/record_page.h"

namespace mediafs {

std::optional<std::string> Environment::Writer::get(ByteView key) {
  std::string copy;
  const int code = environment_.guarded([&] {
    MDB_val wanted = value_of(key);
    MDB_val found{};
    if (const int got = mdb_get(transaction_, environment_.database_, &wanted, &found); got != MDB_SUCCESS)
      return got;
    if (found.mv_size > kMostValue || !reachable(view_of(found))) return MDB_CORRUPTED;
    copy.resize(found.mv_size);
    std::memcpy(copy.data(), found.mv_data, copy.size());
    return MDB_SUCCESS;
  });
  if (code != MDB_SUCCESS) return std::nullopt;
  return copy;
}

Status Environment::Writer::put(ByteView key, ByteView value) {
  const auto put = put_reserved(
      key, value.size(), [&](MutableBytes place) { std::copy(value.begin(), value.end(), place.begin()); });
  return put ? ok_status() : Status(put.error());
}

/// What is there under `key` goes first where it is of another size: LMDB would keep all its pages for a
/// smaller value, and then a record has more pages than its size says (has_its_own_pages).
int Environment::Writer::make_way(MDB_cursor*& cursor, ByteView key, std::size_t size, Put& put) {
  if (const int code = mdb_cursor_open(transaction_, environment_.database_, &cursor); code != MDB_SUCCESS)
    return code;
  MDB_val place = value_of(key);
  MDB_val value{};
  int code = mdb_cursor_get(cursor, &place, &value, MDB_SET_KEY);
  put = code == MDB_SUCCESS ? Put::replaced : Put::added;
  if (code == MDB_SUCCESS) {
    if (!has_its_own_pages(place, value)) {
      code = MDB_CORRUPTED;
    } else if (value.mv_size != size) {
      code = mdb_cursor_del(cursor, 0);
    }
  }
  mdb_cursor_close(cursor);
  cursor = nullptr;
  return code == MDB_NOTFOUND ? MDB_SUCCESS : code;
}

Result<Environment::Writer::Put> Environment::Writer::put_reserved(
    ByteView key, std::size_t size, const std::function<void(MutableBytes)>& fill) {
  Put outcome = Put::added;
  MDB_val place{size, nullptr};
  MDB_cursor* cursor = nullptr;
  const int code = environment_.guarded([&] {
    if (const int made = make_way(cursor, key, size, outcome); made != MDB_SUCCESS) return made;
    MDB_val wanted = value_of(key);
    const int put = mdb_put(transaction_, environment_.database_, &wanted, &place, MDB_RESERVE);
    if (put != MDB_SUCCESS) return put;
    touch(place);  // `fill` runs without the guard
    reach_ = std::max(reach_, end_in_file(place));
    return put;
  });
  fault_guard::leak_on_purpose(cursor);  // none, but for a fault
  if (code != MDB_SUCCESS) return environment_.status_of(code, "put").error();
  fill({static_cast<std::byte*>(place.mv_data), size});
  return outcome;
}

Result<std::size_t> Environment::Writer::erase_prefix(ByteView prefix, std::size_t limit) {
  Records records(environment_, transaction_);
  std::size_t erased = 0;
  for (bool more = records.find(prefix); more && erased < limit && records.has_prefix(prefix);
       more = records.next()) {
    if (!records.erase()) break;
    ++erased;
  }
  if (records.code() != MDB_SUCCESS) return lmdb_error(records.code(), environment_.folder_, "erase");
  return erased;
}

}  // namespace mediafs
