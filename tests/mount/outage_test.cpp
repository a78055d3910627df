// What an origin that fails is spared however many read, and how soon all is right when it is back.
#include <fcntl.h>
#include <sched.h>

#include <fstream>
#include <sstream>

#include "http/own_namespaces.h"
#include "looping_readers.h"
#include "mediafs/base/unique_fd.h"
#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

/// The main thread, and all that it starts, in a network of its own: what is counted there is of the test.
class OwnNetwork {
 public:
  OwnNetwork() : before_(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {}
  ~OwnNetwork() { ::setns(before_.get(), CLONE_NEWNET); }
  OwnNetwork(const OwnNetwork&) = delete;
  OwnNetwork& operator=(const OwnNetwork&) = delete;

  static bool enter() {
    if (::unshare(CLONE_NEWNET) != 0) return false;
    enter_own_network();
    return true;
  }
  /// Connections that were asked for and refused.
  static std::uint64_t refused() {
    std::ifstream counters("/proc/thread-self/net/snmp");
    std::vector<std::string> lines;
    for (std::string line; std::getline(counters, line);)
      if (line.starts_with("Tcp:")) lines.push_back(line);
    std::istringstream names(lines.at(0));
    std::istringstream values(lines.at(1));
    std::string value;
    for (std::string name; names >> name && values >> value;)
      if (name == "AttemptFails") return std::stoull(value);
    throw std::runtime_error("no AttemptFails");
  }

 private:
  const UniqueFd before_;
};

struct Kind {
  const char* name;
  const char* rule;    // empty: it is not by a rule
  const char* opens;   // the line of the log; empty: none
  const char* closes;  // the same
};

constexpr const char* kNoAnswer = "the origin does not answer as it should";
constexpr const char* kDenied = "the API does not take the credentials: until they are others";
constexpr const char* kAnswersAgain = "the origin answers again";
const Kind kKinds[] = {
    {"TooMany", "* * status 429", "", ""},
    {"Busy", "* * status 503", kNoAnswer, kAnswersAgain},
    {"Refused", "", "the origin cannot be reached", kAnswersAgain},
    {"Dropped", "* * drop", kNoAnswer, kAnswersAgain},
    {"Denied", "", kDenied, "the API takes the credentials again"},
};

/// Of all that the origin is asked.
class WholeOutage : public MountTest, public ::testing::WithParamInterface<Kind> {
 protected:
  static constexpr const char* kOtherSecret = "the-other-shared-secret";

  using MountTest::MountTest;

  void SetUp() override {
    if (!OwnNetwork::enter()) GTEST_SKIP() << "no network of its own can be made here";
    MountTest::SetUp();
    expect_warnings();
  }

  [[nodiscard]] bool is(const char* name) const { return std::string(GetParam().name) == name; }
  void begin() {
    if (is("Refused"))
      stop_api();
    else if (is("Denied"))
      api().set_secrets({kOtherSecret});
    else
      api().set_rules(GetParam().rule);
  }
  void end() {
    if (is("Refused"))
      restart_api();
    else if (is("Denied"))
      write_file(credentials(),
                 "api_key=" + api_options.api_key + "\nshared_secret=" + std::string(kOtherSecret) + "\n");
    else
      api().set_rules("");
  }
  std::uint64_t asked() { return is("Refused") ? OwnNetwork::refused() : api().total_requests(); }
  [[nodiscard]] std::size_t lines_of_log(const std::string& text) const {
    const std::string all = log();
    std::size_t count = 0;
    for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++count;
    return count;
  }

  void suffer(std::size_t count, std::chrono::seconds time) {
    mount({{"--deadline", "5s"}});
    LoopingReaders readers(count, [&](std::size_t reader, std::uint64_t file) {
      const std::string id =
          media_of(1'000, "reader" + std::to_string(1000 + reader) + "-" + std::to_string(file));
      const Reading reading = read(id);
      if (reading.error != 0) return reading.error;
      return reading.bytes == origin_bytes(id) ? 0 : LoopingReaders::kWrongBytes;
    });
    ASSERT_TRUE(eventually([&] { return readers.each_beyond(std::vector<std::uint64_t>(count, 0)); }))
        << log();
    begin();
    EXPECT_FALSE(eventually([] { return false; }, kTimeToNotice));
    const std::uint64_t before = asked();
    const auto window = time - kTimeToNotice;
    const auto allowed = 10 * static_cast<std::uint64_t>(window.count());
    EXPECT_FALSE(eventually([&] { return asked() - before > allowed; }, window));
    std::printf("%s: asked %llu times in %lld s\n", GetParam().name,
                static_cast<unsigned long long>(asked() - before), static_cast<long long>(window.count()));
    expect_right_again(readers);
  }

  void expect_right_again(const LoopingReaders& readers) {
    const auto right = readers.right();
    const auto back = std::chrono::steady_clock::now();
    end();
    EXPECT_TRUE(eventually([&] { return readers.each_beyond(right); }, kSoon * slowdown())) << log();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - back;
    std::printf("%s: all are right again after %.2f s\n", GetParam().name, took.count());
    for (const auto& [error, times] : readers.failures())
      std::printf("  %llu times %s\n", static_cast<unsigned long long>(times), std::strerror(error));
    EXPECT_FALSE(readers.failures().contains(LoopingReaders::kWrongBytes));
    expect_a_line_each();
  }
  void expect_a_line_each() const {
    for (const char* line : {kNoAnswer, kAnswersAgain, "the origin cannot be reached", kDenied,
                             "the API takes the credentials again"}) {
      const std::string text(line);
      EXPECT_EQ(lines_of_log(text), text == GetParam().opens || text == GetParam().closes ? 1U : 0U)
          << text << '\n'
          << log();
    }
  }

 private:
  static constexpr std::chrono::seconds kTimeToNotice{2};
  static constexpr std::chrono::seconds kSoon{10};  // two, and what a busy machine needs

  OwnNetwork network_;
};

TEST_P(WholeOutage, IsAskedLittleLoggedInALineEachAndSoonRightAgain) {
  suffer(40, std::chrono::seconds(5));
}
INSTANTIATE_TEST_SUITE_P(OfEachKind, WholeOutage, ::testing::ValuesIn(kKinds), kItsName);

class FewInAnOutage : public WholeOutage {};

TEST_P(FewInAnOutage, IsAskedLittleLoggedInALineEachAndSoonRightAgain) {
  suffer(3, std::chrono::seconds(8));
}
INSTANTIATE_TEST_SUITE_P(OfEachKind, FewInAnOutage, ::testing::ValuesIn(kKinds), kItsName);

class LongOutage : public WholeOutage {};

TEST_P(LongOutage, TwoHundredReadersForHalfAMinute) {
  suffer(200, std::chrono::seconds(30));
}
INSTANTIATE_TEST_SUITE_P(OfEachKind, LongOutage, ::testing::ValuesIn(kKinds), kItsName);

}  // namespace
}  // namespace mediafs::e2e
