#include "booted_system.h"

#include <csignal>
#include <fstream>

namespace mediafs::e2e {
namespace {

constexpr const char* kMountPoint = "/srv/media";

// In control groups of its own, since nspawn's have fixed names. nspawn keeps what it needs in /run, which is
// this namespace's own.
constexpr const char* kBoot = R"(set -e
for hierarchy in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
  [ -e $hierarchy/cgroup.procs ] || continue
  mkdir $hierarchy/$GROUP
  echo 0 > $hierarchy/$GROUP/cgroup.procs
done
mkdir -p $W && mount -t tmpfs tmpfs $W && mkdir $W/{changes,work,root}
cp -a $FILES/. $W/changes/
mount -t overlay overlay -o lowerdir=/,upperdir=$W/changes,workdir=$W/work $W/root
mount -t tmpfs tmpfs /run
exec systemd-nspawn --quiet --boot --register=no --keep-unit --link-journal=no --console=pipe \
  --bind=/dev/fuse --directory=$W/root systemd.unit=basic.target
)";

constexpr const char* kReader = R"(
import hashlib, mmap, os, sys
media = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECT)
piece = mmap.mmap(-1, 128 * 1024)
while not os.path.exists('/run/stop'):
    digest = hashlib.sha256()
    at = 0
    while count := os.preadv(media, [piece], at):
        digest.update(piece[:count])
        at += count
    if digest.hexdigest() != sys.argv[2]:
        sys.exit('wrong bytes')
    open('/run/reads', 'w').close()
)";

/// The only one; -1: there is none.
pid_t child_of(pid_t parent) {
  std::ifstream file("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
  pid_t child = -1;
  return file >> child ? child : -1;
}

}  // namespace

void BootedSystemTest::install_all() {
  for (const char* folder : {"etc/mediafs", "etc/systemd/system", "usr/bin", "srv/media"})
    fs::create_directories(files() / folder);
  for (const fs::path& folder :
       {files(), files() / "etc", files() / "usr", files() / "usr/bin", files() / "srv"})
    fs::permissions(folder, fs::perms(0755));
  fs::copy_file(kMediafs, files() / "usr/bin/mediafs");
  for (const auto& unit : fs::directory_iterator(kUnits)) {
    if (unit.path().extension() == ".service" || unit.path().extension() == ".mount")
      fs::copy_file(unit.path(), files() / "etc/systemd/system" / unit.path().filename());
  }
  fs::copy_file(credentials(), files() / "etc/mediafs/credentials");
  if (fs::exists(files() / std::string(kConfig).substr(1))) return;
  install(kConfig, "url = " + api().url() + "\nmountpoint = " + kMountPoint +
                       "\ncredentials = /etc/mediafs/credentials\ncache-any-fs\n" + options_ + "\n");
}

bool BootedSystemTest::boot() {
  install_all();
  extra_environment["FILES"] = files();
  extra_environment["W"] = root() / "system";
  extra_environment["GROUP"] = root().filename();
  write_file(scratch() / "boot", kGiveUpCopies + kBoot);
  // With the first process of its name space of processes all others end.
  system_ =
      start("exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc bash $T/boot");
  const bool is_up = eventually([&] {
    if (system_->ended()) return true;
    first_process_ = child_of(child_of(system_->pid()));
    return first_process_ > 0 && inside("systemctl is-active --quiet basic.target dbus.socket").code == 0;
  });
  if (is_up && !system_->ended()) return true;
  const Outcome outcome = system_->finish(std::chrono::milliseconds(0));
  why_not_ = outcome.out + outcome.err;
  return false;
}

std::unique_ptr<Process> BootedSystemTest::start_inside(const std::string& script) const {
  return std::make_unique<Process>(Arguments{"nsenter", "--target", std::to_string(first_process_), "--all",
                                             "env", "-i", "--chdir=/", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                                             std::string("M=") + kMountPoint, "bash", "-c",
                                             "set -e -o pipefail; " + script});
}

Outcome BootedSystemTest::inside(const std::string& script, std::chrono::milliseconds time) const {
  return start_inside(script)->finish(time);
}

std::string BootedSystemTest::property(const std::string& name, const std::string& unit) const {
  std::string value = inside("systemctl show --value --property=" + name + " " + unit).out;
  if (value.ends_with('\n')) value.pop_back();
  return value;
}

std::string BootedSystemTest::journal(const std::string& options) const {
  return inside(std::string("journalctl --sync; journalctl --no-pager --unit ") + kService + " " + options)
      .out;
}

void BootedSystemTest::start_service() {
  const Outcome started = inside(std::string("systemctl start ") + kService);
  ASSERT_EQ(started.code, 0) << started << journal();
}

void BootedSystemTest::start_reader(const std::string& id) {
  reader_ =
      start_inside("exec python3 -c \"" + std::string(kReader) + "\" $M/" + id + " " + origin_sha256(id));
  ASSERT_TRUE(eventually([&] { return inside("test -e /run/reads").code == 0 || reader_->ended(); }));
  ASSERT_FALSE(reader_->ended()) << reader_->finish(kPatience) << journal();
}

void BootedSystemTest::stop_reader() {
  ASSERT_EQ(inside("rm /run/reads; while [ ! -e /run/reads ]; do sleep 0.01; done; touch /run/stop").code, 0);
  const Outcome outcome = reader_->finish(kPatience);
  EXPECT_EQ(outcome.code, 0) << outcome << journal();
}

void BootedSystemTest::TearDown() {
  reader_.reset();
  system_.reset();  // and with it all that runs in it
  EXPECT_TRUE(eventually([this] {
    return sh("for group in /sys/fs/cgroup/{,systemd/,unified/}$GROUP; do [ ! -e $group ] || "
              "find $group -depth -type d -exec rmdir {} +; done 2> /dev/null")
               .code == 0;
  })) << "its control groups stay";
  MountTest::TearDown();
}

}  // namespace mediafs::e2e
