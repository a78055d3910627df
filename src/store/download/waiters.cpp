#include "store/download/waiters.h"

#include <algorithm>

namespace mediafs {

Waiters::Waiters(Timer& timer, Duration deadline, Told expire, Told abandon)
    : timer_(timer), deadline_(deadline), expire_(std::move(expire)), abandon_(std::move(abandon)) {}

Waiters::~Waiters() {
  for (const Finder& finder : finders_) timer_.cancel(finder.deadline);
  for (const PendingRead& read : reads_) timer_.cancel(read.deadline);
}

Timer::Id Waiters::start_deadline(std::uint64_t id) {
  return timer_.after(deadline_, [expire = expire_, id] { expire(id); });
}

/// The owner's lock is held where a waiter ends, which waits for a callback that runs: so this calls nobody.
std::unique_ptr<StopCallback> Waiters::watch(const std::stop_token& stop, std::uint64_t id) {
  if (!stop.stop_possible()) return nullptr;
  return std::make_unique<StopCallback>(
      stop, [&timer = timer_, abandon = abandon_, id] { timer.post([abandon, id] { abandon(id); }); });
}

void Waiters::add_finder(Done<MediaItemRef> done, const std::stop_token& stop) {
  const std::uint64_t id = ++last_id_;
  finders_.push_back({id, std::move(done), start_deadline(id), watch(stop, id)});
}

void Waiters::add_read(PendingRead read, const std::stop_token& stop) {
  read.id = ++last_id_;
  read.deadline = start_deadline(read.id);
  read.on_stop = watch(stop, read.id);
  reads_.push_back(std::move(read));
}

void Waiters::answer_finders(DeferredActions& deferred, const Result<MediaItemRef>& answer) {
  for (Finder& finder : finders_) {
    timer_.cancel(finder.deadline);
    deferred.add([done = std::move(finder.done), answer] { done(answer); });
  }
  finders_.clear();
}

void Waiters::offer(DeferredActions& deferred, ChunkIndex index, const ConstBuffer& chunk,
                    std::uint64_t filled) {
  for (auto read = reads_.begin(); read != reads_.end();) {
    read->offer(index, chunk, filled);
    if (!read->complete()) {
      ++read;
      continue;
    }
    timer_.cancel(read->deadline);
    deferred.add([done = read->done(), slices = read->slices()]() mutable { done(std::move(slices)); });
    read = reads_.erase(read);
  }
}

void Waiters::fail_reads(DeferredActions& deferred, const Error& error,
                         const std::function<bool(const PendingRead&)>& concerned) {
  for (auto read = reads_.begin(); read != reads_.end();) {
    if (!concerned(*read)) {
      ++read;
      continue;
    }
    timer_.cancel(read->deadline);
    deferred.add([done = read->done(), error] { done(error); });
    read = reads_.erase(read);
  }
}

std::optional<ByteRange> Waiters::end(DeferredActions& deferred, std::uint64_t waiter, const Error& why) {
  const auto finder =
      std::find_if(finders_.begin(), finders_.end(), [&](const Finder& f) { return f.id == waiter; });
  if (finder != finders_.end()) {
    timer_.cancel(finder->deadline);
    deferred.add([done = std::move(finder->done), why] { done(why); });
    finders_.erase(finder);
    return std::nullopt;
  }
  const auto read =
      std::find_if(reads_.begin(), reads_.end(), [&](const PendingRead& r) { return r.id == waiter; });
  if (read == reads_.end()) return std::nullopt;
  const ByteRange range = read->range();
  fail_reads(deferred, why, [&](const PendingRead& r) { return r.id == waiter; });
  return range;
}

}  // namespace mediafs
