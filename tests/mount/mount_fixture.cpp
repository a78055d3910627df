#include "mount_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <csignal>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "mediafs/base/bytes.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs::e2e {
namespace {

std::string text_of_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Of `/v1/media/ID` and its like.
std::string id_in(const std::string& path) {
  std::istringstream parts(path);
  std::string part;
  for (int i = 0; i < 4; ++i) std::getline(parts, part, '/');
  return part;
}

/// Such as a signature is.
bool has_hex_digits_in_a_row(const std::string& text, std::size_t count) {
  std::size_t run = 0;
  for (const char c : text) {
    run = std::isxdigit(static_cast<unsigned char>(c)) != 0 ? run + 1 : 0;
    if (run == count) return true;
  }
  return false;
}

bool has_warning(const std::string& log) {
  return log.find(" warning: ") != std::string::npos || log.find(" error: ") != std::string::npos;
}

Arguments words_of(const MountOptions& options) {
  Arguments words;
  for (const auto& [name, value] : options) {
    if (value == kAbsent) continue;
    words.push_back(name);
    if (value != kSet) words.push_back(value);
  }
  return words;
}

}  // namespace

MountTest::MountTest(std::chrono::seconds time)
    : root_(make_test_folder()), watchdog_(root_, time * slowdown()) {}

MountTest::~MountTest() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

void MountTest::SetUp() {
  clear_after_the_dead();
  for (const fs::path& folder : {mount_point(), cache_dir(), scratch()}) fs::create_directory(folder);
  fs::permissions(cache_dir(), fs::perms::owner_all);
  write_file(credentials(),
             "api_key=" + api_options.api_key + "\nshared_secret=" + api_options.secrets.front() + "\n");
}

void MountTest::TearDown() {
  take_down();
  stop_api();
  check_log();
  check_sanitizers();
}

sandbox::Server& MountTest::api() {
  if (!api_) {
    api_ = std::make_unique<sandbox::Server>(api_options);
    url_ = api_->url();
    api_options.port = api_->port();
  }
  return *api_;
}

void MountTest::stop_api() {
  if (!api_) return;
  for (const auto& request : api_->requests()) requested_paths_.push_back(request.path);
  api_->stop();
  api_.reset();
}

void MountTest::restart_api() {
  stop_api();
  api();
}

Outcome MountTest::try_mount(const MountOptions& changes, const std::string& url, const fs::path& where) {
  if (url.empty() && url_.empty()) api();
  MountOptions options{
      {"--credentials", credentials()}, {"--cache-dir", cache_dir()}, {"--log-file", root_ / "log"}};
  for (const auto& [name, value] : changes) options[name] = value;
  options.try_emplace("--log-level", "debug");  // nothing that check_log() looks for may stand there either
  options.try_emplace("--cache-any-fs", kSet);  // a container's temporary folder may be an overlay
  if (options.contains("--no-cache")) options["--cache-dir"] = kAbsent;
  Arguments arguments{"mount"};
  for (std::string& word : words_of(options)) arguments.push_back(std::move(word));
  arguments.push_back(url.empty() ? url_ : url);
  arguments.push_back(where.empty() ? mount_point() : where);
  return mediafs(std::move(arguments));
}

Outcome MountTest::mediafs(Arguments arguments) const {
  arguments.insert(arguments.begin(), kMediafs);
  Outcome outcome = run(arguments, environment());
  check_for_canaries(outcome.out + outcome.err);
  return outcome;
}

void MountTest::mount(const MountOptions& changes) {
  mounted_with_ = changes;
  const Outcome outcome = try_mount(changes);
  require(outcome.code == 0 && is_mounted(), "mediafs mount", outcome);
}

void MountTest::unmount() {
  const Outcome outcome = mediafs({"unmount", mount_point()});
  require(outcome.code == 0 && !is_mounted() && servers_end(), "mediafs unmount", outcome);
}

void MountTest::remount() {
  unmount();
  mount(MountOptions(mounted_with_));
}

void MountTest::kill9() {
  // At one moment, or the one that is left would do something about it.
  for (const int signal : {SIGSTOP, SIGKILL}) {
    for (const pid_t pid : servers()) ::kill(pid, signal);
  }
  require(servers_end(), "kill -9", {});
}

void MountTest::require(bool ok, const std::string& what, const Outcome& outcome) const {
  if (ok) return;
  std::ostringstream text;
  text << what << " failed: " << outcome << '\n' << log();
  throw std::runtime_error(text.str());
}

std::vector<pid_t> MountTest::servers() const {
  std::vector<pid_t> found = processes_of("mediafs", root_);
  // What a server has left to the disk may take the disk minutes that is busy with others' data.
  std::erase_if(found, [](pid_t pid) {
    return text_of_file("/proc/" + std::to_string(pid) + "/comm") == "mediafs-sync\n";
  });
  return found;
}

