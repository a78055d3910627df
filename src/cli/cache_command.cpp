#include "cli/cache_command.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <thread>

#include <fmt/format.h>

#include "cli/cache_socket.h"
#include "cli/credentials_source.h"
#include "cli/units.h"
#include "cli/user_name.h"
#include "mediafs/base/mutex.h"
#include "mediafs/base/text.h"
#include "mediafs/store/catalog.h"
#include "mediafs/store/eraser.h"

namespace mediafs {

namespace {

using Action = CacheRequest::Action;

constexpr std::uint64_t kRoom =
    64_MiB;  // for what a command itself writes: it evicts nothing, and maps no more than it takes
constexpr std::chrono::seconds kBetweenTwoServers{15};  // RestartPolicy's longest pause, and a start
constexpr std::chrono::milliseconds kAskAgain{50};
constexpr std::chrono::hours kForever{24 * 365 * 100};

/// One directory for each API and key: 32 hex digits.
std::vector<std::string> caches_in(const std::string& directory) {
  std::vector<std::string> caches;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failed)) {
    const std::string name = entry.path().filename().string();
    if (name.size() == 32 && name.find_first_not_of("0123456789abcdef") == std::string::npos)
      caches.push_back(entry.path().string());
  }
  std::sort(caches.begin(), caches.end());
  return caches;
}

/// On a terminal: how far it has come, and how long it will take.
class ProgressBar {
 public:
  ProgressBar() : on_(::isatty(STDERR_FILENO) == 1), began_(steady_now()) {}
  ~ProgressBar() {
    if (on_ && drawn_) fmt::print(stderr, "\r\x1b[K");
  }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void draw(std::uint64_t done, std::uint64_t all) {
    if (!on_ || all == 0) return;
    constexpr std::size_t kWidth = 40;
    const double part = std::min(static_cast<double>(done) / static_cast<double>(all), 1.0);
    const auto filled = static_cast<std::size_t>(part * kWidth);
    const auto elapsed = std::chrono::duration<double>(steady_now() - began_).count();
    const double left = part > 0 ? elapsed * (1 - part) / part : 0;
    fmt::print(stderr, "\r[{}{}] {:3} %  {} of {}  {:.0f} s left \x1b[K", std::string(filled, '#'),
               std::string(kWidth - filled, '.'), static_cast<int>(part * 100), size_text(done),
               size_text(all), left);
    std::fflush(stderr);
    drawn_ = true;
  }

 private:
  const bool on_;
  const SteadyTime began_;
  bool drawn_ = false;
};

/// Of what is known in the cache, with the listings that name it.
Result<std::size_t> erase_from(Cache& cache, const std::vector<MediaId>& media,
                               const std::vector<MediaId>& sessions) {
  const SystemClock clock;
  Catalog catalog({}, &cache, clock);
  cache.settle();  // it may have given versions up
  std::size_t known = 0;
  const auto erase = [&](const EraseScope& scope) {
    for (const MediaId& id : scope.media) known += catalog.find(id) ? 1U : 0U;
    for (const ListingKey& key : scope.mentions) catalog.remove_from_listing(key, scope.media);
    return cache.erase(scope.media, scope.listings);
  };
  for (const MediaId& id : media) {
    if (Status erased = erase(scope_of_media(catalog, id)); !erased) return erased.error();
  }
  for (const MediaId& session : sessions) {
    if (Status erased = erase(scope_of_session(catalog, session)); !erased) return erased.error();
  }
  return known;
}

/// Without a server: the command opens the cache itself.
Result<CacheAnswer> by_itself(const std::string& directory, const CacheCommand& command,
                              const Credentials& credentials, const CacheProgress& progress) {
  if (command.request.action == Action::clear) {
    const Status cleared = Cache::clear(directory);
    return cleared ? Result<CacheAnswer>(Json::object()) : Result<CacheAnswer>(cleared.error());
  }
  auto opened = Cache::open({.directory = directory,
                             .size_limit = 2 * Cache::bytes_used(directory) + kRoom,
                             .max_age = kForever,
                             .api_key = credentials.api_key,
                             .wait = {},               // ask() does
                             .any_filesystem = true},  // it is there already
                            credentials.shared_secrets);
  if (!opened) return opened.error();
  Cache& cache = **opened;
  cache.settle();  // it has counted then
  Mutex one_at_a_time{LockRank::cache_command};
  std::atomic<bool> gives_way = false;
  const CacheControl control{.cache = cache,
                             .erase =
                                 [&](const auto& media, const auto& sessions) {
                                   const MutexLock lock(one_at_a_time);
                                   return erase_from(cache, media, sessions);
                                 },
                             .clear =
                                 [&] {
                                   const MutexLock lock(one_at_a_time);
                                   return cache.erase_all();
                                 },
                             .give_way = [&] { gives_way = true; }};
  const auto for_others = socket_in_cache(directory, [&](const ControlRequest& request) {
    return answer_cache_request(request, control)
        .value_or(ControlResponse{.status = 404, .body = "this process has a cache alone\n"});
  });
  auto answer = carry_out(command.request, control, [&](std::uint64_t done, std::uint64_t all) {
    return !gives_way && progress(done, all);
  });
  if (!answer && gives_way) return Error{Errc::cancelled, "a server is to have the cache"};
  return answer;
}

