// The inputs from which the fuzz target starts, with any compiler: what holds of them holds in every build.
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fuzz/listing_properties.h"

namespace mediafs {
namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Corpus, EveryPropertyHoldsOfEveryListing) {
  std::size_t inputs = 0;
  for (const auto& file : std::filesystem::directory_iterator(MEDIAFS_TESTS "/fuzz/corpus/listing")) {
    const std::string content = content_of(file.path());
    ASSERT_FALSE(content.empty()) << file.path();
    EXPECT_THAT(fuzz::broken_properties(content), testing::IsEmpty()) << file.path();
    ++inputs;
  }
  EXPECT_GE(inputs, 20U) << "the corpus is not where it was";
}

}  // namespace
}  // namespace mediafs
