// The passports and faces of people, and the keys to them, are nowhere but where they have to be.
#include <fstream>
#include <iterator>

#include "sandbox/signature.h"
#include "session_fixture.h"

namespace mediafs::e2e {
namespace {

const std::string kCanary = "MEDIAFS-CANARY-OF-A-PASSPORT";

class Secrets : public MountTest {
 protected:
  std::string text_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string of_servers(const std::string& proc_file) {
    std::string text;
    for (const pid_t pid : servers()) text += text_of("/proc/" + std::to_string(pid) + "/" + proc_file);
    return text;
  }

  void expect_nowhere_in(const std::string& text, const std::string& where) {
    for (const std::string& secret :
         {api_options.secrets.front(), api_options.api_key, kCanary, id_, id_.substr(0, 12)}) {
      EXPECT_EQ(text.find(secret), std::string::npos) << secret << " in " << where;
    }
  }

  std::string body() {
    std::string body = "\x89PNG\r\n\x1a\n";
    while (body.size() < 1'000'000) body += kCanary;
    return body;
  }

  /// A media whose bytes would be recognised anywhere, read through the mount.
  void read_the_canary() {
    api().put_media(id_, "image/png", body());
    ASSERT_EQ(read(id_).bytes, body());
  }

  const std::string id_ = "05cfc122-15d8-4838-bbf1-7b26a736b2d2";
};

TEST_F(Secrets, TheEnvironmentIsScrubbed) {
  extra_environment["MEDIAFS_API_KEY"] = api_options.api_key;
  extra_environment["MEDIAFS_SHARED_SECRET"] = api_options.secrets.front();
  mount({{"--credentials", kAbsent}});
  ASSERT_FALSE(servers().empty());
  expect_nowhere_in(of_servers("environ"), "environ");
  expect_nowhere_in(of_servers("cmdline"), "cmdline");
  read_whole(media_of(1'000));
}

TEST_F(Secrets, TheForegroundEnvironmentIsScrubbedToo) {
  api();
  extra_environment["MEDIAFS_API_KEY"] = api_options.api_key;
  extra_environment["MEDIAFS_SHARED_SECRET"] = api_options.secrets.front();
  const auto server = start("exec $MEDIAFS mount --foreground --no-cache " + api().url() + " $M");
  ASSERT_TRUE(eventually([&] { return is_mounted(); }));
  expect_nowhere_in(text_of("/proc/" + std::to_string(server->pid()) + "/environ"), "environ");
}

TEST_F(Secrets, AProxysPasswordFromAFileIsInNoArgumentsAndTheServerHasIt) {
  expect_warnings();
  const std::string place = api().url().substr(std::string("http://").size());
  write_file(scratch() / "config", "proxy = http://joe:" + kCanary + "@" + place + "\n");
  mount({{"--config", scratch() / "config"}, {"--deadline", "1s"}});
  ASSERT_GE(servers().size(), 2U);
  expect_nowhere_in(of_servers("cmdline"), "cmdline");
  expect_nowhere_in(of_servers("environ"), "environ");
  EXPECT_NE(read(media_of(1'000)).error, 0) << "the API is no proxy, and refuses what is sent to one";
}

TEST_F(Secrets, TheCacheHoldsNoIdNoSecretAndNoPlaintext) {
  expect_warnings();
  mount();
  read_the_canary();
  EXPECT_EQ(stat_error(kUnknownId), ENOENT);
  unmount();
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(cache_dir())) {
    expect_nowhere_in(entry.path().filename(), "the names of the cache");
    if (!entry.is_regular_file()) continue;
    ++files;
    const std::string text = text_of(entry.path());
    expect_nowhere_in(text, entry.path());
    EXPECT_EQ(text.find("\x89PNG\r\n\x1a\n"), std::string::npos) << entry.path();
    EXPECT_EQ(text.find("image/png"), std::string::npos) << entry.path();
    EXPECT_EQ(text.find("127.0.0.1"), std::string::npos) << entry.path();
  }
  EXPECT_GT(files, 1);
}

TEST_F(Secrets, TheCacheIsForItsOwnerOnly) {
  mount();
  read_the_canary();
  for (const auto& entry : fs::recursive_directory_iterator(cache_dir())) {
    EXPECT_EQ(entry.status().permissions() & (fs::perms::group_all | fs::perms::others_all), fs::perms::none)
        << entry.path();
  }
}

TEST_F(Secrets, ACacheIsOfNoUseWithAnotherSecret) {
  expect_warnings();
  mount();
  read_the_canary();
  unmount();
  stop_api();
  write_file(credentials(), "api_key=" + api_options.api_key + "\nshared_secret=another-secret\n");
  const Outcome outcome = try_mount({{"--deadline", "1s"}});
  EXPECT_TRUE(outcome.code == 4 || read(id_).bytes.empty()) << outcome;
}

TEST_F(Secrets, TheLogNamesNoMediaNorItsReadersAtAnyLevelButDebug) {
  expect_warnings();
  api().set_rules(media_of(5) + " * status 500 1000 Internal");
  mount({{"--deadline", "20s"}, {"--log-level", "info"}});
  read_the_canary();
  EXPECT_EQ(stat_error(media_of(5)), EIO);
  EXPECT_EQ(stat_error(kUnknownId), ENOENT);
  unmount();
  expect_nowhere_in(log(), "the log");
  EXPECT_EQ(log().find("/v1/media"), std::string::npos) << log();
}

TEST_F(Secrets, TheLogHoldsNoSecretAtDebug) {
  mount({{"--log-level", "debug"}, {"--log-file", root() / "debug-log"}});
  read_the_canary();
  unmount();
  const std::string text = text_of(root() / "debug-log");
  for (const std::string& secret : {api_options.secrets.front(), api_options.api_key, kCanary}) {
    EXPECT_EQ(text.find(secret), std::string::npos) << text;
  }
}

/// At the highest log level, over every kind of answer: what it says of the requests' secrets gets nowhere.
TEST_F(Secrets, WhatAnOriginEchoesReachesNoLogAndNoTerminal) {
  expect_warnings();
  extra_environment["TERM"] = "xterm";
  mount({{"--log-level", "debug"}, {"--deadline", "1s"}, {"--prefetch", "off"}});
  std::string said;
  std::vector<std::string> canaries{api_options.api_key, api_options.secrets.front(), "\x1b"};
  int number = 0;
  for (const char* status : {"200", "206", "302", "400", "401", "403", "404", "410", "418", "429", "500"}) {
    for (const char* form : {"", " old", " text"}) {
      const std::string id = media_of(1'000, "canary" + std::to_string(number++) + "x");
      api().set_rules(std::string("* * echo ") + status + form);
      EXPECT_NE(stat_error(id), 0) << status << form;
      said += sh("cat $M/" + id + " 2>&1 || true; ls $M/sessions/" + id + "/attempts 2>&1 || true").out;
      canaries.push_back(sandbox::signature_of(api_options.secrets.front(), id));
    }
  }
  const Outcome stats =
      mediafs({"cache", "stats", "--json", "--cache-dir", cache_dir(), "--credentials", credentials()});
  EXPECT_EQ(stats.code, 0) << stats;
  unmount();
  for (const std::string& canary : canaries) {
    EXPECT_EQ(log().find(canary), std::string::npos) << canary << " in " << log();
    EXPECT_EQ(said.find(canary), std::string::npos) << canary << " in " << said;
    EXPECT_EQ((stats.out + stats.err).find(canary), std::string::npos) << stats;
  }
  EXPECT_EQ(log().find("canary"), std::string::npos) << "ids are named by pseudonyms";
}

TEST_F(Secrets, TheLogFileIsForItsOwnerOnly) {
  mount();
  EXPECT_EQ(fs::status(root() / "log").permissions() & fs::perms::mask, fs::perms(0600));
}

TEST_F(Secrets, AServerLeavesNoCoreBehind) {
  mount();
  ASSERT_FALSE(servers().empty());
  for (const pid_t pid : servers()) {
    const std::string limits = text_of("/proc/" + std::to_string(pid) + "/limits");
    const bool no_core = limits.find("Max core file size        0                    0") != std::string::npos;
    // A process that may not be dumped gives its files in /proc to root.
    EXPECT_TRUE(no_core) << limits;
  }
}

TEST_F(Secrets, ARedirectTakesNothingElsewhere) {
  expect_warnings();
  sandbox::Server elsewhere(api_options);
  api().set_rules("* * redirect 302 " + elsewhere.url() + "/v1/media/" + media_of(1'000));
  mount();
  EXPECT_EQ(stat_error(media_of(1'000)), EIO);
  EXPECT_EQ(elsewhere.total_requests(), 0U);
}

/// What strings(1), and a search for ids and for what files of each kind begin with, would find.
class SecretsOfSessions : public SessionTest {
 protected:
  void expect_nothing_in_the_clear() const {
    const std::string number = session(1).substr(0, 9);  // the hyphen counts: eight digits may come by chance
    std::vector<std::string> words{
        number,   "5e55-4000", "a77e-4000",  "3ed1-4000",         "document-front",
        "image/", "video/",    "2024-01-12", api_options.api_key, api_options.secrets.front()};
    for (const auto& [magic, type] : kMagic) words.insert(words.end(), {magic, type});
    int files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(cache_dir())) {
      const std::string name = entry.path().filename();
      std::string text = name;
      if (entry.is_regular_file()) {
        std::ifstream file(entry.path(), std::ios::binary);
        text.append(std::istreambuf_iterator<char>(file), {});
        ++files;
      }
      for (const std::string& word : words)
        EXPECT_EQ(text.find(word), std::string::npos) << word << " in " << name;
    }
    EXPECT_GE(files, 5);
  }

  /// At least six bytes each: fewer may come by chance. And the type.
  const std::vector<std::pair<std::string, std::string>> kMagic{
      {{"\xff\xd8\xff\xe0\0\x10JFIF", 10}, "image/jpeg"},
      {"\x89PNG\r\n\x1a\n", "image/png"},
      {{"\0\0\0\x20"
        "ftypisom",
        12},
       "video/mp4"},
      {"\x1a\x45\xdf\xa3\x9f\x42\x86\x81", "video/webm"},
      {"%PDF-1.7", "application/pdf"}};
};

TEST_F(SecretsOfSessions, TheCacheHoldsNoSessionNoNameAndNoBeginningOfAFile) {
  publish(1, {show(1), show(2, "document-front")});
  for (std::size_t i = 0; i < kMagic.size(); ++i)
    api().put_media(media(10 + static_cast<int>(i)), kMagic[i].second,
                    kMagic[i].first + std::string(9'000, '.'));
  mount();
  visit(directory(1));
  for (const int number : {1, 2}) keep(number);
  for (std::size_t i = 0; i < kMagic.size(); ++i)
    EXPECT_EQ(read(media(10 + static_cast<int>(i))).bytes.substr(0, kMagic[i].first.size()), kMagic[i].first);
  expect_nothing_in_the_clear();
  unmount();
  expect_nothing_in_the_clear();
}

}  // namespace
}  // namespace mediafs::e2e