Result<CacheAnswer> ask(const std::string& directory, const CacheCommand& command,
                        const Credentials& credentials) {
  ProgressBar bar;
  const CacheProgress progress = [&](std::uint64_t done, std::uint64_t all) {
    bar.draw(done, all);
    return true;
  };
  // Between two servers of a mount, or while one ends, nobody answers, and the cache is not free.
  SteadyTime give_up = steady_now() + kBetweenTwoServers;
  bool gave_way = false;
  for (;; std::this_thread::sleep_for(kAskAgain)) {
    auto asked = ask_server(directory, command.request, progress);
    const bool over = steady_now() > give_up;
    const bool there_is_one = asked.has_value();
    if (!there_is_one && gave_way && !over) continue;  // the server that it gave way to is just starting
    auto answer = there_is_one ? *std::move(asked) : by_itself(directory, command, credentials, progress);
    if (answer) return answer;
    const Errc why = answer.error().code;
    if (why == Errc::cancelled) {  // a server has come or gone: it begins anew
      gave_way = !there_is_one;
      give_up = steady_now() + kBetweenTwoServers;
    } else if (why != Errc::unavailable || over) {
      return answer;
    }
  }
}

/// Whether the command is meant for it; why not, in words, where somebody should know.
bool concerns(const std::string& directory, const CacheCommand& command, const Credentials& credentials,
              std::string& why_not) {
  const Status opens = Cache::check(directory, credentials.shared_secrets);
  const bool ours = Cache::belongs_to(directory, credentials.api_key);
  if (opens.ok()) return ours || command.everything;
  if (command.request.action == Action::clear) return ours || command.everything;
  // A server that has it open needs no keyring file to erase what it holds, nor this secret, and asks who we
  // are.
  if ((ours || opens.error().code != Errc::denied) && has_holder(directory)) return true;
  if (ours) why_not = "a cache of this API key is there, but: " + opens.error().context;
  return false;
}

/// On one line.
std::string as_json(const CacheAnswer& answer) {
  std::string out;
  for (const auto& [name, value] : answer.items())
    out += fmt::format("{}{}: {}", out.empty() ? "{" : ", ", json_text(name), json_text(value));
  return out.empty() ? "{}" : out + "}";
}

std::string age_text(const CacheAnswer& answer) {
  if (!answer.contains("oldest")) return "-";
  const std::uint64_t seconds = number_in(answer, "oldest");
  return seconds < 86'400 ? fmt::format("{:.1f} h", static_cast<double>(seconds) / 3'600)
                          : fmt::format("{:.1f} d", static_cast<double>(seconds) / 86'400);
}

std::string stats_text(const CacheAnswer& answer) {
  const auto number = [&](const char* name) { return number_in(answer, name); };
  const std::string limit = answer.contains("limit") ? size_text(number("limit")) : "(not mounted)";
  std::string out = fmt::format(
      "size      {}\nused      {}\nmedia     {}\nlistings  {}\noldest    {}\n"
      "hits      {}\nmisses    {}\nevictions {}\n",
      limit, size_text(number("used")), number("media"), number("listings"), age_text(answer), number("hits"),
      number("misses"), number("evictions"));
  if (const std::string trouble = text_in(answer, "trouble"); !trouble.empty())
    out += "trouble   " + printable(trouble) + "\n";
  return out;
}

std::string output_of(const CacheCommand& command, const CacheAnswer& answer) {
  switch (command.request.action) {
    case Action::stats:
      return command.json ? as_json(answer) + "\n" : stats_text(answer);
    case Action::verify:
      if (command.json) return as_json(answer) + "\n";
      return fmt::format("{} records, {} bad{}\n", number_in(answer, "records"), number_in(answer, "bad"),
                         number_in(answer, "bad") > 0 ? ": dropped" : "");
    case Action::erase:
      return fmt::format("erased {}\n", number_in(answer, "erased"));
    case Action::clear:
    case Action::give_way:  // nobody's command
      break;
  }
  return "cleared\n";
}

Exit exit_of(const Error& error, const std::string& directory) {
  if (error.code == Errc::unavailable) {
    return {ExitCode::cache_in_use,
            fmt::format("{}; the cache is in use by {}", error.context, holder_of_cache(directory))};
  }
  return {error.code == Errc::denied ? ExitCode::no_cache : ExitCode::internal, error.context};
}

/// Whether this user may look into it at all.
std::optional<Exit> check_permitted(const std::string& directory) {
  struct stat status{};
  const bool closed =
      ::faccessat(AT_FDCWD, directory.c_str(), R_OK | X_OK, AT_EACCESS) != 0 && errno == EACCES;
  if (!closed) return std::nullopt;
  if (::stat(directory.c_str(), &status) != 0)
    return Exit{ExitCode::not_permitted,
                fmt::format("{} cannot be reached: {}", directory, std::strerror(errno))};  // NOLINT
  return Exit{ExitCode::not_permitted, fmt::format("{} belongs to {}: only they and root may use it",
                                                   directory, name_of_user(status.st_uid))};
}

}  // namespace

Exit run_cache_command(const CacheCommand& command) {
  const auto credentials = load_credentials(credentials_option(command.credentials));
  if (!credentials) return {ExitCode::credentials, credentials.error().context};
  std::string why_not = "no cache in " + command.cache_dir + " that these credentials open";
  std::size_t found = 0;
  std::uint64_t bad = 0;
  if (auto exit = check_permitted(command.cache_dir)) return *exit;
  std::optional<Exit> not_permitted;
  for (const std::string& directory : caches_in(command.cache_dir)) {
    if (auto exit = check_permitted(directory)) {
      not_permitted = std::move(exit);
      continue;
    }
    if (!concerns(directory, command, *credentials, why_not)) continue;
    ++found;
    const auto answer = ask(directory, command, *credentials);
    if (!answer) return exit_of(answer.error(), directory);
    fmt::print("{}", output_of(command, *answer));
    bad += number_in(*answer, "bad");
  }
  if (found == 0) return not_permitted.value_or(Exit{ExitCode::no_cache, why_not});
  return {bad > 0 ? ExitCode::cache_damaged : ExitCode::ok, {}};
}

}  // namespace mediafs
