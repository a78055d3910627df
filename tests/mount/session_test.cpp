// Sessions and attempts as directories: names, bytes, and what they cost in requests.
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <fstream>

#include "session_fixture.h"

namespace mediafs::e2e {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class Sessions : public SessionTest {
 protected:
  /// A session of so many faces.
  void publish_faces(int number, int first, int count) {
    std::vector<Shown> shown;
    for (int i = first; i < first + count; ++i) shown.push_back(show(i));
    publish(number, shown);
  }
  /// That a folder holds exactly what the session has.
  void expect_copied(const fs::path& folder, int first, int count) {
    for (int i = first; i < first + count; ++i) {
      std::ifstream file(folder / name_of(i), std::ios::binary);
      EXPECT_TRUE(same_bytes(std::string{std::istreambuf_iterator<char>(file), {}}, bytes(i))) << name_of(i);
    }
    const auto is_file = [](const auto& entry) { return entry.is_regular_file(); };
    EXPECT_EQ(std::count_if(fs::directory_iterator(folder), {}, is_file), count) << folder;
  }
};

TEST_F(Sessions, LsCostsOneRequest) {
  publish_faces(1, 10, 5);
  mount({{"--prefetch", "off"}});
  const Outcome listed = sh("ls -l $M/" + directory(1));
  EXPECT_EQ(listed.code, 0) << listed;
  EXPECT_THAT(listed.out, HasSubstr(" 10010 "));
  EXPECT_THAT(listed.out, HasSubstr(name_of(14)));
  EXPECT_EQ(sh("ls -l $M/" + directory(1)).code, 0);
  EXPECT_EQ(sh("ls $M/sessions").out, session(1) + "\n");
  EXPECT_EQ(api().total_requests(), 1U);
}

TEST_F(Sessions, FindAndLsLRCostOneRequestForEachListing) {
  publish_faces(1, 10, 5);
  mount();
  const Outcome found = sh("find $M/" + directory(1) + " -type f | wc -l; ls -lR $M/" + directory(1));
  EXPECT_THAT(found.out, HasSubstr("10\n")) << "in the session, and in its attempt: " << found;
  EXPECT_EQ(listings_of(1), 1U);
  EXPECT_EQ(api().total_requests(), 3U) << "the media, the attempts, and the attempt's";
}

TEST_F(Sessions, CpCostsOneRequestForTheListingAndOneForEachFile) {
  publish_faces(1, 10, 20);
  mount();
  ASSERT_EQ(sh("cp -r $M/" + directory(1) + " $T/copy").code, 0) << log();
  expect_copied(scratch() / "copy", 10, 20);
  EXPECT_EQ(listings_of(1), 1U);
  expect_copied(scratch() / "copy" / "attempts" / attempt(1), 10, 20);
  EXPECT_EQ(api().total_requests(), 23U) << "the media, the attempts, the attempt's, the files";
}

TEST_F(Sessions, FiftyAreCopied) {
  for (int i = 0; i < 50; ++i) publish_faces(i, 100 + 3 * i, 3);
  for (int i = 0; i < 50; ++i) extra_environment["IDS"] += " " + session(i);
  mount();
  ASSERT_EQ(sh("mkdir $T/all; cd $M/sessions; cp -r $IDS $T/all").code, 0) << log();
  for (int i = 0; i < 50; ++i) expect_copied(scratch() / "all" / session(i), 100 + 3 * i, 3);
  EXPECT_EQ(api().total_requests(), 50U * 6);
}

TEST_F(Sessions, RsyncCopiesAndThenFindsNothingToDo) {
  publish_faces(1, 10, 8);
  mount();
  ASSERT_EQ(sh("rsync -a $M/" + directory(1) + "/ $T/copy/").code, 0) << log();
  expect_copied(scratch() / "copy", 10, 8);
  EXPECT_EQ(sh("rsync -ai $M/" + directory(1) + "/ $T/copy/").out, "");
  EXPECT_EQ(api().total_requests(), 11U);
}

TEST_F(Sessions, ANameAndAnIdAreOneFile) {
  publish(1, {show(10)});
  mount();
  EXPECT_TRUE(same_bytes(read(directory(1) + "/" + name_of(10)).bytes, bytes(10)));
  EXPECT_TRUE(same_bytes(read(media(10)).bytes, bytes(10)));
  EXPECT_TRUE(same_bytes(read(media(10) + ".jpg").bytes, bytes(10)));
  EXPECT_TRUE(same_bytes(read("attempts/" + attempt(1) + "/" + name_of(10)).bytes, bytes(10)));
  EXPECT_EQ(api().requests_for(media(10)), 1U);
  const auto status = [&] {
    return sh("stat -c '%i %h' $M/" + directory(1) + "/* $M/" + media(10) + " $M/" + media(10) +
              ".jpg $M/attempts/*/* | sort -u")
        .out;
  };
  // The session's attempts are asked for ahead: that they show the attempt too is known in a moment.
  EXPECT_TRUE(eventually([&] { return status().find(" 4\n") != std::string::npos; }))
      << "by id, in the session, and twice in the attempt: " << status();
  EXPECT_EQ(sh("stat -c %i $M/" + directory(1) + "/face* $M/" + media(10) + "* | sort -u | wc -l").out,
            "1\n");
}

TEST_F(Sessions, AnotherExtensionIsNotThere) {
  publish(1, {show(10)});
  mount();
  EXPECT_EQ(stat_error(media(10) + ".jpg"), 0);
  EXPECT_EQ(stat_error(media(10) + ".png"), ENOENT);
  EXPECT_EQ(stat_error(media(10) + ".jpeg"), ENOENT);
}

TEST_F(Sessions, AReorderedListingChangesNoName) {
  publish_faces(1, 10, 5);
  mount({{"--listing-ttl", "0s"}});
  const auto names = names_in(directory(1));
  ASSERT_EQ(names.size(), 6U);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(names_in(directory(1)), names);
  EXPECT_GE(listings_of(1), 6U) << "the API turns its arrays from answer to answer";
}

TEST_F(Sessions, ANewImageAppearsAndARemovedOneGoes) {
  publish(1, {show(10), show(11)});
  mount({{"--listing-ttl", "0s"}});
  EXPECT_THAT(names_in(directory(1)), ElementsAre("attempts", name_of(10), name_of(11)));
  EXPECT_EQ(stat_error(directory(1) + "/" + name_of(12)), ENOENT);
  publish(1, {show(11), show(12)});
  EXPECT_THAT(names_in(directory(1)), ElementsAre("attempts", name_of(11), name_of(12)));
  EXPECT_TRUE(eventually([&] { return stat_error(directory(1) + "/" + name_of(10)) == ENOENT; }))
      << "the kernel forgets the name";
  EXPECT_TRUE(same_bytes(read(directory(1) + "/" + name_of(12)).bytes, bytes(12)));
}

TEST_F(Sessions, ARemovedImageGoesAlsoForThoseWhoListNothing) {
  publish(1, {show(10), show(11)});
  mount({{"--listing-ttl", "0s"}});
  EXPECT_EQ(stat_error(directory(1) + "/" + name_of(10)), 0);
  publish(1, {show(11)});
  EXPECT_TRUE(eventually([&] { return stat_error(directory(1) + "/" + name_of(10)) == ENOENT; }));
}

TEST_F(Sessions, ANameThatHasGoneDoesNotComeBackThroughADirectoryThatIsStillOpen) {
  publish(1, {show(10), show(11)});
  mount({{"--listing-ttl", "0s"}});
  keep(10);  // so that it is known whatever is listed
  const auto holder = start(R"(exec python3 -c '
import os, sys, time
directory, ours, theirs = sys.argv[1:]
fd = os.open(directory, os.O_RDONLY)
os.listdir(fd)
open(ours, "w").close()
while not os.path.exists(theirs): time.sleep(0.01)
print(*sorted(os.listdir(fd)))' $M/)" +
                            directory(1) + " $T/opened $T/gone");
  ASSERT_TRUE(eventually([&] { return fs::exists(scratch() / "opened"); }));
  publish(1, {show(11)});
  EXPECT_THAT(names_in(directory(1)), ElementsAre("attempts", name_of(11)));
  EXPECT_TRUE(eventually([&] { return stat_error(directory(1) + "/" + name_of(10)) == ENOENT; }));
  write_file(scratch() / "gone", "");
  EXPECT_EQ(holder->finish(kPatience).out, "attempts " + name_of(10) + " " + name_of(11) + "\n")
      << "as it was";
  EXPECT_EQ(stat_error(directory(1) + "/" + name_of(10)), ENOENT);
}

TEST_F(Sessions, WithinTheTtlNothingIsAskedAgain) {
  publish(1, {show(10)});
  mount();
  visit(directory(1));
  publish(1, {show(11)});
  EXPECT_THAT(names_in(directory(1)), ElementsAre("attempts", name_of(10)));
  EXPECT_EQ(listings_of(1), 1U);
}

class WrongSize : public Sessions, public ::testing::WithParamInterface<std::uint64_t> {};

TEST_P(WrongSize, TheBodyWins) {
  Shown shown = show(10);
  shown.rest = ",\"size\":" + std::to_string(GetParam());
  publish(1, {shown, show(11)});
  mount();
  const std::string name = directory(1) + "/" + name_of(10);
  EXPECT_EQ(sh("stat -c %s $M/" + name).out, std::to_string(GetParam()) + "\n");
  const Outcome copied = sh("cp $M/" + name + " $T/copy && cat $T/copy");
  EXPECT_TRUE(same_bytes(copied.out, bytes(10)));
  EXPECT_EQ(sh("stat -c %s $M/" + name).out, std::to_string(bytes(10).size()) + "\n");
}

TEST_P(WrongSize, TheBodyWinsAlsoWhenItIsListedNoMore) {
  Shown shown = show(10);
  shown.rest = ",\"size\":" + std::to_string(GetParam());
  publish(1, {shown});
  mount({{"--listing-ttl", "0s"}});
  visit(directory(1));
  EXPECT_EQ(sh("ls -l $M > /dev/null; stat -c %s $M/" + media(10)).out, std::to_string(GetParam()) + "\n");
  publish(1, {});
  visit(directory(1));
  EXPECT_TRUE(same_bytes(sh("cp $M/" + media(10) + " $T/copy && cat $T/copy").out, bytes(10)));
}

TEST_P(WrongSize, TheBodyWinsAlsoWhenItWasFetchedAhead) {
  std::vector<Shown> wrong;
  for (int i = 10; i < 30; ++i) {
    wrong.push_back(show(i));
    wrong.back().rest = ",\"size\":" + std::to_string(GetParam());
  }
  publish(1, wrong);
  mount();
  const Outcome copied =
      sh("ls -l $M/" + directory(1) + " > /dev/null; cp -r $M/" + directory(1) + " $T/copy");
  ASSERT_EQ(copied.code, 0) << copied;
  expect_copied(scratch() / "copy", 10, 20);
}

INSTANTIATE_TEST_SUITE_P(Sessions, WrongSize, ::testing::Values(0, 1, 9'000, 11'000, 1'000'000'000));

TEST_F(Sessions, TimesDoNotChangeBecauseAFileWasOpened) {
  publish_faces(1, 10, 4);
  mount();
  const std::string times = "stat -c '%n %Y %Z' $M/" + directory(1) + "/face*";
  const Outcome before = sh(times);
  ASSERT_EQ(sh("cat $M/" + directory(1) + "/face* > /dev/null").code, 0);
  EXPECT_EQ(sh(times).out, before.out);
  EXPECT_EQ(sh("cp -a $M/" + directory(1) + "/" + name_of(10) + " $T/copy && stat -c %Y $T/copy").out,
            sh("stat -c %Y $M/" + directory(1) + "/" + name_of(10)).out);
  remount();
  EXPECT_EQ(sh(times).out, before.out);
}

TEST_F(Sessions, TimesAreTheSameAfterARemount) {
  api_options.validators = false;  // no Last-Modified
  publish(1, {show(10), show(11)});
  mount();
  const std::string script =
      "cd $M; stat -c '%n %Y' sessions/* sessions/*/* attempts/* attempts/*/*; ls -l " + media(11);
  keep(10);
  visit("attempts/" + attempt(1));
  visit(directory(1) + "/attempts");
  const Outcome before = sh(script);
  remount();
  const Outcome after = sh(script);
  EXPECT_EQ(before.code, 0) << before;
  EXPECT_EQ(after.out, before.out);
}

TEST_F(Sessions, ExtendedAttributesTellWhatIsKnown) {
  Shown video = show(10, "face");
  video.mimetype = "video/webm";
  video.rest = ",\"duration\":\"3.5\"";
  publish(1, {video});
  api().put_media(media(10), "video/webm", bytes(10));
  mount();
  const std::string name = directory(1) + "/face-00000010.webm";
  const Outcome before = sh("getfattr --absolute-names -d $M/" + name + " | tail -n +2");
  EXPECT_EQ(before.out,
            "user.mediafs.cached=\"0\"\nuser.mediafs.context=\"face\"\nuser.mediafs.duration=\"3.5\"\nuser."
            "mediafs.id=\"" +
                media(10) + "\"\nuser.mediafs.session=\"" + session(1) +
                "\"\nuser.mime_type=\"video/webm\"\n\n")
      << before;
  keep(10);
  EXPECT_EQ(sh("getfattr --only-values -n user.mediafs.cached $M/" + name).out, "100");
  EXPECT_THAT(sh("getfattr --only-values -n user.mediafs.listed $M/" + directory(1)).out,
              ::testing::MatchesRegex("20..-..-..T..:..:..Z"));
  EXPECT_EQ(::getxattr(file(name).c_str(), "user.nothing", nullptr, 0), -1);
  EXPECT_EQ(errno, ENODATA);
  // Of "no such attribute" ls(1) learns nothing, and asks twice at every file.
  EXPECT_EQ(::getxattr(file(name).c_str(), "security.selinux", nullptr, 0), -1);
  EXPECT_EQ(errno, EOPNOTSUPP);
  std::array<char, 2> small{};
  EXPECT_EQ(::getxattr(file(name).c_str(), "user.mediafs.id", small.data(), small.size()), -1);
  EXPECT_EQ(errno, ERANGE);
  EXPECT_EQ(::setxattr(file(name).c_str(), "user.mediafs.id", "x", 1, 0), -1);
  EXPECT_EQ(errno, EROFS);
}

TEST_F(Sessions, AnUnknownSessionIsNotThereAndIsAskedForOnce) {
  mount();
  EXPECT_EQ(stat_error(directory(7)), ENOENT);
  EXPECT_EQ(stat_error(directory(7)), ENOENT);
  EXPECT_EQ(stat_error("attempts/" + attempt(7)), ENOENT);
  EXPECT_EQ(api().total_requests(), 2U);
}

TEST_F(Sessions, NamesThatCannotBeAskNobody) {
  publish(1, {show(10)});
  mount();
  visit(directory(1));
  ASSERT_TRUE(eventually([&] { return api().total_requests() == 3; })) << "with what is fetched ahead";
  const auto asked = api().total_requests();
  for (const std::string name : {".hidden", "autorun.inf", "desktop.ini", "face", "Thumbs.db", "a.jpg"}) {
    EXPECT_EQ(stat_error(directory(1) + "/" + name), ENOENT) << name;
    EXPECT_EQ(stat_error("sessions/" + name), ENOENT) << name;
    EXPECT_EQ(stat_error("attempts/" + name), ENOENT) << name;
  }
  EXPECT_EQ(api().total_requests(), asked);
}

TEST_F(Sessions, AnOpenDirectoryStaysAsItWasWhileItIsRefreshed) {
  publish_faces(1, 10, 100);
  mount({{"--listing-ttl", "0s"}});
  // The C library reads 32 KiB at a time: read a part, have the listing changed, read the rest.
  const Outcome read = sh(R"(exec python3 -c '
import os, sys
with os.scandir(sys.argv[1]) as it:
    names = [next(it).name]
    os.listdir(sys.argv[1])
    print("opened", flush=True)
    names += [entry.name for entry in it]
print(len(names), len(set(names)))' $M/)" +
                          directory(1));
  EXPECT_THAT(read.out, HasSubstr("101 101")) << read;
}

TEST_F(Sessions, ASessionThatIsGoneIsNotThere) {
  publish(1, {show(10)});
  mount({{"--listing-ttl", "0s"}, {"--negative-ttl", "0s"}});
  EXPECT_EQ(names_in(directory(1)).size(), 2U);
  visit(directory(1) + "/attempts");
  api().remove(session(1));
  EXPECT_NE(sh("ls $M/" + directory(1)).code, 0);
  EXPECT_TRUE(eventually([&] { return stat_error(directory(1) + "/" + name_of(10)) == ENOENT; }));
  EXPECT_EQ(stat_error(directory(1)), ENOENT);
  EXPECT_THAT(names_in("sessions"), ElementsAre());
}

TEST_F(Sessions, AMediaThatIsListedAndNotThereFailsAtOpen) {
  Shown gone = show(10);
  publish(1, {gone, show(11)});
  mount();
  visit(directory(1));
  api().remove(media(10));
  EXPECT_EQ(read(directory(1) + "/" + name_of(10)).error, ENOENT);
  EXPECT_TRUE(same_bytes(read(directory(1) + "/" + name_of(11)).bytes, bytes(11)));
}

}  // namespace
}  // namespace mediafs::e2e
