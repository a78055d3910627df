#include "store/download/waiters.h"

namespace mediafs {

Waiters::Waiters(Timer& timer, Duration deadline, const Told& expire, const Told& abandon)
    : finders_(timer, {.on_stop = abandon, .wait = deadline, .on_deadline = expire}),
      reads_(timer, {.on_stop = abandon, .wait = deadline, .on_deadline = expire}) {}

void Waiters::add_finder(Done<MediaItemRef> done, const std::stop_token& stop) {
  finders_.add(std::move(done), stop);
}

Waiters::Id Waiters::add_read(PendingRead read, const std::stop_token& stop) {
  return reads_.add(std::move(read), stop);
}

void Waiters::answer_finders(DeferredActions& deferred, const Result<MediaItemRef>& answer) {
  for (Done<MediaItemRef>& done : finders_.take_all())
    deferred.add([done = std::move(done), answer] { done(answer); });
}

void Waiters::offer(DeferredActions& deferred, ChunkIndex index, const ConstBuffer& chunk,
                    std::uint64_t filled) {
  reads_.take_if(
      [&](PendingRead& read) {
        read.offer(index, chunk, filled);
        return read.complete();
      },
      [&](const PendingRead& read) {
        deferred.add([done = read.done(), slices = read.slices()]() mutable { done(std::move(slices)); });
      });
}

void Waiters::fail_reads(DeferredActions& deferred, const Error& error,
                         const std::function<bool(const PendingRead&)>& concerned) {
  reads_.take_if(concerned, [&](const PendingRead& read) {
    deferred.add([done = read.done(), error] { done(error); });
  });
}

std::optional<ByteRange> Waiters::end(DeferredActions& deferred, Id waiter, const Error& why) {
  if (const auto done = finders_.take(waiter)) {
    deferred.add([done = *done, why] { done(why); });
    return std::nullopt;
  }
  const auto read = reads_.take(waiter);
  if (!read) return std::nullopt;
  deferred.add([done = read->done(), why] { done(why); });
  return read->range();
}

}  // namespace mediafs