bool MountTest::servers_end(std::chrono::milliseconds time) const {
  // A server that is kept by others is waited for until the watchdog ends the test.
  while (!eventually([&] { return servers().empty(); }, time)) {
    if (!is_kept_elsewhere(root_)) return false;
  }
  return true;
}

fs::path MountTest::write_file(const fs::path& path, const std::string& content, fs::perms perms) const {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
  fs::permissions(path, perms);
  return path;
}

Environment MountTest::environment() const {
  // The proxies and credentials of whoever runs the tests are not the tests' own.
  Environment changes{{"MEDIAFS_API_KEY", ""}, {"MEDIAFS_SHARED_SECRET", ""}, {"CREDENTIALS_DIRECTORY", ""},
                      {"http_proxy", ""},      {"https_proxy", ""},           {"ALL_PROXY", ""}};
  changes["XDG_CONFIG_HOME"] = root_ / "config";
  changes["M"] = mount_point();
  changes["T"] = scratch();
  changes["MEDIAFS"] = kMediafs;
  for (const char* name : {"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"}) {
    changes[name] = "log_path=" + (root_ / "sanitizer").string();
  }
  for (const auto& [name, value] : extra_environment) changes[name] = value;
  return changes;
}

Outcome MountTest::sh(const std::string& script, std::chrono::milliseconds time) const {
  return start(script)->finish(time);
}

std::unique_ptr<Process> MountTest::start(const std::string& script) const {
  return std::make_unique<Process>(Arguments{"bash", "-c", "set -e -o pipefail\n" + script}, environment());
}

Reading MountTest::read(const std::string& name) const {
  constexpr std::size_t kPiece = 1_MiB;
  const UniqueFd fd(::open(file(name).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return {errno, {}};
  Reading reading;
  std::string piece(kPiece, '\0');
  ssize_t count = 0;
  while ((count = ::read(fd.get(), piece.data(), piece.size())) > 0) {
    reading.bytes.append(piece, 0, static_cast<std::size_t>(count));
  }
  if (count < 0) reading.error = errno;
  return reading;
}

int MountTest::stat_error(const std::string& name) const {
  struct stat status{};
  return ::stat(file(name).c_str(), &status) == 0 ? 0 : errno;
}

void MountTest::drop_pages(const std::string& name) const {
  const UniqueFd fd(::open(file(name).c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(fd);
  ASSERT_EQ(::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED), 0);
}

void MountTest::read_whole(const std::string& id) const {
  const Reading reading = read(id);
  ASSERT_EQ(reading.error, 0) << std::strerror(reading.error) << '\n' << log();
  ASSERT_TRUE(same_bytes(reading.bytes, origin_bytes(id)));
}

void MountTest::keep(const std::string& id) const {
  ASSERT_NO_FATAL_FAILURE(read_whole(id));
  await_kept(id);
}

void MountTest::await_kept(const std::string& name) const {
  ASSERT_TRUE(eventually([&] {
    return sh("getfattr --only-values -n user.mediafs.cached $M/" + name).out == "100";
  })) << log();
}

std::string MountTest::log() const {
  return text_of_file(root_ / "log");
}

void MountTest::take_down() {
  if (is_mounted()) {
    const Outcome outcome = mediafs({"unmount", mount_point()});
    EXPECT_EQ(outcome.code, 0) << outcome << log();
  }
  EXPECT_TRUE(servers_end()) << "the server outlived its mount";
  clear_by_force(root_);
  ASSERT_FALSE(is_mounted());
}

void MountTest::check_for_canaries(const std::string& text) const {
  for (const std::string& secret : api_options.secrets)
    EXPECT_EQ(text.find(secret), std::string::npos) << text;
  EXPECT_EQ(text.find(api_options.api_key), std::string::npos) << text;
  EXPECT_FALSE(has_hex_digits_in_a_row(text, 64)) << text;
}

void MountTest::check_log() const {
  const std::string text = log();
  for (const std::string& path : requested_paths_) {
    const std::string id = id_in(path);
    EXPECT_TRUE(id.empty() || text.find(id) == std::string::npos) << "the log names an id:\n" << text;
  }
  check_for_canaries(text);
  EXPECT_TRUE(warnings_are_expected_ || !has_warning(text)) << text;
}

void MountTest::check_sanitizers() const {
  for (const auto& entry : fs::directory_iterator(root_)) {
    if (!entry.path().filename().string().starts_with("sanitizer")) continue;
    ADD_FAILURE() << text_of_file(entry.path());
  }
}

}  // namespace mediafs::e2e
