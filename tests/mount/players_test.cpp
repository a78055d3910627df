// Media players from Debian play what the mount shows.
#include <fstream>

#include <nlohmann/json.hpp>

#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

struct Sample {
  std::string id;
  std::string type;
  fs::path source;
};

/// What tests/samples offers, of one kind such as "video/".
std::vector<Sample> samples_of(const std::string& kind) {
  const fs::path folder = kSamples;
  std::ifstream file(folder / "manifest.json");
  const nlohmann::json manifest = nlohmann::json::parse(file);
  std::vector<Sample> found;
  for (const auto& session : manifest.at("sessions")) {
    for (const auto& attempt : session.at("attempts")) {
      for (const auto& media : attempt.value("media", nlohmann::json::array())) {
        const std::string type = media.value("mimetype", "image/jpeg");
        if (!type.starts_with(kind) || !media.contains("file")) continue;
        found.push_back({media.at("id"), type, folder / media.at("file")});
      }
    }
  }
  return found;
}

class Players : public MountTest {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    api_options.samples = kSamples;
    mount();
    ASSERT_GE(samples_of("video/").size(), 2U);
  }

  bool lacks(const std::string& program) { return sh("command -v " + program).code != 0; }

  void expect_success(const std::string& script) {
    const Outcome outcome = sh(script);
    EXPECT_EQ(outcome.code, 0) << script << '\n' << outcome << log();
  }
};

TEST_F(Players, EverySampleIsTheFileItself) {
  for (const Sample& sample : samples_of(""))
    expect_success("cmp $M/" + sample.id + " " + sample.source.string());
}

TEST_F(Players, FfprobeReadsBothVideos) {
  if (lacks("ffprobe")) GTEST_SKIP() << "ffprobe is not installed";
  for (const Sample& sample : samples_of("video/")) {
    const std::string show =
        "ffprobe -v error -show_entries format=duration,size:stream=codec_name -of default ";
    const Outcome here = sh(show + "$M/" + sample.id);
    EXPECT_EQ(here.out, sh(show + sample.source.string()).out);
    EXPECT_NE(here.out.find("duration="), std::string::npos) << here;
    EXPECT_EQ(here.err, "");
  }
}

TEST_F(Players, FfmpegDecodesEveryVideoWhole) {
  if (lacks("ffmpeg")) GTEST_SKIP() << "ffmpeg is not installed";
  for (const Sample& sample : samples_of("video/")) {
    expect_success("test -z \"$(ffmpeg -v error -xerror -i $M/" + sample.id + " -f null - 2>&1)\"");
  }
}

TEST_F(Players, FfmpegSeeksNearTheEnd) {
  if (lacks("ffmpeg")) GTEST_SKIP() << "ffmpeg is not installed";
  for (const Sample& sample : samples_of("video/")) {
    const std::string decode = " -an -f framemd5 - | grep -v '^#'";
    const Outcome here = sh("ffmpeg -v error -xerror -sseof -2 -i $M/" + sample.id + decode);
    EXPECT_EQ(here.code, 0) << here << log();
    EXPECT_EQ(here.out, sh("ffmpeg -v error -xerror -sseof -2 -i " + sample.source.string() + decode).out);
  }
}

TEST_F(Players, MpvPlaysThemWithoutAScreen) {
  if (lacks("mpv")) GTEST_SKIP() << "mpv is not installed";
  for (const Sample& sample : samples_of("video/")) {
    expect_success("mpv --no-config --vo=null --ao=null --untimed --no-terminal --start=-1 $M/" + sample.id);
  }
}

TEST_F(Players, AVideoCostsOneRequestHoweverItIsLookedAt) {
  if (lacks("ffprobe")) GTEST_SKIP() << "ffprobe is not installed";
  for (const Sample& sample : samples_of("video/")) {
    expect_success("ffprobe -v error $M/" + sample.id + "; cat $M/" + sample.id +
                   " > /dev/null; ffprobe -v error $M/" + sample.id);
    EXPECT_EQ(api().requests_for(sample.id), 1U) << sample.type;
  }
}

TEST_F(Players, PicturesDecode) {
  if (lacks("ffprobe")) GTEST_SKIP() << "ffprobe is not installed";
  for (const Sample& sample : samples_of("image/")) {
    expect_success("ffprobe -v error -show_entries stream=width -of csv=p=0 $M/" + sample.id +
                   " | grep -q '[0-9]'");
  }
}

TEST_F(Players, NfcDataIsTheJsonItself) {
  for (const Sample& sample : samples_of("application/json")) {
    expect_success("python3 -c 'import json,sys; json.load(open(sys.argv[1]))' $M/" + sample.id);
  }
}

}  // namespace
}  // namespace mediafs::e2e
