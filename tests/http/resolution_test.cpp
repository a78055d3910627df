// A name whose resolution hangs: getaddrinfo(3) cannot be interrupted.
#include <netinet/in.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <vector>

#include <gtest/gtest.h>

#include "http/left_behind.h"
#include "http/own_namespaces.h"
#include "mediafs/http/http_client.h"
#include "sandbox/server.h"

namespace mediafs {
namespace {

class WaitingSink : public ResponseSink {
 public:
  Flow on_head(const ResponseHead&) override { return Flow::go_on; }
  Flow on_body(ByteView) override { return Flow::go_on; }
  void on_end(Status outcome) override { ended.set_value(std::move(outcome)); }
  std::promise<Status> ended;
};

std::future<Status> ask(HttpClient& client, const std::string& url) {
  const auto sink = std::make_shared<WaitingSink>();
  client.start({.url = url}, sink);
  return sink->ended.get_future();
}

void enter_own_mounts() {
  EXPECT_EQ(::unshare(CLONE_NEWNS), 0);
  EXPECT_EQ(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
}
/// Of /etc, for this process alone.
void configure(const char* name, const std::string& text) {
  const std::string path = testing::TempDir() + name + std::to_string(::getpid());
  std::ofstream(path) << text;
  EXPECT_EQ(::mount(path.c_str(), (std::string("/etc/") + name).c_str(), nullptr, MS_BIND, nullptr), 0);
  std::filesystem::remove(path);
}

/// Whoever asks the name server of this process' own machine waits, for it never answers.
UniqueFd silent_name_server() {
  UniqueFd server(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  enter_own_mounts();
  configure("resolv.conf", "nameserver 127.0.0.1\noptions timeout:20 attempts:1\n");
  configure("nsswitch.conf", "hosts: files dns\n");
  return server;
}

std::ptrdiff_t threads() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
}

void names_hang() {
  enter_own_network();
  const UniqueFd name_server = silent_name_server();
  sandbox::Server origin;
  HttpClient client({.connect_timeout = std::chrono::seconds(1)});
  ASSERT_TRUE(ask(client, origin.url() + "/").get().ok());
  const std::ptrdiff_t before = threads();

  EXPECT_EQ(ask(client, "http://hangs.test:1/").get().error().code, Errc::unreachable);
  EXPECT_GT(threads(), before) << "the resolver's still hangs, and nobody has waited for it";
  EXPECT_TRUE(ask(client, origin.url() + "/").get().ok());

  std::vector<std::future<Status>> many;
  for (int i = 0; i < 40; ++i) {
    many.push_back(ask(client, "http://hangs" + std::to_string(i) + ".test:1/"));
    if (i % 8 != 7) continue;
    EXPECT_EQ(many.back().get().error().code, Errc::unreachable);
  }
  EXPECT_LE(threads(), before + 3 * static_cast<std::ptrdiff_t>(LeftBehind::kMost))
      << "what is left is bounded";
  EXPECT_TRUE(ask(client, origin.url() + "/").get().ok());
}

void names_are_unknown() {
  enter_own_network();
  enter_own_mounts();
  configure("nsswitch.conf", "hosts: files\n");
  configure("hosts", "127.0.0.1 known.test\n");
  sandbox::Server origin;
  HttpClient client({});
  for (int i = 0; i < 3 * static_cast<int>(LeftBehind::kMost); ++i)
    EXPECT_EQ(ask(client, "http://unknown.test:1/").get().error().code, Errc::unreachable);
  const std::string port = origin.url().substr(origin.url().rfind(':'));
  EXPECT_TRUE(ask(client, "http://known.test" + port + "/").get().ok());
}

/// The resolver has answered: it has left nothing behind.
TEST(Resolution, ThatFailsIsNotHeldAgainstTheNext) {
  run_apart(&names_are_unknown);
}

TEST(Resolution, ThatHangsHoldsUpNoTransferAndLeavesFewThreadsBehind) {
  run_apart(&names_hang);
}

}  // namespace
}  // namespace mediafs
