// `mediafs cache stats|verify|erase|clear`, while the cache is mounted and while it is not.
#include <csignal>
#include <fstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "holding_fixture.h"
#include "session_fixture.h"

namespace mediafs::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class CacheCommand : public Holding<SessionTest> {
 protected:
  [[nodiscard]] Outcome cache(Arguments words) const {
    words.insert(words.begin(), "cache");
    for (const std::string& more : {std::string("--cache-dir"), cache_dir().string(),
                                    std::string("--credentials"), credentials().string()}) {
      words.push_back(more);
    }
    return mediafs(words);
  }
  [[nodiscard]] nlohmann::json stats() const { return nlohmann::json::parse(cache({"stats", "--json"}).out); }
  /// The one cache of the test's API.
  [[nodiscard]] fs::path cache_files() const { return fs::directory_iterator(cache_dir())->path(); }
  void write_secrets(const std::vector<std::string>& secrets) const {
    std::string text = "api_key=" + api_options.api_key + "\n";
    for (const std::string& secret : secrets) text += "shared_secret=" + secret + "\n";
    write_file(credentials(), text);
  }
  void flip_a_bit(const fs::path& path, std::streamoff at) const {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const int byte = file.get();
    file.seekp(at);
    file.put(static_cast<char>(byte ^ 1));
  }
  void expect_gone(const std::string& id) {
    expect_warnings();  // that it cannot be reached
    stop_api();
    EXPECT_EQ(read(id).error, EIO) << "of what is not here nothing can be said";
    restart_api();
  }

  /// A verify that takes a minute.
  [[nodiscard]] std::unique_ptr<Process> begin_verify() const {
    return start("exec $MEDIAFS cache verify --rate 50K --cache-dir " + cache_dir().string() +
                 " --credentials " + credentials().string());
  }
  /// The same, under way.
  [[nodiscard]] std::unique_ptr<Process> start_verify() const {
    auto verify = begin_verify();
    EXPECT_TRUE(eventually(
        [&] { return sh("ls -l /proc/" + std::to_string(verify->pid()) + "/fd | grep socket:").code == 0; }));
    return verify;
  }

  const std::string id_ = media_of(3'000'000);
};

TEST_F(CacheCommand, StatsSayWhatIsThereWhileMountedAndAfterwards) {
  mount({{"--cache-size", "100M"}});
  read_whole(id_);
  drop_pages(id_);
  read_whole(id_);
  nlohmann::json known;
  ASSERT_TRUE(eventually([&] { return (known = stats())["chunks"] == 23; })) << "they are written by and by";
  EXPECT_EQ(known["limit"], 100 << 20);
  EXPECT_EQ(known["media"], 1);
  EXPECT_EQ(known["trouble"], "");
  EXPECT_GT(known["used"], 100'000);
  EXPECT_THAT(cache({"stats"}).out, HasSubstr("size      100.0 MiB\n"));
  unmount();
  known = stats();
  EXPECT_EQ(known["chunks"], 23);
  EXPECT_FALSE(known.contains("limit"));
}

TEST_F(CacheCommand, WithoutACacheThatItOpensItSaysSo) {
  EXPECT_EQ(cache({"stats"}).code, 17);
  mount();
  read_whole(id_);
  unmount();
  write_secrets({"another-secret"});
  const Outcome outcome = cache({"stats"});
  EXPECT_EQ(outcome.code, 17);
  EXPECT_THAT(outcome.err, HasSubstr("made under another shared secret"));
}

TEST_F(CacheCommand, WhatCannotBeAnIdIsRefused) {
  EXPECT_EQ(cache({"erase", "../../etc/passwd"}).code, 2);
  EXPECT_EQ(cache({"erase", "--session", "short"}).code, 2);
  EXPECT_EQ(cache({"erase"}).code, 2);
  EXPECT_EQ(cache({"stats", id_}).code, 2);
  EXPECT_EQ(cache({}).code, 2);
}

TEST_F(CacheCommand, VerifyFindsAndDropsWhatIsBadWhileMounted) {
  expect_warnings();
  mount();
  read_whole(id_);
  ASSERT_TRUE(eventually([&] { return stats()["chunks"] == 23; }));
  Outcome outcome = cache({"verify"});
  EXPECT_EQ(outcome.code, 0) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr(" 0 bad"));
  // Somewhere in the middle of the file there is a chunk.
  flip_a_bit(cache_files() / "chunks",
             static_cast<std::streamoff>(fs::file_size(cache_files() / "chunks") / 2));
  outcome = cache({"verify", "--json"});
  EXPECT_EQ(outcome.code, 18) << outcome;
  EXPECT_EQ(nlohmann::json::parse(outcome.out)["bad"], 1);
  ASSERT_TRUE(eventually([&] { return cache({"verify"}).code == 0; })) << "it has been dropped";
  drop_pages(id_);
  read_whole(id_);
}

