#include "store/simulation/simulated_origin.h"

#include <algorithm>

#include "mediafs/model/chunk.h"
#include "store/simulation/exchange.h"

namespace mediafs::simulation {

namespace {

constexpr std::size_t kLongestPiece = 256_KiB;

}  // namespace

SimulatedOrigin::SimulatedOrigin(ManualTimer& timer, Trace& trace, std::uint64_t seed)
    : timer_(timer), trace_(trace), random_(seed), calm_since_(timer.now()), scratch_(kLongestPiece) {}

OriginMedia& SimulatedOrigin::add(const MediaId& id, const std::string& what) {
  recent_.emplace_back();
  return *media_.emplace_back(std::make_unique<OriginMedia>(id, what));
}

OriginMedia& SimulatedOrigin::media(const MediaId& id) {
  return **std::find_if(media_.begin(), media_.end(), [&](const auto& media) { return media->id == id; });
}

void SimulatedOrigin::set_weather(const Weather& weather) {
  weather_ = weather;
  if (!weather.calm()) return;
  calm_since_ = timer_.now();
  const auto live = exchanges_;
  for (const auto& exchange : live) exchange->heal();
}

void SimulatedOrigin::note_what_lasts(OriginMedia& media) {
  for (const auto& exchange : exchanges_) {
    if (&exchange->media() == &media) exchange->note_what_lasts();
  }
}

bool SimulatedOrigin::brings(const OriginMedia& media, const std::string& etag, ByteRange range) const {
  return std::any_of(exchanges_.begin(), exchanges_.end(), [&](const auto& exchange) {
    return &exchange->media() == &media && exchange->is_live_stream() && exchange->brings(etag, range);
  });
}

std::size_t SimulatedOrigin::paused(std::uint64_t largest) const {
  const auto count = std::count_if(exchanges_.begin(), exchanges_.end(), [&](const auto& exchange) {
    return exchange->is_live_stream() && exchange->is_paused() && exchange->media_size() <= largest;
  });
  return static_cast<std::size_t>(count);
}

std::shared_ptr<Fetch> SimulatedOrigin::fetch(FetchRequest request, std::shared_ptr<MediaSink> sink) {
  OriginMedia& asked = media(request.id);
  check(request, asked);
  return std::make_shared<Exchange>(*this, asked, std::move(request), std::move(sink));
}

std::shared_ptr<Request> SimulatedOrigin::list(const ListingKey& /*key*/, Priority /*priority*/,
                                               SteadyTime /*deadline*/, Done<Listing> /*done*/) {
  trace_.wrong("a listing was asked for");
  return nullptr;
}

/// What FetchRequest says of itself.
void SimulatedOrigin::check(const FetchRequest& request, const OriginMedia& media) {
  if (request.deadline <= timer_.now()) trace_.wrong("{}: asked for past its deadline", media.what);
  if (request.existence) return;
  if (request.end && *request.end <= request.offset) trace_.wrong("{}: an empty range", media.what);
  if (request.offset == 0 && request.end) trace_.wrong("{}: the start was asked for as a range", media.what);
  if (request.offset > 0 && request.if_range.empty())
    trace_.wrong("{}: a range without proof of its version", media.what);
  if (!request.verifier) return;
  const auto& verifier = static_cast<const Verifier&>(*request.verifier);
  if (verifier.position != request.offset)
    trace_.wrong("{}: from byte {} on, with a verifier that has seen {}", media.what, request.offset,
                 verifier.position);
}

void SimulatedOrigin::began(const std::shared_ptr<Exchange>& exchange) {
  exchanges_.push_back(exchange);
  OriginMedia& media = exchange->media();
  const auto live = std::count_if(exchanges_.begin(), exchanges_.end(), [&](const auto& other) {
    return &other->media() == &media && other->is_live_stream();
  });
  if (media.forgotten && exchange->is_live_stream())
    trace_.wrong("{}: asked for by nobody, after it was erased", media.what);
  if (live > static_cast<std::ptrdiff_t>(kMostStreams))
    trace_.wrong("{}: {} streams at once", media.what, live);
  count_request(media, exchange->is_retry());
  if (exchange->is_retry()) check_pause(exchange->media());
}

/// What broke before its head is asked for at once, as a whole; what broke in its body after a pause. Each is
/// asked for again once.
void SimulatedOrigin::check_pause(OriginMedia& media) {
  const auto due = std::find_if(media.retries.begin(), media.retries.end(),
                                [&](SteadyTime when) { return when <= timer_.now(); });
  if (due == media.retries.end()) return trace_.wrong("{}: gone on with without a pause", media.what);
  media.retries.erase(due);
}

void SimulatedOrigin::count_request(const OriginMedia& media, bool again) {
  const auto place =
      std::find_if(media_.begin(), media_.end(), [&](const auto& m) { return m.get() == &media; });
  auto& recent = recent_[static_cast<std::size_t>(place - media_.begin())];
  std::erase_if(recent, [&](const Sent& one) { return one.at + std::chrono::seconds(1) < timer_.now(); });
  recent.push_back({timer_.now(), media.bytes, again});
  if (recent.size() > kMostRequests)
    trace_.wrong("{}: {} requests within a second", media.what, recent.size());
  const auto retries = std::count_if(recent.begin(), recent.end(), [](const Sent& one) { return one.again; });
  const std::uint64_t progress = (media.bytes - recent.front().bytes) / kChunkSize;
  if (static_cast<std::uint64_t>(retries) > kMostRetries + progress)
    trace_.wrong("{}: {} retries within a second", media.what, retries);
}

void SimulatedOrigin::ended(const Exchange* exchange) {
  std::erase_if(exchanges_, [exchange](const auto& other) { return other.get() == exchange; });
}

}  // namespace mediafs::simulation
