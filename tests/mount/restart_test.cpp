// A server that ends without having been asked to is followed by another, and nobody notices.
#include <algorithm>
#include <random>
#include <thread>

#include "supervised_fixture.h"

namespace mediafs::e2e {
namespace {

class KilledUnderLoad : public LoadedTest {
 protected:
  using LoadedTest::LoadedTest;

  void kill_servers(unsigned times) {
    mount({{"--cache-size", "2G"}});
    ASSERT_NO_FATAL_FAILURE(start_readers());
    std::mt19937 generator(1);
    for (unsigned round = 0; round < times; ++round) {
      const auto before = server();
      ASSERT_NO_FATAL_FAILURE(kill_server());
      ASSERT_TRUE(eventually([&] { return server() != before; })) << log();
      // At any moment: not a wait for something.
      std::this_thread::sleep_for(std::chrono::milliseconds(generator() % 300));
    }
    stop_readers();
    EXPECT_GE(times_in_log("another one takes over"), times);
  }
};

TEST_F(KilledUnderLoad, TwelveTimesNoReaderNotices) {
  kill_servers(12);
}

class LongKilledUnderLoad : public KilledUnderLoad {
 protected:
  LongKilledUnderLoad() : KilledUnderLoad(100) {}
};

TEST_F(LongKilledUnderLoad, FiftyTimesNoneOfAHundredReadersNotices) {
  kill_servers(50);
}

/// What holds on to the mount in the ways that programs do, says what it sees before and after.
constexpr const char* kHoldsOn = R"(exec python3 - <<'END'
import mmap, os, time, hashlib
m, t, i = os.environ["M"], os.environ["T"], os.environ["ID"]
size = int(os.environ["SIZE"])
fd = os.open(m + "/" + i, os.O_RDONLY)
mapped = mmap.mmap(fd, 0, prot=mmap.PROT_READ)
head = os.pread(fd, 100000, 0)
os.chdir(m + "/sessions/" + os.environ["SESSION"])
listing = sorted(os.listdir("."))
folder = os.scandir(m)
names = [next(folder).name for _ in range(3)]
open(t + "/holds", "w").close()
while not os.path.exists(t + "/go"): time.sleep(0.01)
os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
body = b""
while len(body) < size: body += os.pread(fd, 1 << 20, len(body))
print("file", hashlib.sha256(body).hexdigest())
print("map", hashlib.sha256(mapped[:]).hexdigest())
print("head", head == body[:100000])
names += [entry.name for entry in folder]
print("folder", len(names) == len(set(names)) == int(os.environ["COUNT"]))
print("cwd", sorted(os.listdir(".")) == listing, len(open(listing[-1], "rb").read()) > 0)
END)";

class HeldOn : public SupervisedTest {
 protected:
  void expect_to_go_on(const MountOptions& options) {
    const std::string id = media_of(20'000'000);
    const std::string session = "661a247f-f911-4163-b4f7-2c9033c828c7";
    api_options.samples = kSamples;
    mount(options);
    for (std::uint64_t i = 0; i < 500; ++i) ASSERT_EQ(stat_error(media_of(1'000 + i)), 0);
    ASSERT_EQ(sh("ls $M/sessions/" + session).code, 0) << log();
    ASSERT_EQ(stat_error(id), 0);
    extra_environment = {{"ID", id},
                         {"SIZE", "20000000"},
                         {"SESSION", session},
                         {"COUNT", std::to_string(std::stoi(sh("ls $M | wc -l").out))}};
    const auto holder = start(kHoldsOn);
    ASSERT_TRUE(eventually([&] { return fs::exists(scratch() / "holds") || holder->ended(); }));
    restart_server();
    restart_server();
    write_file(scratch() / "go", "");
    const Outcome outcome = holder->finish(kPatience);
    EXPECT_EQ(outcome.code, 0) << outcome << log();
    EXPECT_EQ(outcome.out, "file " + origin_sha256(id) + "\nmap " + origin_sha256(id) +
                               "\nhead True\nfolder True\ncwd True True\n");
  }
};

TEST_F(HeldOn, FileMapDirectoryAndWorkingDirectoryGoOn) {
  expect_to_go_on({});
}

TEST_F(HeldOn, WithoutACacheToo) {
  expect_to_go_on({{"--no-cache", kSet}});
}

TEST_F(HeldOn, AFindInTheMiddleOfItFindsEverythingOnce) {
  mount();
  std::string all;
  for (std::uint64_t i = 0; i < 2'000; ++i) ASSERT_EQ(stat_error(media_of(1'000 + i)), 0);
  const auto finder = start(R"(find $M -type f -name 'gen-*' -printf '%f\n' | while read -r name; do
    echo $name; [ -e $T/begun ] || { touch $T/begun; while [ ! -e $T/go ]; do sleep 0.01; done; }; done)");
  ASSERT_TRUE(eventually([&] { return fs::exists(scratch() / "begun"); }));
  restart_server();
  // What has come meanwhile moves nothing that was there.
  for (std::uint64_t i = 0; i < 50; ++i) ASSERT_EQ(stat_error(media_of(900 - i)), 0);
  write_file(scratch() / "go", "");
  const Outcome outcome = finder->finish(kPatience);
  ASSERT_EQ(outcome.code, 0) << outcome;
  std::istringstream lines(outcome.out);
  std::map<std::string, int> times;
  for (std::string name; std::getline(lines, name);) ++times[name];
  for (std::uint64_t i = 0; i < 2'000; ++i) ASSERT_EQ(times[media_of(1'000 + i)], 1) << i;
}

