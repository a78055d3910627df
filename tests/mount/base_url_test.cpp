// The API's URL as people paste it, and what they paste in its place.
#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

struct Tail {
  const char* name;
  const char* text;
};

std::ostream& operator<<(std::ostream& stream, const Tail& tail) {
  return stream << tail.name;
}

class GoodUrl : public MountTest, public ::testing::WithParamInterface<Tail> {};

TEST_P(GoodUrl, AsksForTheMediaBelowV1) {
  const Outcome outcome = try_mount({}, api().url() + GetParam().text);
  ASSERT_EQ(outcome.code, 0) << outcome;
  const std::string id = media_of(1'000);
  read_whole(id);
  EXPECT_EQ(api().requests_for("/v1/media/" + id), 1U);
  EXPECT_EQ(api().total_requests(), 1U);
}

INSTANTIATE_TEST_SUITE_P(, GoodUrl,
                         ::testing::Values(Tail{"Plain", ""}, Tail{"Slash", "/"}, Tail{"V1", "/v1"},
                                           Tail{"V1Slash", "/v1/"}),
                         kItsName);

TEST_F(GoodUrl, AllFormsShareOneCache) {
  const std::string id = media_of(100'000);
  for (const char* tail : {"", "/", "/v1", "/v1/"}) {
    ASSERT_EQ(try_mount({}, api().url() + tail).code, 0);
    read_whole(id);
    unmount();
  }
  EXPECT_EQ(api().total_requests(), 1U);
}

TEST_F(GoodUrl, LocalhostIsLoopback) {
  const Outcome outcome = try_mount({}, "http://localhost:" + std::to_string(api().port()));
  ASSERT_EQ(outcome.code, 0) << outcome;
  read_whole(media_of(1'000));
}

class BadUrl : public MountTest, public ::testing::WithParamInterface<Tail> {};

TEST_P(BadUrl, IsRefusedWithoutARequest) {
  api();
  std::string url = GetParam().text;
  if (const std::size_t at = url.find("PORT"); at != std::string::npos)
    url.replace(at, 4, std::to_string(api().port()));
  const Outcome outcome = try_mount({}, url);
  EXPECT_EQ(outcome.code, 3) << outcome;
  EXPECT_NE(outcome.err, "");
  EXPECT_FALSE(is_mounted());
  EXPECT_EQ(api().total_requests(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    , BadUrl,
    ::testing::Values(
        Tail{"Query", "http://127.0.0.1:PORT/v1?key=1"}, Tail{"EmptyQuery", "http://127.0.0.1:PORT/?"},
        Tail{"Fragment", "http://127.0.0.1:PORT/#top"}, Tail{"Ftp", "ftp://127.0.0.1:PORT/"},
        Tail{"FileScheme", "file:///etc"}, Tail{"NoScheme", "127.0.0.1:PORT"}, Tail{"NoHost", "http:///v1"},
        Tail{"OnlyAScheme", "https://"}, Tail{"Word", "station"}, Tail{"Blank", " "},
        Tail{"BlankInside", "http://127.0.0.1:PORT/a b"}, Tail{"LineEnd", "http://127.0.0.1:PORT/\r\nX: y"},
        Tail{"User", "http://me:secret@127.0.0.1:PORT"}, Tail{"BadPort", "http://127.0.0.1:70000"},
        Tail{"PortOfLetters", "http://127.0.0.1:http"}, Tail{"HttpToAnotherMachine", "http://192.0.2.1:PORT"},
        Tail{"HttpToANameThatBeginsLikeLoopback", "http://127.0.0.1.example.invalid:PORT"},
        Tail{"HttpToANameThatBeginsLikeLocalhost", "http://localhost.example.invalid:PORT"}),
    kItsName);

}  // namespace
}  // namespace mediafs::e2e
