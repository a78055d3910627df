// What a hostile or broken API may list, seen through the mount; tests/api/listing_test.cpp has the rows of
// the parser.
#include "session_fixture.h"

namespace mediafs::e2e {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Listings : public SessionTest {};

TEST_F(Listings, ThatAreNoneAreAnErrorAndNotAnEmptyDirectory) {
  const std::vector<std::string> bodies = {"<html>log in</html>",
                                           "",
                                           R"({"hello":"world"})",
                                           R"({"status":"success","images":[)",
                                           "[]",
                                           "\xEF\xBB\xBF{\"status\":\"success\"}",
                                           "{\"status\":\"success\",\"x\":\"\xff\"}",
                                           R"({"status":"success"} x)"};
  for (std::size_t i = 0; i < bodies.size(); ++i) publish_text(static_cast<int>(i) + 1, bodies[i]);
  expect_warnings();
  mount();
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    const int number = static_cast<int>(i) + 1;
    EXPECT_EQ(stat_error(directory(number)), EIO) << bodies[i];
    EXPECT_EQ(listings_of(number), 2U) << "once more, on a connection of its own: " << bodies[i];
  }
}

TEST_F(Listings, ABadOneLeavesTheLastGoodOneForItsTime) {
  publish(1, {show(10)});
  mount({{"--listing-ttl", "1h"}});
  EXPECT_THAT(names_in(directory(1)), ElementsAre("attempts", name_of(10)));
  publish_text(1, "no listing");
  EXPECT_THAT(names_in(directory(1)), ElementsAre("attempts", name_of(10)));
  EXPECT_EQ(listings_of(1), 1U);
}

TEST_F(Listings, ABadOneAfterItsTimeIsAnError) {
  publish(1, {show(10)});
  mount({{"--listing-ttl", "0s"}});
  EXPECT_EQ(names_in(directory(1)).size(), 2U);
  publish_text(1, "no listing");
  expect_warnings();
  EXPECT_THAT(sh("ls $M/" + directory(1)).err, HasSubstr("Input/output error"));
  EXPECT_EQ(stat_error(directory(1) + "/" + name_of(10)), 0) << "names that are known stay usable";
  EXPECT_TRUE(same_bytes(read(directory(1) + "/" + name_of(10)).bytes, bytes(10)));
}

TEST_F(Listings, AWrongSignatureIsAnError) {
  publish(1, {show(10)});
  api().set_rules(session(1) + " * bad-signature");
  expect_warnings();
  mount();
  EXPECT_EQ(stat_error(directory(1)), EIO);
}

TEST_F(Listings, OneWithoutASignatureIsTakenUnlessThatIsAskedFor) {
  publish(1, {show(10)});
  api().set_rules("* * no-signature");
  mount();
  EXPECT_EQ(names_in(directory(1)).size(), 2U);
  unmount();
  expect_warnings();
  mount({{"--require-signature", kSet}, {"--listing-ttl", "0s"}});
  EXPECT_NE(sh("ls $M/" + directory(1)).code, 0);
}

TEST_F(Listings, ARefusedKeyIsPermissionDenied) {
  publish(1, {show(10)});
  api().set_rules("* * status 401 1802");
  expect_warnings();
  mount();
  EXPECT_EQ(stat_error(directory(1)), EACCES);
}

TEST_F(Listings, OneOfMoreThanTheCapIsAnError) {
  publish_text(1, R"({"status":"success","images":[)" + std::string(33 * 1024 * 1024, ' ') + "]}");
  expect_warnings();
  mount();
  EXPECT_EQ(stat_error(directory(1)), EIO);
  EXPECT_EQ(listings_of(1), 1U);
}

TEST_F(Listings, NamesAreMadeSafe) {
  const std::vector<std::string> contexts = {"../../etc/passwd",
                                             "a/b",
                                             ".",
                                             "..",
                                             "-rf",
                                             "con.x",
                                             "a\\u0000b\\nc",
                                             "",
                                             ".fuse_hidden",
                                             "\\u202egpj.exe",
                                             std::string(300, 'x'),
                                             "\\\"$(reboot)`"};
  std::string body;
  for (int i = 0; i < static_cast<int>(contexts.size()); ++i) {
    body += std::string(i == 0 ? "" : ",") + R"({"id":")" + show(10 + i).id + R"(","context":")" +
            contexts[static_cast<std::size_t>(i)] +
            R"(","size":1,"mimetype":"image/jpeg","url":"http://169.254.169.254/"})";
  }
  publish(1, {});
  publish_text(1, R"({"images":[)" + body + "]}");
  mount();
  const auto names = names_in(directory(1));
  ASSERT_EQ(names.size(), contexts.size() + 1);
  for (const std::string& name : names) {
    EXPECT_THAT(name, ::testing::MatchesRegex("[A-Za-z0-9_][A-Za-z0-9._-]*"));
    EXPECT_LE(name.size(), 100U);
  }
  ASSERT_EQ(sh("cp -r $M/" + directory(1) + " $T/copy").code, 0);
  for (int i = 10; i < 22; ++i) {
    EXPECT_TRUE(same_bytes(sh("cat $T/copy/*-000000" + std::to_string(i) + ".jpg").out, bytes(i)));
  }
}