TEST_F(CacheCommand, VerifyKeepsToARate) {
  mount();
  read_whole(id_);
  unmount();
  EXPECT_EQ(cache({"verify", "--rate", "30M"}).code, 0);
}

TEST_F(CacheCommand, AnErasedMediaIsFetchedAnewOrNotToBeHad) {
  mount();
  read_whole(id_);
  const Outcome outcome = cache({"erase", id_});
  EXPECT_EQ(outcome.code, 0) << outcome;
  EXPECT_EQ(outcome.out, "erased 1\n");
  EXPECT_EQ(stats()["media"], 0);
  EXPECT_THAT(sh("ls $M").out, Not(HasSubstr(id_)));
  expect_gone(id_);
  EXPECT_TRUE(eventually([&] { return read(id_).error == 0; }));
  EXPECT_EQ(cache({"erase", kUnknownId}).out, "erased 0\n");
}

TEST_F(CacheCommand, NoByteOfAnErasedMediaComesOutOfTheKernel) {
  mount();
  read_whole(id_);
  auto holder = hold(id_);
  ASSERT_EQ(cache({"erase", id_}).code, 0);
  expect_no_bytes(*holder);
}

TEST_F(CacheCommand, ADownloadUnderWayIsDiscarded) {
  expect_warnings();
  const std::string large = media_of(8_MiB);
  api().set_rules(large + " 1 stall 4M");
  mount();
  const auto reader = start("cat $M/" + large + " > $T/out");
  ASSERT_TRUE(eventually([&] { return stats()["chunks"] > 8; }));
  ASSERT_EQ(cache({"erase", large}).code, 0);
  EXPECT_NE(reader->finish(kPatience).code, 0);
  api().release();
  EXPECT_EQ(stats()["media"], 0);
  ASSERT_TRUE(eventually([&] { return stats()["chunks"] == 0; }));
}

TEST_F(CacheCommand, TheServerErasesAlsoWhereItsKeyringIsCorrupt) {
  mount();
  read_whole(id_);
  write_file(cache_files() / "keyring", "no keyring");
  EXPECT_EQ(cache({"erase", id_}).out, "erased 1\n");
  expect_gone(id_);
}

TEST_F(CacheCommand, ClearDeletesWhateverLiesThere) {
  expect_warnings();
  mount();
  read_whole(id_);
  unmount();
  fs::remove(cache_files() / "state");
  ASSERT_EQ(sh("mkfifo " + (cache_files() / "state").string()).code, 0);
  EXPECT_EQ(cache({"clear"}).code, 0);
  mount();
  read_whole(id_);
  EXPECT_EQ(stats()["media"], 1) << "the cache is used again";
}

