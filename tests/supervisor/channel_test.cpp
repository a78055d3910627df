#include "mediafs/supervisor/channel.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

class ChannelTest : public ::testing::Test {
 protected:
  ChannelTest() {
    auto ends = Channel::make();
    one_ = std::make_unique<Channel>(std::move(ends->first));
    raw_ = ends->second.get();
    other_ = std::make_unique<Channel>(std::move(ends->second));
  }

  std::unique_ptr<Channel> one_;
  std::unique_ptr<Channel> other_;
  int raw_ = -1;
};

TEST_F(ChannelTest, WhatIsSentArrivesWithItsDescriptors) {
  const UniqueFd event(::eventfd(0, EFD_CLOEXEC));
  ASSERT_TRUE(one_->send(Message::Kind::go, 7, "words", std::vector{event.get(), event.get()}));
  ASSERT_TRUE(one_->send(Message::Kind::end));
  const auto first = other_->receive();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->kind, Message::Kind::go);
  EXPECT_EQ(first->code, 7U);
  EXPECT_EQ(first->text, "words");
  ASSERT_EQ(first->descriptors.size(), 2U);
  ::eventfd_write(first->descriptors[1].get(), 3);
  eventfd_t value = 0;
  ASSERT_EQ(::eventfd_read(event.get(), &value), 0);
  EXPECT_EQ(value, 3U);
  EXPECT_EQ(other_->receive()->kind, Message::Kind::end);
}

TEST_F(ChannelTest, NobodyAtTheOtherEndIsNoMessage) {
  one_.reset();
  EXPECT_FALSE(other_->receive());
  EXPECT_FALSE(other_->send(Message::Kind::prepared));
}

TEST_F(ChannelTest, WhatIsNoMessageOfThisVersionIsNone) {
  const std::uint32_t other_version[] = {99, 0, 0};
  ASSERT_GT(::send(raw_, other_version, sizeof(other_version), 0), 0);
  EXPECT_FALSE(one_->receive());
  ASSERT_GT(::send(raw_, "x", 1, 0), 0);
  EXPECT_FALSE(one_->receive());
}

}  // namespace
}  // namespace mediafs
