#include "cli/status_command.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <thread>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "cli/json.h"
#include "cli/monitor.h"
#include "cli/mount_point.h"
#include "cli/units.h"
#include "mediafs/base/text.h"
#include "mediafs/control/control_client.h"
#include "mediafs/mount/mount_table.h"
#include "mediafs/supervisor/upgrade.h"

namespace mediafs {

namespace {

constexpr Duration kStatusWithin{3'000};
constexpr Duration kVerdictWithin{15'000};
constexpr std::chrono::seconds kWatchEvery{1};
constexpr std::chrono::seconds kBetweenServers{15};  // RestartPolicy's longest pause, and a start
constexpr std::chrono::seconds kAMoment{1};
constexpr std::chrono::milliseconds kAskAgain{100};

struct Asked {
  std::string mountpoint;
  std::string device;
  std::string socket;
};

Asked asked_at(const std::string& mountpoint, const MountEntry& mount) {
  return {mountpoint, mount.device, control_socket_of(mount.device, mount.owner.value_or(0))};
}

Result<std::vector<Asked>> asked_of(const StatusCommand& command) {
  std::vector<Asked> asked;
  if (!command.mountpoint.empty()) {
    const auto mount = find_mount_of_ours(command.mountpoint);
    if (!mount)
      return Error{Errc::not_found, fmt::format("{} is not a mount of mediafs", command.mountpoint)};
    asked.push_back(asked_at(command.mountpoint, *mount));
    return asked;
  }
  for (const auto& [mountpoint, mount] : find_mounts(mount_table_of("self"), kMountType))
    asked.push_back(asked_at(mountpoint, mount));
  if (asked.empty()) return Error{Errc::not_found, "there is no mount of mediafs here"};
  return asked;
}

/// What comes from a socket may be any number.
std::string time_text(std::uint64_t seconds) {
  constexpr std::uint64_t kEndOf9999 = 253'402'300'799;
  if (seconds > kEndOf9999) return "?";
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(static_cast<std::time_t>(seconds)));
}

/// "12 s", "5 min", "3.2 h", "4.1 d".
std::string duration_text(std::uint64_t seconds) {
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7'200) return fmt::format("{} min", seconds / 60);
  if (seconds < 172'800) return fmt::format("{:.1f} h", static_cast<double>(seconds) / 3'600);
  return fmt::format("{:.1f} d", static_cast<double>(seconds) / 86'400);
}

std::string count_text(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string since_text(const Json& json, std::uint64_t now, const char* name) {
  const std::uint64_t then = number_in(json, name);
  return fmt::format("{} ({})", time_text(then), duration_text(now > then ? now - then : 0));
}

std::string api_text(const Json& api, std::uint64_t now) {
  std::string text =
      fmt::format("API         {} since {}", text_in(api, "state"), since_text(api, now, "since"));
  if (number_in(api, "silent_for") > 0) text += ", silent for " + duration_text(number_in(api, "silent_for"));
  if (number_in(api, "held_back") > 0)
    text += ", " + count_text(number_in(api, "held_back"), "request") + " held back";
  if (const auto rate = api.find("requests_per_second"); rate != api.end() && rate->is_number())
    text += fmt::format(", {:.1f} requests a second let through", rate->get<double>());
  text += "\n";
  if (number_in(api, "last_success") > 0)
    text += fmt::format("            last good answer {}\n", since_text(api, now, "last_success"));
  if (!text_in(api, "last_error").empty())
    text += fmt::format("            last error {}: {}\n", since_text(api, now, "last_error_at"),
                        text_in(api, "last_error"));
  return text;
}

std::string transfer_text(const Json& transfer) {
  const std::uint64_t size = number_in(transfer, "size");
  const std::uint64_t bytes = number_in(transfer, "bytes");
  const std::string part = size > 0 ? fmt::format("{:3} %  {} of {}", number_in(transfer, "percent"),
                                                  size_text(bytes), size_text(size))
                                    : "  - %  " + size_text(bytes);
  return fmt::format("  {}  {}  {}/s  {}\n", text_in(transfer, "id"), part,
                     size_text(number_in(transfer, "bytes_per_second")),
                     count_text(number_in(transfer, "readers"), "reader"));
}

std::string cache_text(const Json& cache) {
  if (!cache.is_object()) return "cache       none\n";
  const std::uint64_t hits = number_in(cache, "hits");
  const std::uint64_t reads = hits + number_in(cache, "misses");
  std::string text = fmt::format("cache       {} of {}, {} media", size_text(number_in(cache, "used")),
                                 size_text(number_in(cache, "limit")), number_in(cache, "media"));
  if (reads > 0) text += fmt::format(", {} % of {} reads from it", hits * 100 / reads, reads);
  if (const auto oldest = cache.find("oldest"); oldest != cache.end() && oldest->is_number())
    text += ", oldest " + duration_text(number_in(cache, "oldest"));
  if (!text_in(cache, "trouble").empty()) text += "\n            " + text_in(cache, "trouble");
  return text + "\n";
}

/// Whether an answer may come from the next server, though there was none for so long.
bool may_come(const Error& why_not, const Asked& asked, SteadyTime::duration waited) {
  if (why_not.code != Errc::not_found && why_not.code != Errc::unavailable) return false;
  return waited < kAMoment || (waited < kBetweenServers && has_supervisor(asked.device));
}

/// Between two servers of a mount there is nobody, or one that ends before it has answered.
Result<std::string> get(const Asked& asked, const std::string& target, Duration patience) {
  const SteadyTime began = steady_now();
  for (;; std::this_thread::sleep_for(kAskAgain)) {
    auto answer = get_from_socket(asked.socket, target, patience);
    if (answer || !may_come(answer.error(), asked, steady_now() - began)) return answer;
  }
}

/// Why there is no answer, for people.
Error in_words(const Asked& asked, const Error& error) {
  const bool may_not = ::access(asked.socket.c_str(), W_OK) != 0 && errno == EACCES;
  if (may_not || error.code == Errc::denied)
    return {Errc::denied, asked.mountpoint + " is another user's: only they and root may ask"};
  if (::access(asked.socket.c_str(), F_OK) == 0 || error.code != Errc::not_found)
    return Error(error).in(asked.mountpoint);
  return {
      Errc::not_found,
      fmt::format(
          "{}: its server is gone (then `mediafs unmount` or the next mount clears it), or could not make "
          "its socket {} (then its log says why)",
          asked.mountpoint, asked.socket)};
}

Result<std::string> show(const Asked& asked, const StatusCommand& command) {
  auto answer = get(asked, "/status", kStatusWithin);
  if (!answer) return in_words(asked, answer.error());
  if (!command.json) return printable_lines(status_text(*answer));
  const Json json = parse_json(*answer);
  if (!json.is_object())
    return Error{Errc::protocol, asked.mountpoint + ": an answer of another version of mediafs"};
  return json_text(json, 2) + "\n";
}

/// All of them. What has no answer is said on standard error.
ExitCode show_all(const std::vector<Asked>& all, const StatusCommand& command) {
  ExitCode code = ExitCode::ok;
  for (const Asked& asked : all) {
    const auto shown = show(asked, command);
    if (shown) {
      fmt::print("{}", *shown);
      continue;
    }
    code = shown.error().code == Errc::denied ? ExitCode::not_permitted : ExitCode::no_answer;
    fmt::print(stderr, "mediafs: {}\n", printable(shown.error().context));
  }
  return code;
}

/// On a terminal in place of what was shown before. Mounts come and go meanwhile.
Exit watch(const StatusCommand& command) {
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  for (;; std::this_thread::sleep_for(kWatchEvery)) {
    const auto asked = asked_of(command);
    if (!asked) return {ExitCode::not_a_mount, asked.error().context};
    if (terminal) fmt::print("\x1b[H\x1b[J");
    show_all(*asked, command);
    if (!terminal) fmt::print("\n");
    if (std::fflush(stdout) != 0) return {ExitCode::internal, {}};
  }
}

bool is_verdict(ExitCode code) {
  return code == ExitCode::ok || code == ExitCode::unreachable || code == ExitCode::credentials ||
         code == ExitCode::not_the_api || code == ExitCode::throttled;
}

Exit check(const Asked& asked) {
  const auto answer = get(asked, "/check", kVerdictWithin);
  if (!answer) return {ExitCode::no_answer, asked.mountpoint + ": " + answer.error().context};
  int code = 0;
  const auto [end, error] = std::from_chars(answer->data(), answer->data() + answer->size(), code);
  if (error != std::errc() || !is_verdict(static_cast<ExitCode>(code)))
    return {ExitCode::no_answer, asked.mountpoint + ": an answer of another version of mediafs"};
  const auto at = static_cast<std::size_t>(end - answer->data());
  return {static_cast<ExitCode>(code), fmt::format("{}: {}", asked.mountpoint, trimmed(answer->substr(at)))};
}

}  // namespace

std::string status_text(const std::string& text) {
  const Json json = parse_json(text);
  if (!json.is_object()) return "an answer of another version of mediafs\n";
  const std::uint64_t now = number_in(json, "now");
  std::string out = fmt::format(
      "{}\nAPI URL     {}\nserver      {} (commit {}), process {}, since {}, {} before it\n",
      text_in(json, "mountpoint"), text_in(json, "url"), text_in(json, "version"), text_in(json, "commit"),
      number_in(json, "pid"), since_text(json, now, "since"), number_in(json, "restarts"));
  out += api_text(json.value("api", Json::object()), now);
  out += cache_text(json.value("cache", Json()));
  out += fmt::format("open files  {}\n", number_in(json, "open_files"));
  const Json transfers = json.value("transfers", Json::array());
  out += fmt::format("under way   {}\n", transfers.size());
  for (const Json& transfer : transfers) out += transfer_text(transfer);
  return out;
}

Exit run_status_command(const StatusCommand& command) {
  const auto asked = asked_of(command);
  if (!asked) return {ExitCode::not_a_mount, asked.error().context};
  if (command.watch) return watch(command);
  if (const ExitCode code = show_all(*asked, command); code != ExitCode::ok) return {code, {}};
  if (!command.check) return {};
  Exit worst;
  for (const Asked& one : *asked) {
    const Exit verdict = check(one);
    fmt::print(stderr, "mediafs: {}\n", printable(verdict.message));
    if (worst.code == ExitCode::ok) worst.code = verdict.code;
  }
  return worst;
}

}  // namespace mediafs
