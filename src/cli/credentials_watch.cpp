#include "cli/credentials_watch.h"

#include <algorithm>
#include <utility>

#include "mediafs/base/log.h"

namespace mediafs {

namespace {

constexpr auto kLookAgain = std::chrono::milliseconds(250);

bool same_file(const std::optional<struct stat>& a, const std::optional<struct stat>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  const auto same_time = [](const timespec& x, const timespec& y) {
    return x.tv_sec == y.tv_sec && x.tv_nsec == y.tv_nsec;
  };
  return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
         same_time(a->st_mtim, b->st_mtim) && same_time(a->st_ctim, b->st_ctim);
}

bool same_secrets(const std::vector<SecretString>& a, const std::vector<SecretString>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const SecretString& x, const SecretString& y) { return x.reveal() == y.reveal(); });
}

}  // namespace

CredentialsWatch::CredentialsWatch(CredentialsFile file, Credentials known, Timer& timer, Taker take)
    : file_(std::move(file)), known_(std::move(known)), timer_(timer), take_(std::move(take)) {
  look_later();
}

void CredentialsWatch::look_later() {
  timer_.after(kLookAgain, [this] {
    look();
    look_later();
  });
}

void CredentialsWatch::look() {
  struct stat status{};
  const Seen now = ::lstat(file_.path.c_str(), &status) == 0 ? Seen(status) : std::nullopt;
  // A file that was another one at the last look may still be being written.
  const bool rests = last_look_ && same_file(*last_look_, now);
  last_look_ = now;
  if (!rests || (settled_ && same_file(*settled_, now))) return;
  const bool is_first = !std::exchange(settled_, now);
  read_again(is_first);
}

void CredentialsWatch::read_again(bool is_first) {
  auto read = load_credentials(file_);
  if (!read) {
    log::warning("the credentials file is refused, the last one stays in use: {}", read.error().context);
    return;
  }
  if (read->api_key.reveal() != known_.api_key.reveal()) {
    log::warning(
        "the credentials file has another API key, which takes a remount; the last one stays in use");
    return;
  }
  // Also where they are the same: whoever has touched the file wants them tried again.
  const bool are_new = !same_secrets(read->shared_secrets, known_.shared_secrets);
  if (is_first && !are_new) return;
  known_ = *std::move(read);
  if (are_new)
    log::info("the credentials file has changed, shared secrets from now on: {}",
              known_.shared_secrets.size());
  take_(known_.shared_secrets);
}

}  // namespace mediafs