TEST_F(CacheCommand, AVerifyGoesOnThoughServersComeAndGo) {
  mount();
  read_whole(id_);
  ASSERT_TRUE(eventually([&] { return stats()["chunks"] == 23; }));
  const auto verify = start_verify();
  EXPECT_EQ(mediafs({"upgrade", mount_point()}).code, 0);
  EXPECT_EQ(mediafs({"unmount", mount_point()}).code, 0);
  EXPECT_EQ(stats()["chunks"], 23);
  mount();
  EXPECT_FALSE(verify->ended());
  EXPECT_EQ(stats()["chunks"], 23) << "the mount has its cache";
  EXPECT_EQ(cache({"erase", id_}).code, 0);
  EXPECT_EQ(verify->finish(kPatience).code, 0);
}

TEST_F(CacheCommand, AMountGetsTheCacheFromAVerifyHoweverFarThatHasCome) {
  mount();
  read_whole(id_);
  unmount();
  for (int i = 0; i < 10; ++i) {
    const auto verify = begin_verify();
    mount();
    EXPECT_EQ(stats()["chunks"], 23);
    verify->signal(SIGTERM);
    static_cast<void>(verify->finish(kPatience));
    unmount();
  }
}

TEST_F(CacheCommand, AVerifyHoldsUpNoOther) {
  mount();
  read_whole(id_);
  ASSERT_TRUE(eventually([&] { return stats()["chunks"] == 23; }));
  const auto verify = start_verify();
  EXPECT_EQ(stats()["media"], 1);
  EXPECT_FALSE(verify->ended());
  EXPECT_EQ(cache({"erase", id_}).out, "erased 1\n");
  const Outcome verified = verify->finish(kPatience);
  EXPECT_EQ(verified.code, 0) << "what was erased meanwhile is not bad: " << verified;
}

TEST_F(CacheCommand, NorWhileNothingIsMounted) {
  mount();
  read_whole(id_);
  unmount();
  const auto verify = start_verify();
  const nlohmann::json known = stats();
  EXPECT_EQ(known["media"], 1);
  EXPECT_FALSE(known.contains("limit"));
  EXPECT_FALSE(verify->ended());
  EXPECT_EQ(cache({"erase", id_}).out, "erased 1\n");
  EXPECT_EQ(verify->finish(kPatience).code, 0);
  EXPECT_EQ(stats()["media"], 0);
}

TEST_F(CacheCommand, ASessionIsErasedWithAllThatIsKnownOfIt) {
  publish(1, {show(1), show(2, "document-front")});
  publish(2, {show(3)});
  mount();
  visit(directory(1));
  visit(directory(2));
  for (const int number : {1, 2, 3}) keep(number);
  EXPECT_EQ(cache({"erase", media(2)}).out, "erased 1\n");
  EXPECT_EQ(cache({"erase", "--session", session(1)}).out, "erased 1\n") << "the other one";
  EXPECT_THAT(sh("ls $M $M/sessions").out,
              ::testing::AllOf(Not(HasSubstr(media(1))), Not(HasSubstr(session(1))), HasSubstr(session(2))));
  expect_gone(media(1));
  expect_gone(media(2));
  remount();
  keep(3);
}

TEST_F(CacheCommand, ItErasesAlsoWhileNothingIsMounted) {
  publish(1, {show(1), show(2)});
  mount();
  visit(directory(1));
  for (const int number : {1, 2}) keep(number);
  read_whole(id_);
  unmount();
  EXPECT_EQ(cache({"erase", "--session", session(1)}).out, "erased 2\n");
  expect_warnings();
  stop_api();
  mount({{"--deadline", "20s"}});
  read_whole(id_);
  EXPECT_EQ(read(media(1)).error, EIO);
  EXPECT_THAT(sh("ls $M/sessions").out, Not(HasSubstr(session(1))));
}

TEST_F(CacheCommand, IsCarriedOutAlsoWhileOneServerTakesOverFromAnother) {
  mount();
  const auto upgrades = start("for i in $(seq 20); do $MEDIAFS upgrade $M > /dev/null || exit; done");
  do {
    const Outcome erased = cache({"erase", id_});
    ASSERT_EQ(erased.code, 0) << erased << log();
  } while (!upgrades->ended());
  EXPECT_EQ(upgrades->finish(kPatience).code, 0) << log();
}

