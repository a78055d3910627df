#include "cli/status_command.h"

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <thread>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/monitor.h"
#include "cli/mount_point.h"
#include "cli/units.h"
#include "mediafs/base/text.h"
#include "mediafs/control/control_client.h"
#include "mediafs/mount/mount_table.h"

namespace mediafs {

namespace {

using Json = nlohmann::ordered_json;

constexpr Duration kStatusWithin{3'000};
constexpr Duration kVerdictWithin{15'000};
constexpr std::chrono::seconds kWatchEvery{1};

struct Asked {
  std::string mountpoint;
  std::string socket;
};

Result<std::vector<Asked>> asked_of(const StatusCommand& command) {
  std::vector<Asked> asked;
  if (!command.mountpoint.empty()) {
    const auto mount = find_mount_of_ours(command.mountpoint);
    if (!mount)
      return Error{Errc::not_found, fmt::format("{} is not a mount of mediafs", command.mountpoint)};
    asked.push_back({command.mountpoint, control_socket_of(mount->device, mount->owner.value_or(0))});
    return asked;
  }
  for (const auto& [mountpoint, mount] : find_mounts(mount_table_of("self"), kMountType))
    asked.push_back({mountpoint, control_socket_of(mount.device, mount.owner.value_or(0))});
  if (asked.empty()) return Error{Errc::not_found, "there is no mount of mediafs here"};
  return asked;
}

std::uint64_t number_in(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

std::string text_in(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string time_text(std::uint64_t seconds) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(static_cast<std::time_t>(seconds)));
}

/// "12 s", "5 min", "3.2 h", "4.1 d".
std::string duration_text(std::uint64_t seconds) {
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7'200) return fmt::format("{} min", seconds / 60);
  if (seconds < 172'800) return fmt::format("{:.1f} h", static_cast<double>(seconds) / 3'600);
  return fmt::format("{:.1f} d", static_cast<double>(seconds) / 86'400);
}

std::string since_text(const Json& json, std::uint64_t now, const char* name) {
  const std::uint64_t then = number_in(json, name);
  return fmt::format("{} ({})", time_text(then), duration_text(now > then ? now - then : 0));
}

std::string api_text(const Json& api, std::uint64_t now) {
  std::string text =
      fmt::format("API         {} since {}", text_in(api, "state"), since_text(api, now, "since"));
  if (number_in(api, "held_back") > 0)
    text += fmt::format(", {} requests held back", number_in(api, "held_back"));
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
  const std::string part =
      size > 0 ? fmt::format("{:3} %  {} of {}", bytes * 100 / size, size_text(bytes), size_text(size))
               : "  - %  " + size_text(bytes);
  return fmt::format("  {}  {}  {}/s  {} readers\n", text_in(transfer, "id"), part,
                     size_text(number_in(transfer, "bytes_per_second")), number_in(transfer, "readers"));
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

Result<std::string> show(const Asked& asked, const StatusCommand& command) {
  auto json = get_from_socket(asked.socket, "/status", kStatusWithin);
  if (!json) return std::move(json).error().in(asked.mountpoint);
  return command.json ? *json : printable_lines(status_text(*json));
}

/// All of them; what has no answer is said in its place.
std::pair<std::string, bool> show_all(const std::vector<Asked>& all, const StatusCommand& command) {
  std::string text;
  bool answered = true;
  for (const Asked& asked : all) {
    const auto shown = show(asked, command);
    answered = answered && shown.ok();
    text += shown ? *shown : "mediafs: " + printable(shown.error().context) + "\n";
  }
  return {text, answered};
}

/// On a terminal in place of what was shown before.
Exit watch(const std::vector<Asked>& all, const StatusCommand& command) {
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  for (;; std::this_thread::sleep_for(kWatchEvery)) {
    fmt::print("{}{}{}", terminal ? "\x1b[H\x1b[J" : "", show_all(all, command).first, terminal ? "" : "\n");
    if (std::fflush(stdout) != 0) return {ExitCode::internal, {}};
  }
}

Exit check(const Asked& asked) {
  const auto answer = get_from_socket(asked.socket, "/check", kVerdictWithin);
  if (!answer) return {ExitCode::no_answer, asked.mountpoint + ": " + answer.error().context};
  int code = 0;
  const auto [end, error] = std::from_chars(answer->data(), answer->data() + answer->size(), code);
  if (error != std::errc()) return {ExitCode::no_answer, asked.mountpoint + ": an answer of another version"};
  const std::size_t at = static_cast<std::size_t>(end - answer->data());
  return {static_cast<ExitCode>(code), fmt::format("{}: {}", asked.mountpoint, trimmed(answer->substr(at)))};
}

}  // namespace

std::string status_text(const std::string& text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
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
  if (command.watch) return watch(*asked, command);
  const auto [text, answered] = show_all(*asked, command);
  fmt::print("{}", text);
  if (!answered) return {ExitCode::no_answer, "no answer"};
  if (!command.check) return {};
  std::string verdicts;
  for (const Asked& one : *asked) {
    Exit verdict = check(one);
    if (verdict.code != ExitCode::ok) return verdict;
    verdicts += verdict.message + "\n";
  }
  return {ExitCode::ok, verdicts};
}

}  // namespace mediafs
