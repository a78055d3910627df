// Who answers a command over a socket may be anybody: only the right user is believed, and nothing of what is
// said moves a terminal's cursor.
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

constexpr uid_t kNobody = 65534;
const std::string kClear = "\x1b[2J\x1b]0;a title\x07";

/// A process that listens somewhere and gives everybody the same answer.
class FakePeer {
 public:
  /// In the kernel's abstract name space where `directory` is empty.
  FakePeer(const std::string& name, const fs::path& directory, uid_t user, const std::string& answer) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const bool abstract = directory.empty();
    std::memcpy(address.sun_path + (abstract ? 1 : 0), name.data(), name.size());
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    int ends[2] = {-1, -1};
    if (::pipe(ends) != 0) return;
    child_ = ::fork();
    if (child_ == 0) {
      const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
      const bool listens = (abstract || ::chdir(directory.c_str()) == 0) &&
                           ::bind(socket, reinterpret_cast<const sockaddr*>(&address), length) == 0 &&
                           ::setuid(user) == 0 && ::listen(socket, 8) == 0;
      static_cast<void>(!::write(ends[1], listens ? "1" : "0", 1));
      while (listens) give(::accept(socket, nullptr, nullptr), answer);
      ::_exit(1);
    }
    char said = '0';
    listens_ = ::read(ends[0], &said, 1) == 1 && said == '1';
    ::close(ends[0]);
    ::close(ends[1]);
  }
  ~FakePeer() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  FakePeer(const FakePeer&) = delete;
  FakePeer& operator=(const FakePeer&) = delete;

  [[nodiscard]] bool listens() const { return listens_; }

 private:
  static void give(int client, const std::string& answer) {
    char question[4096];
    if (::read(client, question, sizeof(question)) > 0)
      static_cast<void>(!::write(client, answer.data(), answer.size()));
    ::close(client);
  }

  pid_t child_ = -1;
  bool listens_ = false;
};

std::string http(const std::string& status, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

class UntrustedPeers : public MountTest {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    if (::geteuid() != 0) GTEST_SKIP() << "only root can be two users";
  }
  /// One that answers in the place of a mount's supervisor.
  std::unique_ptr<FakePeer> supervisor_by(uid_t user) {
    mount({{"--no-supervisor", kSet}});
    std::string device = sh("findmnt -no MAJ:MIN $M | tail -n 1 | tr -d ' \\n'").out;
    return std::make_unique<FakePeer>("mediafs/" + device, fs::path(), user,
                                      http("500 " + kClear, kClear + "so be it"));
  }
  /// One that answers in the place of the server that has the cache.
  std::unique_ptr<FakePeer> cache_server_by(uid_t user, const std::string& answer = "") {
    mount();
    keep(media_of(1'000));
    unmount();
    const fs::path cache = fs::directory_iterator(cache_dir())->path();
    if (!answer.empty()) return std::make_unique<FakePeer>("control", cache, user, answer);
    return std::make_unique<FakePeer>(
        "control", cache, user,
        http("200 OK", R"({"used": 424242, "trouble": "\u001b[2J", "\u001b[2J": "\u001b[2J"})"));
  }
  [[nodiscard]] Outcome stats(const Arguments& more) const {
    Arguments words{"cache", "stats", "--cache-dir", cache_dir(), "--credentials", credentials()};
    words.insert(words.end(), more.begin(), more.end());
    return mediafs(words);
  }
};

TEST_F(UntrustedPeers, WhatASupervisorSaysIsPrintedHarmless) {
  const auto peer = supervisor_by(0);
  ASSERT_TRUE(peer->listens());
  const Outcome outcome = mediafs({"upgrade", mount_point()});
  EXPECT_EQ(outcome.code, 19) << outcome;
  EXPECT_NE(outcome.err.find("\\x1b[2J\\x1b]0;a title\\x07so be it"), std::string::npos) << outcome;
  EXPECT_EQ(outcome.err.find('\x1b'), std::string::npos) << outcome;
}

TEST_F(UntrustedPeers, AnUpgradeBelievesNoSquatter) {
  const auto peer = supervisor_by(kNobody);
  ASSERT_TRUE(peer->listens());
  const Outcome outcome = mediafs({"upgrade", mount_point()});
  EXPECT_EQ(outcome.code, 19) << outcome;
  EXPECT_NE(outcome.err.find("somebody else answers for this mount"), std::string::npos) << outcome;
}

TEST_F(UntrustedPeers, WhatAFileSaysIsPrintedHarmless) {
  const fs::path config = write_file(root() / "config", kClear + "=1\ndeadline=" + kClear + "\n");
  write_file(root() / "key", "api_key=" + kClear + "\nshared_secret=" + kClear + "\n");
  for (const MountOptions& options :
       {MountOptions{{"--config", config}}, MountOptions{{"--credentials", root() / "key"}},
        MountOptions{{"--credentials", root() / (kClear + "none")}}, MountOptions{{"--sessions", kClear}}}) {
    const Outcome outcome = try_mount(options);
    EXPECT_NE(outcome.code, 0) << outcome;
    EXPECT_NE(outcome.err, "");
    EXPECT_EQ((outcome.out + outcome.err).find_first_of("\x1b\x07"), std::string::npos) << outcome;
  }
}

TEST_F(UntrustedPeers, WhatACachesServerSaysIsPrintedHarmless) {
  const auto peer = cache_server_by(0);
  ASSERT_TRUE(peer->listens());
  for (const Arguments& how : {Arguments{}, Arguments{"--json"}}) {
    const Outcome outcome = stats(how);
    EXPECT_EQ(outcome.code, 0) << outcome;
    EXPECT_NE(outcome.out.find("1b[2J"), std::string::npos) << outcome;
    EXPECT_EQ((outcome.out + outcome.err).find_first_of("\x1b\x07"), std::string::npos) << outcome;
  }
}

TEST_F(UntrustedPeers, WhatIsNestedDeeplyDoesNoHarm) {
  const std::string deep = std::string(400'000, '[') + std::string(400'000, ']');
  const auto peer = cache_server_by(0, http("200 OK", R"({"used": 1, "x": )" + deep + "}\n"));
  ASSERT_TRUE(peer->listens());
  EXPECT_EQ(stats({"--json"}).code, 0);
  const Outcome verified =
      mediafs({"cache", "verify", "--cache-dir", cache_dir(), "--credentials", credentials()});
  EXPECT_EQ(verified.code, 0) << verified;
}

TEST_F(UntrustedPeers, ACacheCommandBelievesNoSquatter) {
  const auto peer = cache_server_by(kNobody);
  ASSERT_TRUE(peer->listens());
  const Outcome outcome = stats({"--json"});
  EXPECT_EQ(outcome.code, 0) << outcome;
  EXPECT_EQ(outcome.out.find("424242"), std::string::npos) << outcome;
  EXPECT_NE(outcome.out.find("\"used\""), std::string::npos) << "it has looked by itself: " << outcome;
}

}  // namespace
}  // namespace mediafs::e2e
