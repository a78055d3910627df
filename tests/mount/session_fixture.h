#pragma once

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "mount_fixture.h"

namespace mediafs::e2e {

/// An API with sessions, whose media are named `face-<number>` and so on by what they show.
class SessionTest : public MountTest {
 protected:
  using MountTest::MountTest;

  struct Shown {
    std::string id;
    std::string context = "face";
    std::string mimetype = "image/jpeg";
    std::string rest;  // of the manifest's entry, as `,"size":7`
  };

  /// Ids that are told apart by their first eight characters.
  static std::string session(int number) { return numbered(number) + "-5e55-4000-8000-000000000000"; }
  static std::string attempt(int number) { return numbered(number) + "-a77e-4000-8000-000000000000"; }
  static std::string media(int number) { return numbered(number) + "-3ed1-4000-8000-000000000000"; }

  /// A media's bytes, of a size of its own.
  static std::string bytes(int number) {
    return origin_bytes(media_of(10'000 + static_cast<std::uint64_t>(number), "seed" + numbered(number)));
  }

  /// Puts a media into the API, and says how it is listed.
  Shown show(int number, const std::string& context = "face") {
    api().put_media(media(number), "image/jpeg", bytes(number));
    return {media(number), context};
  }

  /// The session has one attempt, of the same number, with these media.
  void publish(int number, const std::vector<Shown>& shown) {
    std::string list;
    for (const Shown& one : shown) {
      list += std::string(list.empty() ? "" : ",") + R"({"id":")" + one.id + R"(","context":")" +
              one.context + R"(","mimetype":")" + one.mimetype + "\"" + one.rest + "}";
    }
    api().add_manifest(R"({"sessions":[{"id":")" + session(number) + R"(","attempts":[{"id":")" +
                       attempt(number) + R"(","createdTime":"2024-01-12T09:12:55.040Z","media":[)" + list +
                       "]}]}]}");
  }
  /// Replaces what the session's listing says.
  void publish_text(int number, const std::string& body) {
    api().put_document("/v1/sessions/" + session(number) + "/media", "application/json", body);
  }

  static std::string directory(int number) { return "sessions/" + session(number); }
  static std::string name_of(int number, const std::string& context = "face") {
    return context + "-" + numbered(number) + ".jpg";
  }
  [[nodiscard]] std::uint64_t listings_of(int number) {
    return api().requests_for("/v1/sessions/" + session(number) + "/media");
  }

  /// The names in a directory of the mount, in order.
  [[nodiscard]] std::vector<std::string> names_in(const std::string& directory) const {
    const Outcome listed = sh("ls -1 $M/" + directory);
    if (listed.code != 0) return {listed.err};
    std::istringstream lines(listed.out);
    std::vector<std::string> names;
    for (std::string line; std::getline(lines, line);) names.push_back(line);
    return names;
  }
  /// That the whole media stands in the cache: its bytes can be had with the API down.
  void keep(int number) const {
    EXPECT_TRUE(same_bytes(read(media(number)).bytes, bytes(number)));
    await_kept(media(number));
  }

  /// Has the directory listed, whatever is in it.
  void visit(const std::string& directory) const { EXPECT_EQ(sh("ls $M/" + directory).code, 0) << log(); }

 private:
  static std::string numbered(int number) {
    const std::string digits = std::to_string(number);
    return std::string(8 - digits.size(), '0') + digits;
  }
};

}  // namespace mediafs::e2e
