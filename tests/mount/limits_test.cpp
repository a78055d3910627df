// Where the system gives little: few open files, few processes.
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <sstream>
#include <thread>

#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

class LowLimits : public MountTest {
 protected:
  void mount_with_descriptors(int limit) {
    extra_environment["URL"] = api().url();
    const Outcome outcome =
        sh("ulimit -n " + std::to_string(limit) +
           "; $MEDIAFS mount --credentials $T/../credentials --cache-any-fs --cache-dir $T/../cache"
           " --log-file $T/../log --log-level debug $URL $M");
    ASSERT_EQ(outcome.code, 0) << outcome << log();
    ASSERT_TRUE(is_mounted());
  }

  /// How many first reads were not right, of that many at the same time.
  int failed_at_once(int count) {
    std::atomic<int> failed = 0;
    std::barrier together(count);
    std::vector<std::jthread> readers;
    readers.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      readers.emplace_back([&, i] {
        const std::string id = media_of(200'000, "reader" + std::to_string(1'000 + i));
        together.arrive_and_wait();
        const Reading reading = read(id);
        if (reading.error != 0 || reading.bytes != origin_bytes(id)) ++failed;
      });
    }
    readers.clear();
    return failed;
  }
};

TEST_F(LowLimits, OfDescriptorsLoseNoReadOfManyAtOnce) {
  api_options.threads = 400;
  api_options.latency = std::chrono::milliseconds(100);  // so that they are under way together
  ASSERT_NO_FATAL_FAILURE(mount_with_descriptors(64));
  EXPECT_EQ(failed_at_once(300), 0) << log();
}

/// As a user who has no other processes, for those of all tests count; in a mount namespace in which that
/// user may use the test's files and /dev/fuse. Whoever has ended counts until its parent has waited for it:
/// in this process namespace the script does so at once.
constexpr const char* kForEachLimit = R"(
  set -e -o pipefail
  ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0  # which takes a process more
  cp $MEDIAFS $T/mediafs
  mknod -m 0666 $T/fuse c 10 229
  mount --bind $T/fuse /dev/fuse
  { cat /etc/passwd; echo "somebody:x:$SOMEBODY:$SOMEBODY::/:/bin/sh"; } > $T/passwd  # fusermount3 wants a name
  mount --bind $T/passwd /etc/passwd
  chown -R $SOMEBODY:$SOMEBODY $T/..
  touch $T/changed
  ARGS="--credentials $T/../credentials --cache-any-fs --cache-dir $T/../cache --log-file $T/../log"
  somebody() { setpriv --reuid $SOMEBODY --regid $SOMEBODY --clear-groups "$@"; }
  left() { findmnt -n $M; pgrep mediafs; }
  ended() { for i in $(seq 600); do left > /dev/null || return 0; sleep 0.1; done; return 1; }
  for limit in $LIMITS; do
    code=0
    timeout -k 1 50 prlimit --nproc=$limit setpriv --reuid $SOMEBODY --regid $SOMEBODY --clear-groups \
      $T/mediafs mount $ARGS $URL $M 2> $T/said > /dev/null < /dev/null || code=$?
    read=-
    if test $code = 0; then
      read=$(somebody timeout -k 1 40 cat $M/gen-1000-0123456789abcdef | wc -c) || read=none
      somebody timeout -k 1 40 $T/mediafs unmount $M || read=no-unmount
    fi
    ended && left=no || left=yes
    echo $limit $code $read $left $(grep -v warning: $T/said)
  done)";

/// What came of one limit: a line of the script.
struct Tried {
  int limit = 0;
  int code = 0;
  std::string read;
  std::string left;
  std::string said;

  explicit Tried(const std::string& line) {
    std::istringstream words(line);
    words >> limit >> code >> read >> left;
    std::getline(words, said);
  }
  [[nodiscard]] bool served() const { return code == 0 && read == "1000"; }
  /// By itself, and with a word on why.
  [[nodiscard]] bool ended() const {
    return code > 0 && code < 124 && said.find("ulimit -u") != std::string::npos;
  }
};

TEST_F(LowLimits, OfProcessesEndTheMountOrLetItServe) {
  expect_warnings();
  std::string limits;
  for (int limit = 2; limit <= 20; ++limit) limits += std::to_string(limit) + " ";
  extra_environment["LIMITS"] = limits + "200";
  extra_environment["URL"] = api().url();
  extra_environment["SOMEBODY"] = std::to_string(20'000 + ::getpid() % 40'000);  // whom no other test is
  write_file(scratch() / "script", kGiveUpCopies + kForEachLimit);
  const Outcome outcome =
      sh("exec unshare --mount --pid --fork --mount-proc --propagation private bash $T/script",
         std::chrono::seconds(140));
  if (!fs::exists(scratch() / "changed"))
    GTEST_SKIP() << "such namespaces cannot be made here: " << outcome.err;
  ASSERT_EQ(outcome.code, 0) << outcome << log();
  std::istringstream lines(outcome.out);
  std::vector<Tried> all;
  for (std::string line; std::getline(lines, line);) all.emplace_back(line);
  ASSERT_EQ(all.size(), 20U) << outcome;
  EXPECT_TRUE(all.front().ended()) << outcome;
  EXPECT_TRUE(all.back().served()) << outcome;
  for (const Tried& tried : all) {
    EXPECT_TRUE(tried.served() || tried.ended()) << tried.limit << '\n' << outcome;
    EXPECT_EQ(tried.left, "no") << tried.limit << '\n' << outcome;
  }
}

}  // namespace
}  // namespace mediafs::e2e
