// The API's URL as people paste it, and what they paste in its place.
#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

using GoodUrl = MountTest;

TEST_F(GoodUrl, AllFormsAskForTheMediaBelowV1AndShareOneCache) {
  const std::string id = media_of(100'000);
  for (const char* tail : {"", "/", "/v1", "/v1/"}) {
    const Outcome outcome = try_mount({}, api().url() + tail);
    ASSERT_EQ(outcome.code, 0) << outcome;
    read_whole(id);
    const std::string another =
        media_of(1'000, "a-form-of-the-url" + std::to_string(std::string(tail).size()));
    read_whole(another);
    EXPECT_EQ(api().requests_for("/v1/media/" + another), 1U) << tail;
    unmount();
  }
  EXPECT_EQ(api().requests_for(id), 1U);
  EXPECT_EQ(api().total_requests(), 5U);
}

TEST_F(GoodUrl, LocalhostIsLoopback) {
  const Outcome outcome = try_mount({}, "http://localhost:" + std::to_string(api().port()));
  ASSERT_EQ(outcome.code, 0) << outcome;
  read_whole(media_of(1'000));
}

using BadUrl = MountTest;

TEST_F(BadUrl, IsRefusedWithoutARequest) {
  const std::string here = "127.0.0.1:" + std::to_string(api().port());
  for (const std::string& url :
       {"http://" + here + "/v1?key=1", "http://" + here + "/?", "http://" + here + "/#top",
        "ftp://" + here + "/", std::string("file:///etc"), here, std::string("http:///v1"),
        std::string("https://"), std::string("station"), std::string(" "), "http://" + here + "/a b",
        "http://" + here + "/\r\nX: y", "http://me:secret@" + here, std::string("http://127.0.0.1:70000"),
        std::string("http://127.0.0.1:http"), std::string("http://192.0.2.1:8080"),
        std::string("http://127.0.0.1.example.invalid:8080"),
        std::string("http://localhost.example.invalid:8080")}) {
    const Outcome outcome = try_mount({}, url);
    EXPECT_EQ(outcome.code, 3) << url << outcome;
    EXPECT_NE(outcome.err, "") << url;
    EXPECT_FALSE(is_mounted()) << url;
  }
  EXPECT_EQ(api().total_requests(), 0U);
}

TEST_F(BadUrl, AMetadataServiceIsNotConnectedTo) {
  for (const char* url :
       {"http://169.254.169.254", "http://[fe80::1]:80", "https://[::ffff:169.254.169.254]"}) {
    const Outcome outcome = try_mount({{"--allow-http", kSet}}, url);
    EXPECT_EQ(outcome.code, 4) << url << outcome;
    EXPECT_NE(outcome.err.find("a link-local address or a metadata service"), std::string::npos) << outcome;
    EXPECT_FALSE(is_mounted()) << url;
  }
}

}  // namespace
}  // namespace mediafs::e2e
