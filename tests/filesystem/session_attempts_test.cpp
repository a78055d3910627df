// sessions/S/attempts/A: the same files as in attempts/A, in a directory of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "filesystem/filesystem_fixture.h"

namespace mediafs {
namespace {

using testing::Contains;
using testing::ElementsAre;

class SessionAttempts : public FilesystemFixture {
 protected:
  static inline const std::string kSession = "5e551011-0000-4000-8000-00000000000a";
  static inline const std::string kNewer = "a77e3b11-0000-4000-8000-00000000000b";
  static inline const std::string kOlder = "a77e3b11-0000-4000-8000-00000000000a";
  static inline const std::string kFace = "gen-000000001000-small001";
  static inline const std::string kBack = "gen-000000002000-small002";
  static inline const std::string kOldFaceName = "face-gen-0000.jpg";

  SessionAttempts() {
    filesystem_options_.fetch_ahead = false;
    show();
    publish(kFace);
  }
  void publish(const std::string& in_the_older) {
    server_.add_manifest(R"({"sessions":[{"id":")" + kSession + R"(","attempts":[{"id":")" + kNewer +
                         R"(","media":[{"id":")" + kBack + R"(","context":"back"}]},{"id":")" + kOlder +
                         R"(","createdTime":"2024-01-12T09:12:55Z","media":[{"id":")" + in_the_older +
                         R"(","context":"face"}]}]}]})");
  }

  NodeNumber session() { return look_up(kSession, kSessionsNode)->node; }
  NodeNumber attempts() { return look_up("attempts", session())->node; }
  NodeNumber attempt(const std::string& id) { return look_up(id, attempts())->node; }
  /// As the directory of that number has it.
  const DirectoryEntry& dots(NodeNumber directory, std::size_t which) {
    snapshot_ = *files_->directory(directory, *open_directory(directory));
    return snapshot_->entries[which];
  }
  /// What has been told to have gone.
  std::vector<std::pair<NodeNumber, std::string>> gone_;

 private:
  DirectorySnapshot snapshot_;
};