class Restarted : public SupervisedTest {};

/// A reader that is cut off in the middle of a download by its server's end.
class CutOff : public SupervisedTest {
 protected:
  const std::string id_ = media_of(40_MiB);

  void expect_to_be_read_whole() {
    api().set_rules(id_ + " 1 stall 20M");
    mount();
    const auto reader = start("exec sha256sum < $M/" + id_);
    ASSERT_TRUE(eventually([&] { return api().requests_for(id_) == 1; }));
    ASSERT_EQ(sh("head -c 10000000 $M/" + id_ + " > /dev/null").code, 0);
    kill_server();
    const Outcome outcome = reader->finish(kPatience);
    EXPECT_EQ(outcome.out.substr(0, 64), origin_sha256(id_)) << outcome << log();
  }
};

TEST_F(CutOff, GoesOnByRange) {
  expect_to_be_read_whole();
  const auto requests = api().requests();
  EXPECT_TRUE(
      std::any_of(requests.begin(), requests.end(), [](const auto& one) { return one.status == 206; }));
}

TEST_F(CutOff, BeginsAnewWithoutRangesAndValidators) {
  api_options.ranges = false;
  api_options.validators = false;
  expect_to_be_read_whole();
  EXPECT_EQ(api().requests_for(id_), 2U);
}

TEST_F(Restarted, AMediaThatHasBecomeAnotherWithoutASignOfItIsNotMixed) {
  const std::string id = "changes-unnoticed-01";
  constexpr std::size_t kBytes = 16_MiB;
  api_options.ranges = false;
  api_options.validators = false;
  api().put_media(id, "video/mp4", std::string(kBytes, 'a'));
  api().set_rules(id + " 1 stall 8M");
  mount();
  const auto reader = start("exec tr -d a < $M/" + id);
  // Some of it is on the disk, and so is known to be of the first version.
  ASSERT_TRUE(
      eventually([&] { return sh("getfattr --only-values -n user.mediafs.cached $M/" + id).out > "1"; }));
  api().put_media(id, "video/mp4", std::string(kBytes, 'b'));
  kill_server();
  const Outcome outcome = reader->finish(kPatience);
  EXPECT_NE(outcome.code, 0);
  EXPECT_EQ(outcome.out, "") << "bytes of the second version behind those of the first";
  EXPECT_NE(outcome.err.find("Stale"), std::string::npos) << outcome.err;
}

