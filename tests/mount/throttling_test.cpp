// An origin that takes only so many requests a second, and does not say when to come again: whole sessions
// are copied all the same, and it is not hammered.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "session_fixture.h"

namespace mediafs::e2e {
namespace {

class Throttled : public SessionTest {
 protected:
  static constexpr int kSessions = 12;
  static constexpr int kPictures = 8;
  static constexpr int kPicturesBefore = 8;  // in the attempt before the last
  static constexpr std::size_t kAtFirst = 10;

  using SessionTest::SessionTest;

  static int last_attempt(int session) { return 100 + session; }
  static int attempt_before(int session) { return 200 + session; }
  static int picture(int session, int i) { return session * 100 + i; }

  void publish_all() {
    const auto list = [&](int session, int from, int to) {
      std::string entries;
      for (int i = from; i < to; ++i) {
        entries += std::string(i == from ? "" : ",") + R"({"id":")" + show(picture(session, i)).id +
                   R"(","context":"face"})";
      }
      return entries;
    };
    for (int s = 1; s <= kSessions; ++s) {
      api().add_manifest(R"({"sessions":[{"id":")" + session(s) + R"(","attempts":[{"id":")" +
                         attempt(last_attempt(s)) + R"(","media":[)" + list(s, 0, kPictures) +
                         R"(]},{"id":")" + attempt(attempt_before(s)) + R"(","media":[)" +
                         list(s, kPictures, kPictures + kPicturesBefore) + "]}]}]}");
    }
  }
  Outcome copy_all(std::chrono::seconds time) {
    std::string sessions;
    for (int s = 1; s <= kSessions; ++s) sessions += " $M/" + directory(s);
    return sh("mkdir $T/copy; cp -r" + sessions + " $T/copy", time);
  }
  void expect_copied(const fs::path& path, int number) const {
    std::ifstream copy(scratch() / "copy" / path / name_of(number), std::ios::binary);
    EXPECT_TRUE(same_bytes(std::string(std::istreambuf_iterator<char>(copy), {}), bytes(number))) << path;
  }
  void expect_every_byte() const {
    for (int s = 1; s <= kSessions; ++s) {
      const fs::path attempts = fs::path(session(s)) / "attempts";
      for (int i = 0; i < kPictures; ++i) {
        expect_copied(session(s), picture(s, i));
        expect_copied(attempts / attempt(last_attempt(s)), picture(s, i));
      }
      for (int i = kPictures; i < kPictures + kPicturesBefore; ++i)
        expect_copied(attempts / attempt(attempt_before(s)), picture(s, i));
    }
    EXPECT_EQ(sh("find $T/copy -type f | wc -l").out,
              std::to_string(kSessions * (2 * kPictures + kPicturesBefore)) + "\n");
  }
  /// The pace's own tenth (tests/api/pace_test.cpp), and what is refused before it has found the rate.
  void expect_seldom_refused() {
    const auto requests = api().requests();
    const auto refused = std::count_if(requests.begin(), requests.end(),
                                       [](const auto& request) { return request.status == 429; });
    std::printf("%zu requests, %td refused\n", requests.size(), refused);
    std::string marks;  // in their order
    for (const auto& request : requests) marks += request.status == 429 ? 'x' : '.';
    EXPECT_LE(static_cast<std::size_t>(refused), requests.size() / 10 + kAtFirst) << marks;
  }
  void expect_each_answered_once() {
    std::map<std::string, int> answered;
    for (const auto& request : api().requests())
      if (request.status / 100 == 2) ++answered[request.path];
    for (int s = 1; s <= kSessions; ++s)
      for (int i = 0; i < kPictures + kPicturesBefore; ++i)
        EXPECT_EQ(answered["/v1/media/" + media(picture(s, i))], 1) << s << ' ' << i;
  }

  void copy_at(double per_second, std::chrono::seconds time) {
    api_options.rate_limit = per_second;
    publish_all();
    mount();
    const auto begin = std::chrono::steady_clock::now();
    const Outcome copied = copy_all(time);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf("%g a second: copied in %.1f s\n", per_second, took.count());
    EXPECT_EQ(copied.code, 0) << copied << log();
    EXPECT_EQ(copied.err, "");
    expect_every_byte();
    expect_each_answered_once();
    expect_seldom_refused();
  }
};

TEST_F(Throttled, TenRequestsASecondAreEnoughToCopySessions) {
  copy_at(10, std::chrono::seconds(120));
}

class LongThrottled : public Throttled {
 protected:
  static constexpr std::chrono::seconds kTime{600};
  LongThrottled() : Throttled(kTime) {}
};

TEST_F(LongThrottled, TwoRequestsASecondAreEnoughToCopySessions) {
  copy_at(2, kTime);
}

}  // namespace
}  // namespace mediafs::e2e
