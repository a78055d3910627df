#include "mediafs/filesystem/open_files.h"

#include <gtest/gtest.h>

#include "mediafs/base/shared_memory.h"

namespace mediafs {
namespace {

class OpenFilesTest : public ::testing::Test {
 protected:
  static OpenFiles::File file(std::uint64_t handle) {
    return {FileHandle{handle}, NodeNumber{handle * 10}, Revision{handle * 100}, handle * 1000};
  }

  const SharedMemory memory_ = *SharedMemory::map(*SharedMemory::create(OpenFiles::kBytes));
};

TEST_F(OpenFilesTest, WhatIsOpenIsKnownToTheNextOne) {
  {
    OpenFiles files(memory_.bytes());
    for (std::uint64_t handle = 1; handle <= 5; ++handle) ASSERT_TRUE(files.add(file(handle)).ok());
    EXPECT_TRUE(files.remove(FileHandle{3}));
  }
  OpenFiles files(memory_.bytes());
  EXPECT_EQ(files.all().size(), 4U);
  EXPECT_FALSE(files.find(FileHandle{3}));
  const auto fifth = files.find(FileHandle{5});
  ASSERT_TRUE(fifth);
  EXPECT_EQ(fifth->node, NodeNumber{50});
  EXPECT_EQ(fifth->version, Revision{500});
  EXPECT_EQ(fifth->size, 5000U);
}

TEST_F(OpenFilesTest, PlacesAreUsedAgain) {
  OpenFiles files(memory_.bytes());
  for (std::uint64_t handle = 1; handle <= 2 * OpenFiles::kMost; ++handle) {
    ASSERT_TRUE(files.add(file(handle)).ok()) << handle;
    files.remove(FileHandle{handle});
  }
  EXPECT_TRUE(files.all().empty());
}

TEST_F(OpenFilesTest, OneMoreThanThereIsRoomForIsRefused) {
  OpenFiles files(memory_.bytes());
  for (std::uint64_t handle = 1; handle <= OpenFiles::kMost; ++handle)
    ASSERT_TRUE(files.add(file(handle)).ok());
  EXPECT_EQ(files.add(file(OpenFiles::kMost + 1)).error().code, Errc::no_space);
  EXPECT_TRUE(files.add(file(1)).ok()) << "it is there already";
  files.remove(FileHandle{7});
  EXPECT_TRUE(files.add(file(OpenFiles::kMost + 1)).ok());
}

}  // namespace
}  // namespace mediafs