TEST_F(SessionAttempts, AreDirectoriesWithTheSameFilesAndNumbersOfTheirOwn) {
  EXPECT_THAT(names_in(attempts()), ElementsAre(kOlder, kNewer));
  const auto found = look_up(kOlder, attempts());
  EXPECT_EQ(found->type, FileType::directory);
  EXPECT_EQ(found->modified, 1'705'050'775);
  const NodeNumber alone = look_up(kOlder, kAttemptsNode)->node;
  EXPECT_NE(found->node, alone);
  EXPECT_THAT(names_in(found->node), ElementsAre(kOldFaceName));
  EXPECT_EQ(look_up(kOldFaceName, found->node)->node, node_number_of(id_of(kFace)));
  EXPECT_EQ(look_up(kOldFaceName, alone)->node, node_number_of(id_of(kFace)));
  EXPECT_EQ(server_.requests_for("/v1/attempts/" + kOlder + "/media"), 1U) << "one request for both";
}

TEST_F(SessionAttempts, LieWithinTheirSession) {
  const NodeNumber older = attempt(kOlder);
  EXPECT_EQ(dots(older, 0).node, older);
  EXPECT_EQ(dots(older, 1).node, attempts());
  const NodeNumber alone = look_up(kOlder, kAttemptsNode)->node;
  EXPECT_EQ(dots(alone, 0).node, alone);
  EXPECT_EQ(dots(alone, 1).node, kAttemptsNode);
}

TEST_F(SessionAttempts, ALinkCountIsTheNumberOfNames) {
  const auto links = [&] { return files_->attributes(node_number_of(id_of(kBack)))->links; };
  names_in(session());
  EXPECT_EQ(links(), 2U) << "by its id, and in the session";
  names_in(look_up(kNewer, kAttemptsNode)->node);
  EXPECT_EQ(links(), 3U) << "and in attempts/";
  names_in(attempts());
  EXPECT_EQ(links(), 4U) << "and in the session's attempts/";
}

TEST_F(SessionAttempts, AreFoundByTheirNumbersByTheNextServer) {
  const NodeNumber older = attempt(kOlder);
  names_in(older);
  const auto handle = open_directory(older);
  show();
  EXPECT_EQ(files_->attributes(older)->type, FileType::directory);
  EXPECT_EQ((*files_->directory(older, *handle))->self(), older);
  EXPECT_THAT(names_in(older), ElementsAre(kOldFaceName));
  EXPECT_EQ(look_up(kOldFaceName, older)->node, node_number_of(id_of(kFace)));
}

TEST_F(SessionAttempts, TheKernelIsToldInBothPlacesWhatHasGone) {
  listing_options_.ttl = Duration(0);
  listings_.emplace(listing_options_, *api_, *catalog_, timer_);
  show();
  files_->on_gone(
      [&](NodeNumber directory, const std::string& name) { gone_.emplace_back(directory, name); });
  const NodeNumber older = attempt(kOlder);
  const NodeNumber alone = look_up(kOlder, kAttemptsNode)->node;
  names_in(older);
  publish(kBack);
  EXPECT_THAT(names_in(older), ElementsAre(kOldFaceName)) << "of another media";
  EXPECT_THAT(gone_, Contains(std::pair(older, kOldFaceName)));
  EXPECT_THAT(gone_, Contains(std::pair(alone, kOldFaceName)));
}

TEST_F(SessionAttempts, AnErasureOfAMediaNamesItInBothPlaces) {
  const NodeNumber older = attempt(kOlder);
  names_in(older);
  const EraseResult erased = files_->erase(id_of(kFace));
  EXPECT_THAT(erased.names, Contains(std::pair(older, kOldFaceName)));
  EXPECT_THAT(erased.names, Contains(std::pair(look_up(kOlder, kAttemptsNode)->node, kOldFaceName)));
}

TEST_F(SessionAttempts, AnErasureOfASessionNamesItsDirectoriesAndWhatIsInThem) {
  files_->on_gone(
      [&](NodeNumber directory, const std::string& name) { gone_.emplace_back(directory, name); });
  const NodeNumber list = attempts();
  const NodeNumber older = attempt(kOlder);
  names_in(older);
  const EraseResult erased = files_->erase_session(id_of(kSession));
  EXPECT_THAT(erased.names, Contains(std::pair(kSessionsNode, kSession)));
  EXPECT_THAT(erased.names, Contains(std::pair(kAttemptsNode, kOlder)));
  EXPECT_THAT(erased.names, Contains(std::pair(list, kOlder)));
  EXPECT_THAT(erased.names, Contains(std::pair(older, kOldFaceName)));
  EXPECT_THAT(gone_, Contains(std::pair(older, kOldFaceName))) << "as for any listing that is forgotten";
}

TEST_F(SessionAttempts, AreNoneWhereTheApiSaysSo) {
  server_.set_rules("/attempts * status 404 1302 None here");
  EXPECT_THAT(names_in(attempts()), ElementsAre());
  EXPECT_EQ(look_up(kOlder, attempts()).error().code, Errc::not_found);
}

TEST_F(SessionAttempts, AreAnErrorWhereAGatewaySaysSo) {
  server_.set_rules("/attempts * status-plain 404");
  EXPECT_THAT(names_in(attempts()), ElementsAre("(not an answer of the API)"));
  EXPECT_EQ(look_up(kOlder, attempts()).error().code, Errc::outside_api);
  server_.set_rules("");
  EXPECT_THAT(names_in(attempts()), ElementsAre(kOlder, kNewer)) << "which is remembered by nobody";
}

TEST_F(SessionAttempts, OneOfWhichTheApiHasNoMediaIsEmpty) {
  server_.set_rules(kOlder + " * status 404 1302 None here");
  const NodeNumber older = attempt(kOlder);
  EXPECT_THAT(names_in(older), ElementsAre());
  EXPECT_EQ(dots(older, 1).node, attempts());
  EXPECT_EQ(look_up(kOldFaceName, older).error().code, Errc::not_found);
  EXPECT_THAT(names_in(look_up(kOlder, kAttemptsNode)->node), ElementsAre());
}

TEST_F(SessionAttempts, OneOfWhichAGatewayKnowsNothingIsAnError) {
  server_.set_rules(kOlder + " * status-plain 404");
  const NodeNumber older = attempt(kOlder);
  EXPECT_THAT(names_in(older), ElementsAre("(not an answer of the API)"));
  EXPECT_EQ(look_up(kOldFaceName, older).error().code, Errc::outside_api);
}

/// What the session's listing says of a media the attempt's does not, in which it stands too.
TEST_F(SessionAttempts, AnAttemptThatTellsLessTakesNothingFromWhatIsShown) {
  const std::string path = "/v1/sessions/" + kSession + "/media";
  server_.put_document(path, "application/json",
                       R"({"status":"success","images":[{"id":")" + kFace +
                           R"(","context":"face","size":1000,"mimetype":"image/png"}]})");
  names_in(session());
  const auto size = files_->attributes(node_number_of(id_of(kFace)))->size;
  const auto before = *files_->extended_attributes(node_number_of(id_of(kFace)));
  EXPECT_EQ(size, 1000U);
  EXPECT_THAT(before, Contains(std::pair(std::string("user.mediafs.session"), kSession)));
  server_.put_document("/v1/attempts/" + kOlder + "/media", "application/json",
                       R"({"status":"success","documents":[{"id":")" + kFace + R"(","url":"none"}]})");
  names_in(attempt(kOlder));
  EXPECT_EQ(files_->attributes(node_number_of(id_of(kFace)))->size, size);
  EXPECT_EQ(*files_->extended_attributes(node_number_of(id_of(kFace))), before);
}

TEST_F(SessionAttempts, EnteringASessionFetchesThemAhead) {
  filesystem_options_.fetch_ahead = true;
  show();
  names_in(session());
  EXPECT_TRUE(happens([&] { return server_.total_requests() == 4; }))
      << "the session, its attempts, two of them";
  const auto asked = server_.total_requests();
  EXPECT_THAT(names_in(attempts()), ElementsAre(kOlder, kNewer));
  EXPECT_THAT(names_in(attempt(kOlder)), ElementsAre(kOldFaceName));
  EXPECT_EQ(server_.total_requests(), asked);
}

TEST_F(SessionAttempts, AreNotFetchedAheadWhereThatIsOff) {
  names_in(session());
  timer_.advance(std::chrono::seconds(5));
  EXPECT_EQ(server_.total_requests(), 1U);
}

}  // namespace
}  // namespace mediafs
