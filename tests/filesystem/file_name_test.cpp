#include "mediafs/filesystem/file_name.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mediafs {
namespace {

using testing::ElementsAre;

const std::string kId = "05cfc122-15d8-4838-bbf1-7b26a736b2d2";

ListedMedia media(const std::string& context, const std::string& id = kId,
                  const std::string& type = "image/jpeg") {
  return {.id = *MediaId::parse(id), .context = context, .content_type = type};
}
std::string name_of(const ListedMedia& one) {
  return file_names({one}).front();
}

TEST(FileName, IsContextShortIdAndExtension) {
  EXPECT_EQ(name_of(media("document-front")), "document-front-05cfc122.jpg");
  EXPECT_EQ(name_of(media("face", kId, "application/x-new")), "face-05cfc122.bin");
  EXPECT_EQ(name_of(media("")), "media-05cfc122.jpg");
}

TEST(FileName, CanOnlyBePlain) {
  EXPECT_EQ(name_of(media("../../etc/passwd")), "______etc_passwd-05cfc122.jpg");
  EXPECT_EQ(name_of(media("-rf")), "_rf-05cfc122.jpg");
  EXPECT_EQ(name_of(media(".hidden")), "_hidden-05cfc122.jpg");
  EXPECT_EQ(name_of(media("con.txt")), "con_txt-05cfc122.jpg");
  EXPECT_EQ(name_of(media(std::string("a\0b\n", 4))), "a_b_-05cfc122.jpg");
  EXPECT_EQ(name_of(media("\xE2\x80\xAEgpj")), "___gpj-05cfc122.jpg");
  for (int c = 0; c < 256; ++c) {
    const std::string name = name_of(media(std::string(3, static_cast<char>(c))));
    EXPECT_TRUE(can_be_file_name(name)) << c;
  }
}

TEST(FileName, IsBounded) {
  const std::string longest(128, 'i');
  EXPECT_EQ(name_of(media(std::string(300, 'x'))).size(), kLongestFileName);
  const auto names = file_names(
      {media(std::string(300, 'x'), longest), media(std::string(300, 'x'), longest.substr(1) + "j")});
  EXPECT_EQ(names[0].size(), kLongestFileName);
  EXPECT_NE(names[0], names[1]);
}

TEST(FileName, HasTheWholeIdWhereTwoWouldBeTheSame) {
  const std::string other = "05cfc122-0000-4838-bbf1-7b26a736b2d2";
  EXPECT_THAT(file_names({media("face"), media("face", other), media("document", other)}),
              ElementsAre("face-" + kId + ".jpg", "face-" + other + ".jpg", "document-05cfc122.jpg"));
  EXPECT_THAT(file_names({media("face"), media("face", other, "image/png")}),
              ElementsAre("face-05cfc122.jpg", "face-05cfc122.png"));
}

TEST(FileName, UpperAndLowerCaseAreTheSame) {
  const std::string other = "05CFC122-0000-4838-bbf1-no-uuid-at-all";
  EXPECT_THAT(file_names({media("face"), media("Face", other)}),
              ElementsAre("face-" + kId + ".jpg", "Face-" + other + ".jpg"));
}

TEST(FileName, AHostileListingCannotMakeTwoTheSame) {
  // The whole id of the first two looks like the context and the short id of the third.
  const std::string one = "aaaaaaaa-aaaaaaaaaaaa-bbbbbbbb";
  const std::string two = "aaaaaaaa-cccccccccccc-bbbbbbbb";
  const std::string three = "bbbbbbbb00000000";
  std::vector<ListedMedia> listed{media("face", one), media("face", two),
                                  media("face-aaaaaaaa-aaaaaaaaaaaa", three)};
  std::vector<std::string> names = file_names(listed);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
}

TEST(FileName, WhatCannotBeOneIsToldApart) {
  for (const std::string bad :
       {"", ".", "..", "a", "face.jpg", "-a-b.jpg", ".a-b.jpg", "a-b", "a-b.exe", "a b-c.jpg", "a/b-c.jpg"}) {
    EXPECT_FALSE(can_be_file_name(bad)) << bad;
  }
  EXPECT_FALSE(can_be_file_name(std::string(100, 'a') + "-b.jpg"));
}

TEST(IdName, IsTakenApartAtAnExtensionThatIsOne) {
  EXPECT_EQ(split_id_name("abc.jpg").id, "abc");
  EXPECT_EQ(split_id_name("abc.jpg").extension, "jpg");
  EXPECT_EQ(split_id_name("abc.bin").extension, "bin");
  EXPECT_EQ(split_id_name("abc.exe").id, "abc.exe");
  EXPECT_EQ(split_id_name(".jpg").id, ".jpg");
  EXPECT_EQ(split_id_name("abc").extension, "");
}

}  // namespace
}  // namespace mediafs
