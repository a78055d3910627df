#include "cli/api_probe.h"

#include <algorithm>
#include <future>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "cli/descriptors.h"
#include "cli/floor_options.h"
#include "cli/start_warning.h"
#include "mediafs/api/api_client.h"
#include "mediafs/crypto/random.h"
#include "mediafs/http/http_client.h"

namespace mediafs {

namespace {

constexpr Duration kProbeWithin{10'000};
constexpr std::chrono::seconds kReachWithin{5};
constexpr std::chrono::seconds kReachWithinWhenKnown{1};

/// A random UUID, RFC 9562 section 5.4.
MediaId nobodys_session() {
  const std::uint64_t high = crypto::random_number();
  const std::uint64_t low = crypto::random_number();
  return *MediaId::parse(fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32,
                                     (high >> 16) & 0xffff, high & 0xfff, 0x8000 | (low >> 48 & 0x3fff),
                                     low & 0xffff'ffff'ffff));
}

}  // namespace

Exit verdict_on(const Result<Listing>& answer) {
  constexpr const char* kGood = "the API answers and takes the credentials";
  if (answer) return {ExitCode::ok, kGood};
  const std::string& context = answer.error().context;
  switch (answer.error().code) {
    case Errc::not_found:
      return {ExitCode::ok, kGood};
    case Errc::denied:
      return {ExitCode::credentials, "the API does not take the credentials: " + context};
    case Errc::throttled:
      return {ExitCode::throttled, "the API throttles: " + context};
    case Errc::unavailable:
    case Errc::unreachable:
    case Errc::timed_out:
    case Errc::cancelled:
      return {ExitCode::unreachable, "the API does not answer: " + context};
    default:
      return {ExitCode::not_the_api, "what answers is not the API: " + context};
  }
}

Exit probe_api(MediaSource& source, const Timer& timer, Duration patience, const std::stop_token& stop) {
  auto promise = std::make_shared<std::promise<Result<Listing>>>();
  auto answer = promise->get_future();
  const auto request =
      source.list({ListingKind::session_media, nobodys_session()}, Priority::reader, timer.now() + patience,
                  [promise](Result<Listing> listing) { promise->set_value(std::move(listing)); });
  request->begin();
  const std::stop_callback cancel(stop, [&] { request->cancel(); });
  return verdict_on(answer.get());
}

Exit probe_api(const MountCommand& command, const BaseUrl& base, const Credentials& credentials,
               const std::stop_token& stop) {
  TimerThread timer;
  HttpClient http(http_options(command, kFewestDescriptors));
  Exit verdict;
  {
    ApiClient api(api_options(command, base, credentials), http, timer);
    verdict = probe_api(api, timer, std::min(command.deadline, kProbeWithin), stop);
    http.stop();
    timer.stop();
  }
  return verdict;
}

std::optional<Exit> check_api_at_start(const MountCommand& command, const BaseUrl& base,
                                       const Credentials& credentials, bool something_known) {
  Exit verdict;
  const Status reachable =
      check_reachable(base.text(), command.proxy, something_known ? kReachWithinWhenKnown : kReachWithin);
  if (!reachable) {
    verdict = {ExitCode::unreachable,
               fmt::format("the API at {} cannot be reached: {}", base.text(), reachable.error().context)};
  } else if (command.probe) {
    verdict = probe_api(command, base, credentials);
  }
  if (verdict.code == ExitCode::ok) return std::nullopt;
  const bool goes_on =
      verdict.code == ExitCode::throttled || (verdict.code == ExitCode::unreachable && something_known);
  if (!goes_on) return verdict;
  warn_at_start(command.log, verdict.message + "; what is cached can be read");
  return std::nullopt;
}

}  // namespace mediafs