TEST_F(CacheCommand, ClearEmptiesItWhileMountedAndTheMountGoesOn) {
  mount();
  read_whole(id_);
  EXPECT_EQ(cache({"clear"}).code, 0);
  EXPECT_EQ(stats()["media"], 0);
  read_whole(id_);
  EXPECT_EQ(api().requests_for(id_), 2U);
  unmount();
  EXPECT_EQ(cache({"clear"}).code, 0);
  EXPECT_EQ(cache({"stats"}).code, 17);
  mount();
  read_whole(id_);
  EXPECT_EQ(api().requests_for(id_), 3U);
}

TEST_F(CacheCommand, AWrongSecretDestroysNothingButByClear) {
  expect_warnings();
  mount();
  read_whole(id_);
  unmount();
  write_secrets({"another-secret"});
  mount();
  EXPECT_NE(read(id_).error, 0);
  unmount();
  EXPECT_EQ(cache({"erase", id_}).code, 17);
  write_secrets(api_options.secrets);
  mount();
  read_whole(id_);
  stop_api();
  drop_pages(id_);
  read_whole(id_);
  unmount();
  write_secrets({"another-secret"});
  EXPECT_EQ(cache({"clear"}).code, 0);
  write_secrets(api_options.secrets);
  EXPECT_EQ(cache({"stats"}).code, 17);
}

TEST_F(CacheCommand, WithASecretOfNoUseForItTheMountWorksAndLeavesItAsItIs) {
  expect_warnings();
  mount();
  read_whole(id_);
  unmount();
  api().set_secrets({"another-secret"});
  write_secrets({"another-secret"});
  mount();
  read_whole(id_);
  EXPECT_EQ(api().requests_for(id_), 2U) << "it comes from the API";
  unmount();
  write_secrets({"another-secret", api_options.secrets.front()});
  mount();
  stop_api();
  read_whole(id_);
}

TEST_F(CacheCommand, ACacheStaysWarmWhenItsSecretIsRotatedAwayUnderTheMount) {
  expect_warnings();  // that the API cannot be reached
  mount();
  read_whole(id_);
  api().set_secrets({api_options.secrets.front(), "the-newer-secret"});
  write_secrets({"the-newer-secret", api_options.secrets.front()});
  ASSERT_TRUE(eventually([&] { return log().find("from now on: 2") != std::string::npos; })) << log();
  write_secrets({"the-newer-secret"});
  ASSERT_TRUE(eventually([&] { return log().find("from now on: 1") != std::string::npos; })) << log();
  ASSERT_TRUE(eventually([&] { return cache({"stats"}).code == 0; })) << "it opens under the newer one alone";
  drop_pages(id_);
  read_whole(id_);
  unmount();
  stop_api();
  mount();
  read_whole(id_);
}

TEST_F(CacheCommand, WhatIsOlderThanItMayBeGoesWhileMounted) {
  expect_warnings();
  mount({{"--max-age", "2s"}, {"--deadline", "20s"}});
  read_whole(id_);
  stop_api();
  EXPECT_TRUE(eventually([&] { return read(id_).error == EIO; }));
  EXPECT_EQ(stats()["media"], 0);
}

TEST_F(CacheCommand, NoOneElseMayAskTheServer) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  mount();
  read_whole(id_);
  fs::permissions(cache_dir(), fs::perms(0755));
  fs::permissions(root(), fs::perms(0755));
  const Outcome outcome =
      sh("setpriv --reuid 65534 --clear-groups python3 -c 'import socket; "
         "s = socket.socket(socket.AF_UNIX); s.connect(\"" +
         (cache_files() / "control").string() + "\")' 2>&1 || true");
  EXPECT_THAT(outcome.out, HasSubstr("Permission denied")) << outcome;
}

}  // namespace
}  // namespace mediafs::e2e
