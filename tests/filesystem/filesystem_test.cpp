#include "mediafs/filesystem/filesystem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "filesystem/filesystem_fixture.h"

namespace mediafs {
namespace {

using testing::ElementsAre;

class FilesystemTest : public FilesystemFixture {
 protected:
  static inline const std::string kId = "gen-000000001000-small001";
};

TEST(NodeNumber, IsTheSameEverywhereAndForEver) {
  EXPECT_EQ(
      static_cast<std::uint64_t>(node_number_of(*MediaId::parse("05cfc122-15d8-4838-bbf1-7b26a736b2d2"))),
      0x45252b9ac3bf3934U);
  const MediaId id = *MediaId::parse("05cfc122-15d8-4838-bbf1-7b26a736b2d2");
  const auto number = [&](NodeKind kind) {
    return static_cast<std::uint64_t>(node_number_of(Node{kind, id, id}));
  };
  EXPECT_EQ(number(NodeKind::media), 0x45252b9ac3bf3934U);
  EXPECT_EQ(number(NodeKind::session), 8083181281533015052U);
  EXPECT_EQ(number(NodeKind::session_attempts), 7058465680826102599U);
  EXPECT_EQ(number(NodeKind::session_attempt), 7682094348055318636U);
  EXPECT_EQ(number(NodeKind::attempt), 8801000222741202264U);
}

TEST_F(FilesystemTest, NamesThatCannotBeIdsAskNobody) {
  for (const std::string name : {".hidden", "autorun.inf", "short", "a/b"}) {
    EXPECT_FALSE(files_->can_exist(kRootNode, name));
    EXPECT_EQ(look_up(name).error().code, Errc::not_found);
  }
  EXPECT_EQ(server_.total_requests(), 0U);
}

TEST_F(FilesystemTest, ANameLongerThan255BytesIsTooLong) {
  for (const NodeNumber directory : {kRootNode, kSessionsNode}) {
    EXPECT_EQ(look_up(std::string(256, 'a'), directory).error().code, Errc::name_too_long);
    EXPECT_TRUE(files_->can_exist(directory, std::string(256, 'a'))) << "its look-up says what is wrong";
    EXPECT_EQ(look_up(std::string(255, 'a'), directory).error().code, Errc::not_found);
  }
  EXPECT_EQ(server_.total_requests(), 0U);
}

TEST_F(FilesystemTest, AnUpperCaseNameIsTheSameNodeAndNoNameThatStays) {
  const std::string id = "05cfc122-15d8-4838-bbf1-7b26a736b2d2";
  const std::string upper = "05CFC122-15D8-4838-BBF1-7B26A736B2D2";
  server_.put_media(id, "image/jpeg", "bytes");
  for (const std::string extension : {"", ".jpg"}) {
    const auto found = look_up(upper + extension);
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(found->node, node_number_of(id_of(id)));
    EXPECT_TRUE(found->other_name);
    EXPECT_FALSE(look_up(id + extension)->other_name);
  }
  EXPECT_THAT(names_in(kRootNode), testing::Contains(id));
  EXPECT_EQ(server_.total_requests(), 1U);
}

TEST_F(FilesystemTest, AnUpperCaseSessionOrAttemptIsTheSameDirectory) {
  const std::string session = "5e551011-0000-4000-8000-00000000000a";
  const std::string attempt = "a77e3b11-0000-4000-8000-00000000000a";
  server_.add_manifest(R"({"sessions":[{"id":")" + session + R"(","attempts":[{"id":")" + attempt +
                       R"("}]}]})");
  const auto found = look_up("5E551011-0000-4000-8000-00000000000A", kSessionsNode);
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->other_name);
  EXPECT_EQ(found->node, look_up(session, kSessionsNode)->node);
  EXPECT_EQ(look_up("A77E3B11-0000-4000-8000-00000000000A", kAttemptsNode)->node,
            look_up(attempt, kAttemptsNode)->node);
  const NodeNumber attempts = look_up("attempts", found->node)->node;
  const auto listed = look_up("A77E3B11-0000-4000-8000-00000000000A", attempts);
  ASSERT_TRUE(listed.ok());
  EXPECT_TRUE(listed->other_name);
  EXPECT_EQ(listed->node, look_up(attempt, attempts)->node);
}

TEST_F(FilesystemTest, AFoundMediaHasItsNodeSizeAndPlaceInTheRoot) {
  const auto found = look_up(kId);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->node, node_number_of(id_of(kId)));
  EXPECT_EQ(found->size, 1000U);
  EXPECT_EQ(found->type, FileType::regular);
  EXPECT_THAT(names_in(kRootNode), ElementsAre("attempts", kId, "sessions"));
}

TEST_F(FilesystemTest, AnOpenDirectoryStaysAsItWas) {
  const auto handle = open_directory(kRootNode);
  ASSERT_TRUE(look_up(kId).ok());
  EXPECT_EQ((*files_->directory(kRootNode, *handle))->entries.size(), 4U);
  files_->close_directory(*handle);
  EXPECT_EQ((*files_->directory(kRootNode, *handle))->entries.size(), 5U);
}

