// Versions that no entity tag tells apart: bytes of two are never given as one.
#include <string>

#include <gtest/gtest.h>

#include "store/store_fixture.h"

namespace mediafs {
namespace {

class WithoutValidators : public StoreFixture {
 protected:
  WithoutValidators() : StoreFixture({.validators = false}) {}
};

TEST_F(WithoutValidators, ACutBodyIsFetchedAgainWhole) {
  start();
  server_.set_rules("* 1 cut 10000000");
  const auto item = find(kLarge);
  store_->opened((*item)->id);
  expect_exact(kLarge, *item, {0, 20'000'000});
  EXPECT_EQ(server_.requests().back().range, "");
}

TEST_F(WithoutValidators, ACutBodyThatComesAgainOtherwiseIsNeverMixed) {
  start();
  server_.set_rules("* 1 cut 10000000\n* 2+ body-of gen-000020000000-other001");
  const auto item = find(kLarge);
  store_->opened((*item)->id);
  EXPECT_EQ(to_string(read(*item, {0, 20'000'000}).error().code), to_string(Errc::changed));
}

TEST_F(WithoutValidators, NoPieceOfAnotherVersionIsGivenOfWhatComesAgain) {
  start({.memory = 16_MiB}, /*with_cache=*/false);
  const auto item = *find(kLarge);
  store_->opened(item->id);
  for (std::uint64_t offset = 0; offset < 20'000'000; offset += 1'000'000)
    expect_exact(kLarge, item, {offset, 1'000'000});
  server_.set_rules("* * body-of gen-000020000000-other001");
  const auto again = read(item, {0, 4096});
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(to_string(again.error().code), to_string(Errc::changed));
}

TEST_F(WithoutValidators, WhatTheCacheHasLostIsNotFilledUpFromAnotherVersion) {
  start();
  const auto before = *find(kLarge);
  store_->opened(before->id);
  expect_exact(kLarge, before, {0, 20'000'000});
  restart();
  const auto item = *find(kLarge);
  ASSERT_TRUE(item->complete);
  store_->opened(item->id);
  expect_exact(kLarge, item, {0, 4096});
  server_.set_rules("* * body-of gen-000020000000-other001");
  cache_.set_broken(true);
  const auto rest = read(item, {1'000'000, 4096});
  ASSERT_FALSE(rest.ok());
  EXPECT_EQ(to_string(rest.error().code), to_string(Errc::changed));
}

TEST_F(WithoutValidators, NothingOfWhatIsErasedStaysInMemoryThoughNoDownloadHasIt) {
  start({}, /*with_cache=*/false);
  const auto item = *find(kLarge);
  expect_exact(kLarge, item, {0, 4096});
  ASSERT_TRUE(happens([&] { return store_->under_way() == 0; }));
  store_->erase(item->id);
  const auto bytes = read(item, {0, 4096});
  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(to_string(bytes.error().code), to_string(Errc::changed));
}

TEST_F(WithoutValidators, WhatTheMemoryHasWholeCostsNoRequestWithoutACache) {
  start({}, /*with_cache=*/false);
  const auto item = *find(kSmall);
  expect_exact(kSmall, item, {0, 300'000});
  ASSERT_TRUE(happens([&] { return store_->under_way() == 0; }));
  store_->opened(item->id);
  expect_exact(kSmall, *find(kSmall), {0, 300'000});
  EXPECT_EQ(server_.requests_for(kSmall), 1U);
}

class WithoutALength : public WithoutValidators, public testing::WithParamInterface<const char*> {};

/// Nothing but its end tells that it is another version: of another size, and not broken.
TEST_P(WithoutALength, AnotherVersionIsFoundAnewAtItsEnd) {
  start({.memory = 16_MiB}, /*with_cache=*/false);
  server_.set_rules("* * no-length");
  ASSERT_EQ((*find(kLarge))->size, 20'000'000U);
  ASSERT_TRUE(happens([&] { return store_->under_way() == 0; }));
  server_.set_rules(std::string("* * no-length + body-of ") + GetParam());
  store_->opened(id_of(kLarge));
  const auto before = *find(kLarge);
  const auto end = read(before, {19'999'000, 1'000});
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(to_string(end.error().code), to_string(Errc::changed));
  const auto after = find(kLarge);
  ASSERT_TRUE(after.ok()) << after.error().context;
  EXPECT_NE((*after)->size, before->size);
  expect_exact(GetParam(), *after, {0, (*after)->size});
}

INSTANTIATE_TEST_SUITE_P(LongerAndShorter, WithoutALength,
                         testing::Values("gen-000030000000-other001", "gen-000010000000-other001"));

TEST_F(WithoutValidators, WhatAnEarlierDownloadLeftIsNotContinued) {
  start({.keep_unwanted = Duration(1)});
  const auto first = find(kLarge);
  expect_exact(kLarge, *first, {0, 4096});
  // Nobody has it open: after 4 MiB the stream is dropped, and with it what another one could be compared
  // with.
  ASSERT_TRUE(happens([&] { return store_->under_way() == 0; }));
  store_->opened((*first)->id);
  const auto second = find(kLarge);
  EXPECT_NE((*second)->revision, (*first)->revision);
  expect_exact(kLarge, *second, {0, 20'000'000});
}

}  // namespace
}  // namespace mediafs