TEST_F(Listings, WhatIsLeftOutIsLoggedByReasonAndCountAndTheOthersServed) {
  show(10);
  publish_text(1, R"({"status":"success","images":[{"id":"../x","size":1,"mimetype":"image/png"},
    {"id":"/","size":1}, {"size":1}, null, {"id":")" +
                      session(1) + R"(","size":1},
    {"id":")" + media(10) +
                      R"(","size":1,"mimetype":"image/jpeg","context":"face"}]})");
  expect_warnings();
  mount();
  EXPECT_THAT(names_in(directory(1)), ElementsAre("attempts", name_of(10)));
  EXPECT_TRUE(same_bytes(read(directory(1) + "/" + name_of(10)).bytes, bytes(10)));
  EXPECT_THAT(log(), HasSubstr("5 entries are left out: 2 without an id, 2 with one that cannot be, 1 with "
                               "the listing's own"));
}

TEST_F(Listings, LooseFieldsHideNothingAndEveryByteIsThere) {
  const auto of = [&](int number, const std::string& fields) {
    return R"({"id":")" + show(number).id + R"(","context":"face",)" + fields + "}";
  };
  publish_text(1, R"({"status":"success","images":[)" + of(10, R"("size":"10010","mimetype":"image/jpeg")") +
                      "," + of(11, R"("size":null,"mimetype":"jpg")") + "," +
                      of(12, R"("mimetype":null,"sessionId":")" + session(2) + "\"") + R"(],"documents":[)" +
                      of(13, R"("size":-1,"mimetype":"image/pdf")") + "," + of(14, R"("url":"x")") + "]}");
  mount();
  EXPECT_THAT(names_in(directory(1)), ElementsAre("attempts", name_of(10), name_of(11), name_of(12),
                                                  "face-00000013.pdf", "face-00000014.bin"));
  EXPECT_EQ(sh("stat -c %s $M/" + directory(1) + "/face*").out, "10010\n0\n0\n0\n0\n")
      << "unknown until it is opened";
  for (int i = 10; i < 15; ++i) EXPECT_EQ(api().requests_for(media(i)), 0U) << "one request lists a session";
  const Outcome read =
      sh("cd $M/" + directory(1) + "; cat face*10.jpg face*11.jpg face*12.jpg; cat *13.pdf *14.bin");
  EXPECT_TRUE(same_bytes(read.out, bytes(10) + bytes(11) + bytes(12) + bytes(13) + bytes(14)));
  EXPECT_EQ(sh("stat -c %s $M/" + directory(1) + "/face*").out, "10010\n10011\n10012\n10013\n10014\n");
}

TEST_F(Listings, AMediaWithoutASizeIsCopiedWholeByEveryProgram) {
  std::string list;
  for (int i = 10; i < 15; ++i)
    list += std::string(i == 10 ? "" : ",") + R"({"id":")" + show(i).id + R"(","context":"face"})";
  publish_text(1, R"({"status":"success","images":[)" + list + "]}");
  mount();
  ASSERT_EQ(sh("cd $M/" + directory(1) + R"( && cp face*10.jpg $T/10 && cat < face-00000011.jpg > $T/11 &&
      dd if=face-00000012.jpg of=$T/12 bs=1000 2> /dev/null && rsync -a face-00000013.jpg $T/13 &&
      python3 -c 'import os, sys
fd = os.open("face-00000014.jpg", os.O_RDONLY)
open(sys.argv[1], "wb").write(os.pread(fd, 1 << 20, 0))' $T/14)")
                .code,
            0);
  for (int i = 10; i < 15; ++i) EXPECT_TRUE(same_bytes(sh("cat $T/" + std::to_string(i)).out, bytes(i))) << i;
}

TEST_F(Listings, NamesThatClashGetTheWholeId) {
  const std::string one = "01234567-aaaa-4000-8000-000000000000";
  const std::string other = "01234567-bbbb-4000-8000-000000000000";
  api().put_media(one, "image/jpeg", bytes(1));
  api().put_media(other, "image/jpeg", bytes(2));
  publish(1, {{one}, {other}, show(10)});
  mount();
  EXPECT_THAT(names_in(directory(1)),
              ElementsAre("attempts", name_of(10), "face-" + one + ".jpg", "face-" + other + ".jpg"));
  EXPECT_TRUE(same_bytes(read(directory(1) + "/face-" + one + ".jpg").bytes, bytes(1)));
  EXPECT_TRUE(same_bytes(read(directory(1) + "/face-" + other + ".jpg").bytes, bytes(2)));
}

TEST_F(Listings, NothingOfThemIsInTheLogOrTheCacheInTheClear) {
  publish(1, {show(10, "a-telling-context")});
  mount({{"--log-level", "debug"}});
  keep(10);
  visit(directory(1) + "/attempts");
  unmount();
  const Outcome found =
      sh("grep -r -l -a -e a-telling-context -e " + media(10) + " -e " + session(1) + " -e " + attempt(1) +
         " " + cache_dir().string() + " " + root().string() + "/log || true");
  EXPECT_EQ(found.out, "") << found;
}

}  // namespace
}  // namespace mediafs::e2e