TEST_F(FilesystemTest, AMediaWithoutASizeIsEmptyUntilItsOpenWhichReadsDirectly) {
  const ListingKey session{ListingKind::session_media, id_of("some-session-00001")};
  catalog_->remember_listing({.key = session, .listed = 1, .media = {{.id = id_of(kId)}}});
  const auto found = look_up(kId);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->size, 0U);
  EXPECT_EQ(server_.total_requests(), 0U) << "a look-up never asks";
  const auto opened = open(found->node);
  ASSERT_TRUE(opened.ok());
  EXPECT_TRUE(opened->directly);
  EXPECT_EQ(*length_read(found->node, opened->handle, {0, 4096}), 1000U);
  EXPECT_EQ(files_->attributes(found->node)->size, 1000U);
  EXPECT_FALSE(open(found->node)->directly) << "its size is known now";
}

TEST_F(FilesystemTest, ReadsEndWhereTheMediaDoes) {
  const auto found = look_up(kId);
  const auto version = open(found->node);
  ASSERT_TRUE(version.ok());
  EXPECT_EQ(*length_read(found->node, version->handle, {0, 4096}), 1000U);
  EXPECT_EQ(*length_read(found->node, version->handle, {999, 4096}), 1U);
  EXPECT_EQ(*length_read(found->node, version->handle, {1000, 4096}), 0U);
  EXPECT_EQ(*length_read(found->node, version->handle, {~0ULL - 1, 4096}), 0U);
}

TEST_F(FilesystemTest, AHandleThatNobodyHasOpenedIsStale) {
  const auto found = look_up(kId);
  EXPECT_EQ(length_read(found->node, FileHandle{99}, {0, 1}).error().code, Errc::changed);
}

TEST_F(FilesystemTest, WhatAnEarlierServerHasOpenedIsReadByItsHandle) {
  const NodeNumber node = look_up(kId)->node;
  const auto opened = open(node);
  ASSERT_TRUE(opened.ok());
  filesystem_options_.taken_over = true;
  show();
  EXPECT_EQ(*length_read(node, opened->handle, {0, 4096}), 1000U);
  files_->close(opened->handle);
  EXPECT_EQ(length_read(node, opened->handle, {0, 1}).error().code, Errc::changed);
}

TEST_F(FilesystemTest, AVersionThatAnEarlierServerHasOpenedIsNotMixedWithAnother) {
  const NodeNumber node = look_up(kId)->node;
  ASSERT_TRUE(happens([&] { return store_->under_way() == 0; }));
  const auto old = open(node);
  ASSERT_TRUE(old.ok());
  filesystem_options_.taken_over = true;
  show();
  MediaItem newer = *catalog_->find(id_of(kId));
  newer.revision = Revision{99};
  catalog_->remember(newer);
  EXPECT_EQ(open(node).error().code, Errc::changed) << "while the old version is open";
  files_->close(old->handle);
  const auto fresh = open(node);
  ASSERT_TRUE(fresh.ok());
  EXPECT_FALSE(fresh->keep_page_cache);
}

/// The kernel has one set of pages for both.
TEST_F(FilesystemTest, WhatWasErasedWhileItIsOpenIsNotMixedWithWhatALaterServerOpens) {
  const NodeNumber node = look_up(kId)->node;
  const auto old = open(node);
  ASSERT_TRUE(old.ok());
  files_->erase(id_of(kId));
  filesystem_options_.taken_over = true;
  show();
  EXPECT_FALSE(length_read(node, old->handle, {0, 1}).ok());
  ASSERT_TRUE(look_up(kId).ok());
  EXPECT_EQ(open(node).error().code, Errc::changed) << "while the old version is open";
  EXPECT_EQ(length_read(node, old->handle, {0, 1}).error().code, Errc::changed);
  files_->close(old->handle);
  const auto anew = open(node);
  ASSERT_TRUE(anew.ok());
  EXPECT_FALSE(anew->keep_page_cache);
  files_->close(anew->handle);
  EXPECT_TRUE(open(node).ok());
}

TEST_F(FilesystemTest, PagesThatAnEarlierServerHasGivenAreTrustedByNobody) {
  const NodeNumber node = look_up(kId)->node;
  filesystem_options_.taken_over = true;
  show();
  const auto first = open(node);
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(first->keep_page_cache);
  files_->close(first->handle);
  EXPECT_TRUE(open(node)->keep_page_cache);
}

/// The kernel drops the old pages when it takes in the reply to the first, which may come after that to the
/// second.
TEST_F(FilesystemTest, PagesOfAnotherVersionAreKeptByNobodyWhoOpensTheNewOne) {
  const NodeNumber node = look_up(kId)->node;
  ASSERT_TRUE(happens([&] { return store_->under_way() == 0; }));
  files_->close(open(node)->handle);
  MediaItem newer = *catalog_->find(id_of(kId));
  newer.revision = Revision{99};
  catalog_->remember(newer);
  const auto first = open(node);
  EXPECT_FALSE(first->keep_page_cache);
  const auto second = open(node);
  EXPECT_FALSE(second->keep_page_cache) << "before the kernel has heard of the first";
  files_->close(second->handle, Filesystem::Closing::unheard_of);
  EXPECT_FALSE(open(node)->keep_page_cache);
  files_->close(first->handle);
  EXPECT_TRUE(open(node)->keep_page_cache);
}

