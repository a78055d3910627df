#include "mediafs/filesystem/filesystem.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "filesystem/filesystem_fixture.h"

namespace mediafs {
namespace {

using testing::ElementsAre;

const std::string kId = "gen-000000001000-small001";

class FilesystemTest : public FilesystemFixture {};

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
  EXPECT_EQ(number(NodeKind::attempt_link), 9087523140576345420U);
  EXPECT_EQ(number(NodeKind::attempt), 8801000222741202264U);
}

TEST_F(FilesystemTest, NamesThatCannotBeIdsAskNobody) {
  for (const std::string name : {".hidden", "autorun.inf", "short", "a/b"}) {
    EXPECT_FALSE(files_->can_exist(kRootNode, name));
    EXPECT_EQ(look_up(name).error().code, Errc::not_found);
  }
  EXPECT_EQ(server_.total_requests(), 0U);
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

TEST_F(FilesystemTest, ReadsEndWhereTheMediaDoes) {
  const auto found = look_up(kId);
  const auto version = open(found->node);
  ASSERT_TRUE(version.ok());
  EXPECT_EQ(*length_read(found->node, version->version, {0, 4096}), 1000U);
  EXPECT_EQ(*length_read(found->node, version->version, {999, 4096}), 1U);
  EXPECT_EQ(*length_read(found->node, version->version, {1000, 4096}), 0U);
  EXPECT_EQ(*length_read(found->node, version->version, {~0ULL - 1, 4096}), 0U);
}

TEST_F(FilesystemTest, AHandleOfAnotherVersionIsStale) {
  const auto found = look_up(kId);
  EXPECT_EQ(length_read(found->node, Revision{1}, {0, 1}).error().code, Errc::changed);
}

TEST_F(FilesystemTest, TwoVersionsAreNeverOpenTogether) {
  const NodeNumber node = look_up(kId)->node;
  while (store_->under_way() > 0) std::this_thread::yield();  // its download has the last word on the item
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
  EXPECT_EQ(length_read(node, old->version, {0, 1}).error().code, Errc::changed);
  EXPECT_TRUE(told.empty());
  EXPECT_EQ(files_->attributes(node)->size, 1000U) << "so that nobody's file ends early";
  EXPECT_EQ(look_up(kId + ".jpg")->size, 1000U);
  files_->close(node);
  EXPECT_EQ(told, std::vector<NodeNumber>{node});
  EXPECT_EQ(files_->attributes(node)->size, 7U);
  const auto fresh = open(node);
  ASSERT_TRUE(fresh.ok());
  EXPECT_EQ(fresh->version, Revision{99});
  EXPECT_FALSE(fresh->pages_are_right);
  files_->close(node);
  EXPECT_TRUE(open(node)->pages_are_right);
}

TEST_F(FilesystemTest, AMediaWhoseSignatureIsWrongIsNotMerelyStale) {
  server_.set_rules("* * bad-signature");
  const std::string large = "gen-000005000000-large001";
  const auto found = look_up(large);
  ASSERT_TRUE(found.ok());
  const auto opened = open(found->node);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(length_read(found->node, opened->version, {0, 5'000'000}).error().code, Errc::corrupt);
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