/// To make the kernel forget a name waits for look-ups in its directory; those of a dead server are answered
/// by the next one, which must not wait for the dead one's thread.
TEST_F(Restarted, AThreadThatWaitsInTheKernelForALookUpHoldsUpNoOtherServer) {
  const std::string session = "661a247f-f911-4163-b4f7-2c9033c828c7";
  api_options.samples = kSamples;
  api().set_rules("sessions/" + session + "/media 2+ hang");
  MountOptions options = kWaitingLong;
  options["--listing-ttl"] = "1ms";
  mount(options);
  const Outcome listed = sh("ls -1 $M/sessions/" + session);
  ASSERT_EQ(listed.code, 0) << listed;
  const Outcome id =
      sh("cd $M/sessions/" + session + "; getfattr --only-values -n user.mediafs.id face-*.jpg");
  const auto waiting = start("exec stat $M/sessions/" + session + "/face-00000000.jpg");
  ASSERT_TRUE(eventually([&] { return api().total_requests() >= 2; }));
  ASSERT_EQ(mediafs({"cache", "erase", id.out.substr(0, 36), "--cache-dir", cache_dir(), "--credentials",
                     credentials()})
                .code,
            0)
      << id;
  const pid_t before = *server();
  ASSERT_TRUE(eventually([&] {
    return sh("grep -l '^State:.*disk sleep' /proc/" + std::to_string(before) + "/task/*/status").code == 0;
  })) << "no thread waits";
  ASSERT_NO_FATAL_FAILURE(kill_server());
  await_server_after(before);
  read_whole(media_of(100'000));
  api().set_rules("");
  api().release();
  EXPECT_EQ(waiting->finish(kPatience).code, 1);
  EXPECT_TRUE(eventually([&] { return !fs::exists("/proc/" + std::to_string(before)); }));
}

TEST_F(Restarted, ReadsThatWaitForTheOriginAreAskedAgain) {
  const std::string id = media_of(8_MiB);
  api().set_rules(id + " 1 hang");
  mount(kWaitingLong);
  std::vector<std::unique_ptr<Process>> readers;
  for (int i = 0; i < 5; ++i) readers.push_back(start("exec sha256sum < $M/" + id));
  ASSERT_TRUE(eventually([&] { return api().requests_for(id) == 1; }));
  kill_server();
  for (const auto& reader : readers) {
    const Outcome outcome = reader->finish(kPatience);
    EXPECT_EQ(outcome.out.substr(0, 64), origin_sha256(id)) << outcome << log();
  }
}

TEST_F(Restarted, NumbersNamesAndTimesAreWhatTheyWere) {
  api_options.samples = kSamples;
  mount();
  const std::string look = "cd $M && stat -c '%n %i %s %Y %h' sessions/*/* attempts/*/* gen-* | sort";
  ASSERT_EQ(stat_error(media_of(1'234)), 0);
  ASSERT_EQ(sh("ls -R $M/sessions/661a247f-f911-4163-b4f7-2c9033c828c7").code, 0);
  const Outcome before = sh(look);
  restart_server();
  const Outcome after = sh(look);
  EXPECT_EQ(after.out, before.out);
}

TEST_F(Restarted, WithTheApiAwayWhatIsCachedIsServed) {
  const std::string id = media_of(1_MiB);
  mount();
  keep(id);
  stop_api();
  restart_server();
  drop_pages(id);
  read_whole(id);
}

TEST_F(Restarted, TheCachesLockIsNeverFree) {
  const std::string id = media_of(1_MiB);
  mount();
  read_whole(id);
  restart_server();
  fs::create_directory(root() / "second");
  EXPECT_EQ(try_mount({}, api().url(), root() / "second").code, 14);
  // Nor while there is no server at all.
  const auto there = server();
  ASSERT_TRUE(there && supervisor());
  ::kill(*supervisor(), SIGSTOP);
  ::kill(*there, SIGKILL);
  ASSERT_TRUE(eventually([&] { return !fs::exists("/proc/" + std::to_string(*there) + "/exe"); }));
  EXPECT_EQ(try_mount({}, api().url(), root() / "second").code, 14);
  ::kill(*supervisor(), SIGCONT);
  await_server_after(*there);
  read_whole(id);
}

TEST_F(Restarted, ACachedMediaIsErasedByTheNextServerToo) {
  const std::string id = media_of(1_MiB);
  mount();
  read_whole(id);
  restart_server();
  ASSERT_EQ(mediafs({"cache", "erase", id, "--cache-dir", cache_dir(), "--credentials", credentials()}).code,
            0);
  EXPECT_EQ(sh("ls $M | grep gen-").code, 1);
}

TEST_F(Restarted, ACacheCommandOutlastsTheLongestPauseAfterACrash) {
  expect_warnings();
  mount();
  read_whole(media_of(1'000));
  // The fifth of them comes 5 s after the fourth.
  for (int crashes = 1; crashes <= 4; ++crashes) {
    const auto there = server();
    ASSERT_TRUE(there);
    ::kill(*there, SIGABRT);  // of which no sanitizer makes a finding
    if (crashes < 4) await_server_after(*there);
  }
  const Outcome erased = mediafs({"cache", "erase", media_of(1'000), "--cache-dir", cache_dir().string(),
                                  "--credentials", credentials().string()});
  EXPECT_EQ(erased.code, 0) << erased << log();
  EXPECT_EQ(erased.out, "erased 1\n");
}

TEST_F(Restarted, CredentialsFromTheEnvironmentAreStillThere) {
  const std::string id = media_of(1_MiB);
  extra_environment = {{"MEDIAFS_API_KEY", api_options.api_key},
                       {"MEDIAFS_SHARED_SECRET", api_options.secrets.front()}};
  mount({{"--credentials", kAbsent}});
  restart_server();
  read_whole(id);
}

TEST_F(Restarted, RelativePathsMeanWhatTheyMeant) {
  api();
  const Outcome mounted =
      sh("cd $T/.. && $MEDIAFS mount --credentials credentials --cache-any-fs --cache-dir cache --log-file "
         "log " +
         api().url() + " mnt");
  ASSERT_EQ(mounted.code, 0) << mounted;
  restart_server();
  read_whole(media_of(1_MiB));
}

TEST_F(Restarted, AConfigFileThatHasGoneIsNotMissed) {
  const fs::path config = write_file(root() / "config", "file-mode=0444\n");
  mount({{"--config", config}});
  fs::remove(config);
  restart_server();
  EXPECT_EQ(fs::status(file(media_of(1))).permissions() & fs::perms::mask, fs::perms(0444));
}

}  // namespace
}  // namespace mediafs::e2e
