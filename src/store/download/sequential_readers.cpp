#include "store/download/sequential_readers.h"

#include <algorithm>

namespace mediafs {

namespace {

constexpr std::uint64_t kLargestGap = 128_KiB;  // that still reads as going on
constexpr std::uint64_t kOutOfOrder = 4_MiB;    // the kernel's read-ahead comes on several threads

bool continues(const SequentialReader& run, ByteRange read, bool missing) {
  if (read.offset < run.start || read.offset > run.read_up_to + kLargestGap) return false;
  // Whoever is behind and finds everything only follows; whoever misses something there has gone back.
  return !missing || read.offset + kOutOfOrder >= run.read_up_to;
}

/// Its reader may be the run's, by way of read-ahead whose pieces came out of order.
bool is_near(const SequentialReader& run, ByteRange read) {
  return run.start <= read.offset && read.offset <= run.read_up_to + kOutOfOrder &&
         run.read_up_to <= read.offset + kOutOfOrder;
}

}  // namespace

std::uint64_t target_of(const SequentialReader& run, std::uint64_t most) {
  const std::uint64_t window = run.in_order < kGlance ? kGlance : std::max(run.in_order, kFirstWindow);
  return run.read_up_to + std::min(window, most);
}

bool SequentialReaders::note(ByteRange read, bool missing) {
  auto best = runs_.end();
  for (auto run = runs_.begin(); run != runs_.end(); ++run) {
    if (continues(*run, read, missing) && (best == runs_.end() || run->start > best->start)) best = run;
  }
  const bool found = best != runs_.end();
  if (!found) {
    const bool near = std::any_of(runs_.begin(), runs_.end(),
                                  [&](const SequentialReader& run) { return is_near(run, read); });
    if (missing && !near) {
      for (SequentialReader& left : runs_) left.in_order = 0;
    }
    if (runs_.size() == kMost) runs_.pop_back();
    best = runs_.insert(runs_.end(), {.start = read.offset, .read_up_to = read.offset});
  }
  if (read.end() > best->read_up_to) {
    best->in_order += read.end() - std::max(read.offset, best->read_up_to);
    best->read_up_to = read.end();
  } else if (missing) {
    best->in_order += read.length;  // which came out of order
  }
  std::rotate(runs_.begin(), best, best + 1);
  join();
  return found;
}

/// What the run that was noted last has reached is of one run with it.
void SequentialReaders::join() {
  SequentialReader& last = runs_.front();
  for (auto run = runs_.begin() + 1; run != runs_.end();) {
    if (run->start < last.start || run->start > last.read_up_to) {
      ++run;
      continue;
    }
    last.read_up_to = std::max(last.read_up_to, run->read_up_to);
    last.in_order += run->in_order;
    last.fetched_to = std::max(last.fetched_to, run->fetched_to);
    run = runs_.erase(run);
  }
}

bool SequentialReaders::continues_to(std::uint64_t offset) const {
  return std::any_of(runs_.begin(), runs_.end(), [&](const SequentialReader& run) {
    return run.start < offset && continues(run, {offset, 1}, /*missing=*/true);
  });
}

std::uint64_t SequentialReaders::target_at(std::uint64_t position, std::uint64_t most) const {
  std::uint64_t target = 0;
  for (const SequentialReader& run : runs_) {
    // What its reader has left behind is not fetched for it.
    const bool ahead = run.start <= position && position + kOutOfOrder >= run.read_up_to;
    if (ahead && target_of(run, most) > position) target = std::max(target, target_of(run, most));
  }
  return target;
}

void SequentialReaders::expect(std::uint64_t position, std::uint64_t end, std::uint64_t most) {
  for (SequentialReader& run : runs_) {
    if (run.start <= position && position <= target_of(run, most))
      run.fetched_to = std::max(run.fetched_to, end);
  }
}

void SequentialReaders::on_stream_truncated(std::uint64_t position, std::uint64_t end) {
  for (SequentialReader& run : runs_) {
    if (run.fetched_to == end && run.start <= position) run.fetched_to = position;
  }
}

}  // namespace mediafs
