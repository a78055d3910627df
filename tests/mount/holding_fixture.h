// A program that has a media open and mapped while something happens to it.
#pragma once

#include <csignal>
#include <memory>
#include <string>

#include "mount_fixture.h"

namespace mediafs::e2e {

/// Maps and opens a file, and says what comes of it when `go` is there: what reading gives, then what
/// touching gives (128 + SIGBUS where there is no byte).
inline constexpr const char* kHolder = R"(exec python3 - <<'END'
import mmap, os, time
m, t = os.environ["M"], os.environ["T"]
fd = os.open(m + "/" + os.environ["ID"], os.O_RDONLY)
held = mmap.mmap(fd, 0, prot=mmap.PROT_READ)
first = held[0]
open(t + "/holds", "w").close()
while not os.path.exists(t + "/go"): time.sleep(0.01)
try:
    print("read", len(os.pread(fd, 4096, 0)), flush=True)
except OSError as failed:
    print("read", os.strerror(failed.errno), flush=True)
print("touched", held[0], flush=True)
END)";

template <typename Fixture>
class Holding : public Fixture {
 protected:
  std::unique_ptr<Process> hold(const std::string& id) {
    this->extra_environment["ID"] = id;
    auto holder = this->start(kHolder);
    EXPECT_TRUE(eventually([&] { return fs::exists(this->scratch() / "holds"); }));
    return holder;
  }
  /// Lets it go on: it gets an error where it reads, and SIGBUS where it touches.
  void expect_no_bytes(Process& holder) {
    this->write_file(this->scratch() / "go", "");
    const Outcome outcome = holder.finish(kPatience);
    EXPECT_EQ(outcome.code, 128 + SIGBUS) << outcome;
    EXPECT_EQ(outcome.out, std::string("read ") + std::strerror(ESTALE) + "\n");
  }
};

}  // namespace mediafs::e2e
