#include "mount/request_table.h"

#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "mediafs/base/shared_memory.h"

namespace mediafs {
namespace {

using testing::UnorderedElementsAre;

class RequestTableTest : public ::testing::Test {
 protected:
  const SharedMemory memory_ = *SharedMemory::map(*SharedMemory::create(RequestTable::kBytes));
  RequestTable table_{memory_.bytes()};
};

TEST_F(RequestTableTest, WhatHasNotBeenAnsweredIsKnownToTheNextOne) {
  for (std::uint64_t number = 2; number <= 20; number += 2) table_.add(number);
  for (std::uint64_t number = 2; number <= 14; number += 2) table_.remove(number);
  EXPECT_THAT(RequestTable(memory_.bytes()).all(), UnorderedElementsAre(16, 18, 20));
}

TEST_F(RequestTableTest, NumbersThatShareAPlaceAreKeptApart) {
  constexpr std::uint64_t kAround = 2 * RequestTable::kPlaces;
  constexpr std::uint64_t kRepeated = std::uint64_t{1} << 63;
  for (const std::uint64_t number : {10UL, 10 + kAround, 10 | kRepeated}) table_.add(number);
  table_.remove(10);
  EXPECT_THAT(table_.all(), UnorderedElementsAre(10 + kAround, 10 | kRepeated));
  table_.remove(10 | kRepeated);
  table_.remove(10 + kAround);
  EXPECT_TRUE(table_.empty());
}

TEST_F(RequestTableTest, ManyThreadsLeaveNothingBehind) {
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t t = 0; t < 4; ++t) {
      threads.emplace_back([this, t] {
        for (std::uint64_t i = 1; i < 50'000; ++i) {
          table_.add((i * 4 + t) * 2);
          table_.remove((i * 4 + t) * 2);
        }
      });
    }
  }
  EXPECT_TRUE(table_.empty());
}

}  // namespace
}  // namespace mediafs
