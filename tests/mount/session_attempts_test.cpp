// A session's attempts within it: directories with the same files, so that whoever is given one session has
// all.
#include "session_fixture.h"

namespace mediafs::e2e {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Attempts : public SessionTest {
 protected:
  /// A session of two attempts: the faces 10 and 11 in the last one, and 12, which that has no more, before
  /// it.
  void publish_two() {
    const auto entry = [&](int number) { return R"({"id":")" + show(number).id + R"(","context":"face"})"; };
    api().add_manifest(R"({"sessions":[{"id":")" + session(1) + R"(","attempts":[{"id":")" + attempt(2) +
                       R"(","media":[)" + entry(10) + "," + entry(11) + R"(]},{"id":")" + attempt(1) +
                       R"(","createdTime":"2024-01-12T09:12:55.040Z","media":[)" + entry(12) + "]}]}]}");
  }
  /// That a copy of the session has every file of every attempt, and nothing else.
  void expect_whole(const fs::path& copy) const {
    const Outcome found = sh("cd " + copy.string() + " && find . -type f | sort; find . ! -type f ! -type d");
    EXPECT_EQ(found.out, "./attempts/" + attempt(1) + "/" + name_of(12) + "\n./attempts/" + attempt(2) + "/" +
                             name_of(10) + "\n./attempts/" + attempt(2) + "/" + name_of(11) + "\n./" +
                             name_of(10) + "\n./" + name_of(11) + "\n");
    for (int i = 10; i < 13; ++i) {
      const std::string folder = i < 12 ? attempt(2) : attempt(1);
      EXPECT_TRUE(same_bytes(sh("cat " + (copy / "attempts" / folder / name_of(i)).string()).out, bytes(i)));
    }
  }
  void expect_each_asked_for_once() {
    for (int i = 10; i < 13; ++i) EXPECT_EQ(api().requests_for(media(i)), 1U) << i;
    EXPECT_EQ(api().total_requests(), 3U + 4U) << "and each listing";
  }
};

TEST_F(Attempts, AreCopiedWithTheirSession) {
  publish_two();
  mount();
  ASSERT_EQ(sh("cp -r $M/" + directory(1) + " $T/copy").code, 0) << log();
  expect_whole(scratch() / "copy");
  expect_each_asked_for_once();
}

TEST_F(Attempts, AreArchivedByTarWithTheirSession) {
  publish_two();
  mount();
  const Outcome archived =
      sh("mkdir $T/copy; tar -C $M/" + directory(1) + " -cf $T/a.tar . && tar -C $T/copy -xf $T/a.tar");
  ASSERT_EQ(archived.code, 0) << archived;
  EXPECT_EQ(archived.err, "");
  expect_whole(scratch() / "copy");
  expect_each_asked_for_once();
}

TEST_F(Attempts, AreCopiedByRsyncWithTheirSession) {
  publish_two();
  mount();
  ASSERT_EQ(sh("rsync -a $M/" + directory(1) + "/ $T/copy/").code, 0) << log();
  expect_whole(scratch() / "copy");
  EXPECT_EQ(sh("rsync -ai $M/" + directory(1) + "/ $T/copy/").out, "");
  expect_each_asked_for_once();
}

TEST_F(Attempts, ReachAContainerThatIsGivenOneSession) {
  const Outcome trial = sh("bwrap --ro-bind / / true");
  if (trial.code != 0) GTEST_SKIP() << "no container can be made here, as in a bare chroot: " << trial.err;
  publish_two();
  mount();
  const Outcome inside = sh("bwrap --ro-bind / / --tmpfs $M --ro-bind $M/" + directory(1) +
                            " /mnt cat /mnt/attempts/" + attempt(1) + "/" + name_of(12));
  EXPECT_TRUE(same_bytes(inside.out, bytes(12))) << inside.err;
}

TEST_F(Attempts, AreTheSameFilesInDirectoriesOfTheirOwn) {
  publish_two();
  mount();
  const std::string within = directory(1) + "/attempts/" + attempt(1);
  EXPECT_THAT(names_in(within), ElementsAre(name_of(12)));
  EXPECT_THAT(names_in("attempts/" + attempt(1)), ElementsAre(name_of(12)));
  EXPECT_EQ(sh("stat -c %i $M/" + within + "/* $M/attempts/" + attempt(1) + "/* | sort -u | wc -l").out,
            "1\n");
  EXPECT_EQ(sh("stat -c %i $M/" + within + " $M/attempts/" + attempt(1) + " | sort -u | wc -l").out, "2\n");
  EXPECT_EQ(sh("stat -c '%Y %F' $M/" + within + " $M/attempts/" + attempt(1)).out,
            "1705050775 directory\n1705050775 directory\n");
  EXPECT_EQ(sh("cd $M/" + within + " && cd .. && pwd -P").out,
            (mount_point() / directory(1)).string() + "/attempts\n");
}