TEST_F(FilesystemTest, AnOpeningThatIsRepeatedIsOne) {
  const NodeNumber node = look_up(kId)->node;
  const auto first = open(node, FileHandle{7});
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(open(node, FileHandle{7}).ok());
  EXPECT_EQ(open_files_->all().size(), 1U);
  files_->close(FileHandle{7});
  files_->close(FileHandle{7});
  MediaItem newer = *catalog_->find(id_of(kId));
  newer.revision = Revision{99};
  catalog_->remember(newer);
  EXPECT_TRUE(open(node).ok()) << "nobody has the old version open any more";
}

TEST_F(FilesystemTest, TwoVersionsAreNeverOpenTogether) {
  const NodeNumber node = look_up(kId)->node;
  ASSERT_TRUE(
      happens([&] { return store_->under_way() == 0; }));  // its download has the last word on the item
  const auto old = open(node);
  ASSERT_TRUE(old.ok());
  MediaItem newer = *catalog_->find(id_of(kId));
  newer.revision = Revision{99};
  newer.size = 7;
  catalog_->remember(newer);
  std::vector<NodeNumber> told;
  files_->on_new_attributes([&](NodeNumber changed) { told.push_back(changed); });
  files_->media_changed(id_of(kId));
  EXPECT_EQ(open(node).error().code, Errc::changed);
  EXPECT_EQ(length_read(node, old->handle, {0, 1}).error().code, Errc::changed);
  EXPECT_TRUE(told.empty());
  EXPECT_EQ(files_->attributes(node)->size, 1000U) << "so that nobody's file ends early";
  EXPECT_EQ(look_up(kId + ".jpg")->size, 1000U);
  files_->close(old->handle);
  EXPECT_EQ(told, std::vector<NodeNumber>{node});
  EXPECT_EQ(files_->attributes(node)->size, 7U);
  const auto fresh = open(node);
  ASSERT_TRUE(fresh.ok());
  EXPECT_EQ(open_files_->find(fresh->handle)->version, Revision{99});
  EXPECT_FALSE(fresh->keep_page_cache);
  files_->close(fresh->handle);
  EXPECT_TRUE(open(node)->keep_page_cache);
}

TEST_F(FilesystemTest, AnErasureNamesWhatTheKernelMayHold) {
  const NodeNumber node = look_up(kId)->node;
  const auto old = open(node);
  ASSERT_TRUE(old.ok());
  const EraseResult erased = files_->erase(id_of(kId));
  EXPECT_EQ(erased.count.media, 1U);
  EXPECT_THAT(erased.nodes, ElementsAre(node));
  EXPECT_THAT(erased.names, testing::Contains(std::pair(kRootNode, kId)));
  EXPECT_THAT(names_in(kRootNode), ElementsAre("attempts", "sessions"));
  EXPECT_EQ(length_read(node, old->handle, {0, 1}).error().code, Errc::changed);
  EXPECT_EQ(files_->attributes(node).error().code, Errc::changed);
  ASSERT_TRUE(look_up(kId).ok());
  EXPECT_EQ(open(node).error().code, Errc::changed) << "while the old version is open";
  files_->close(old->handle);
  const auto anew = open(node);
  ASSERT_TRUE(anew.ok());
  EXPECT_FALSE(anew->keep_page_cache);
}

TEST_F(FilesystemTest, AMediaWhoseSignatureIsWrongIsNotMerelyStale) {
  server_.set_rules("* * bad-signature");
  const std::string large = "gen-000005000000-large001";
  const auto found = look_up(large);
  ASSERT_TRUE(found.ok());
  const auto opened = open(found->node);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(length_read(found->node, opened->handle, {0, 5'000'000}).error().code, Errc::corrupt);
  EXPECT_EQ(files_->attributes(found->node).error().code, Errc::corrupt);
  EXPECT_EQ(open(found->node).error().code, Errc::corrupt);
}

TEST_F(FilesystemTest, WhatIsNoFileOrDirectoryIsSaidSo) {
  const auto found = look_up(kId);
  EXPECT_EQ(open(kRootNode).error().code, Errc::is_directory);
  EXPECT_EQ(open_directory(found->node).error().code, Errc::not_directory);
  EXPECT_EQ(look_up(kId, found->node).error().code, Errc::not_directory);
  EXPECT_EQ(files_->attributes(NodeNumber{12345}).error().code, Errc::changed);
}

TEST_F(FilesystemTest, SpaceIsWhatIsKnown) {
  ASSERT_TRUE(look_up(kId).ok());
  EXPECT_EQ(files_->space().bytes, 1000U);
  EXPECT_EQ(files_->space().files, 1U);
}

}  // namespace
}  // namespace mediafs