TEST_F(Attempts, AreNoneWhereTheApiSaysSoAndTheirSessionIsCopiedAllTheSame) {
  publish_two();
  api().set_rules("/attempts * status 404 1302 None here");
  mount();
  const Outcome copied = sh("cp -r $M/" + directory(1) + " $T/copy && tar -C $M/" + directory(1) +
                            " -cf $T/a.tar . && find $M/" + directory(1) + " -type f | wc -l; ls $T/copy");
  EXPECT_EQ(copied.err, "");
  EXPECT_EQ(copied.out, "2\nattempts\n" + name_of(10) + "\n" + name_of(11) + "\n") << copied;
}

TEST_F(Attempts, AreAnErrorWhereAGatewaySaysThatThereAreNone) {
  publish_two();
  api().set_rules("/attempts * status-plain 404");
  expect_warnings();
  mount();
  const Outcome copied = sh("cp -r $M/" + directory(1) + " $T/copy");
  EXPECT_NE(copied.code, 0);
  EXPECT_THAT(copied.err, HasSubstr("Input/output error"));
}

TEST_F(Attempts, AreThereAfterARemountWithTheSameNumbers) {
  publish_two();
  mount();
  const std::string look = "cd $M && stat -c '%n %i %s %Y' sessions/*/attempts/* sessions/*/attempts/*/*";
  visit(directory(1) + "/attempts/" + attempt(1));
  visit(directory(1) + "/attempts/" + attempt(2));
  const Outcome before = sh(look);
  EXPECT_EQ(before.code, 0) << before;
  remount();
  EXPECT_EQ(sh(look).out, before.out);
}

TEST_F(Attempts, AreErasedWithTheirSessionAlsoForWhoIsInThem) {
  publish_two();
  mount();
  const std::string within = directory(1) + "/attempts/" + attempt(1);
  EXPECT_TRUE(same_bytes(read(within + "/" + name_of(12)).bytes, bytes(12)));
  const auto inhabitant =
      start("cd $M/" + within + " && while cat " + name_of(12) + " > /dev/null; do :; done");
  for (const std::string& id : {session(1), attempt(1), attempt(2), media(12)}) api().remove(id);
  const Outcome erased = mediafs({"cache", "erase", "--session", session(1), "--cache-dir",
                                  cache_dir().string(), "--credentials", credentials().string()});
  EXPECT_EQ(erased.out, "erased 3\n") << erased;
  EXPECT_EQ(inhabitant->finish(kPatience).code, 0);
  for (const std::string& directory : {within, "attempts/" + attempt(1)})
    EXPECT_TRUE(eventually([&] { return stat_error(directory + "/" + name_of(12)) == ENOENT; }));
}

TEST_F(Attempts, OneAloneIsArchivedByTar) {
  std::vector<Shown> shown;
  for (int i = 10; i < 18; ++i) shown.push_back(show(i));
  publish(1, shown);
  mount();
  const Outcome archived = sh("tar -C $M/attempts -cf $T/a.tar " + attempt(1) + "; tar -C $T -xf $T/a.tar");
  ASSERT_EQ(archived.code, 0) << archived;
  EXPECT_EQ(archived.err, "");
  for (int i = 10; i < 18; ++i) {
    const Outcome copied = sh("cat $T/" + attempt(1) + "/" + name_of(i));
    EXPECT_TRUE(same_bytes(copied.out, bytes(i)));
  }
  EXPECT_EQ(api().total_requests(), 9U);
}

TEST_F(Attempts, ARemovedAttemptGoesAlsoForThoseWhoListNothing) {
  publish(1, {show(10)});
  mount({{"--listing-ttl", "0s"}});
  const std::string within = directory(1) + "/attempts/" + attempt(1);
  EXPECT_EQ(stat_error(within), 0);
  api().put_document("/v1/sessions/" + session(1) + "/attempts", "application/json",
                     R"({"status":"success","verifications":[]})");
  EXPECT_TRUE(eventually([&] { return stat_error(within) == ENOENT; }));
}

TEST_F(Attempts, OneCanBeMappedIntoAContainer) {
  const Outcome trial = sh("bwrap --ro-bind / / true");
  if (trial.code != 0) GTEST_SKIP() << "no container can be made here, as in a bare chroot: " << trial.err;
  publish(1, {show(10)});
  mount();
  const Outcome inside =
      sh("bwrap --ro-bind / / --ro-bind $M/" + directory(1) + " /mnt cat /mnt/" + name_of(10));
  EXPECT_TRUE(same_bytes(inside.out, bytes(10))) << inside.err;
}

}  // namespace
}  // namespace mediafs::e2e
