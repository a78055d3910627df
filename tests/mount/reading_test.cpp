// Whatever program reads a file, and however: it gets the origin's exact bytes.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <random>

#include "mediafs/base/unique_fd.h"
#include "mediafs/model/chunk.h"
#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

constexpr std::uint64_t kPage = 4_KiB;

/// Nothing, one byte, and one more and less than everything that is counted in on the way.
std::vector<std::uint64_t> telling_sizes() {
  std::vector<std::uint64_t> sizes{0, 1};
  for (const std::uint64_t boundary : {kPage, kChunkSize, 2 * kChunkSize, 8 * kChunkSize, 4_MiB}) {
    for (const std::uint64_t size : {boundary - 1, boundary, boundary + 1}) sizes.push_back(size);
  }
  sizes.push_back(40_MiB);
  return sizes;
}

struct Program {
  const char* name;
  const char* script;  // $O has what is expected: one file for each, under the same name
};

std::ostream& operator<<(std::ostream& stream, const Program& program) {
  return stream << program.name;
}

const Program kPrograms[] = {
    {"Cat", R"sh(for f in $O/*; do cat $M/${f##*/} | cmp - $f; done)sh"},
    {"Cp", R"sh(for f in $O/*; do cp $M/${f##*/} $T/copy; cmp $T/copy $f; done)sh"},
    {"CpRecursive", R"sh((cd $O; ls) | (cd $M; xargs stat) > /dev/null
                       cp -r $M $T/copy
                       for f in $O/*; do cmp $T/copy/${f##*/} $f; done)sh"},
    {"DdWithOddBlocks", R"sh(for f in $O/*; do for bs in 1000 4097 131071 1048577; do
                             dd if=$M/${f##*/} bs=$bs status=none | cmp - $f
                           done; done)sh"},
    {"DdFromTheMiddle", R"sh(part() { dd if=$1 bs=777 skip=170 count=5000 status=none; }
                           for f in $O/*; do part $M/${f##*/} > $T/part; part $f | cmp - $T/part; done)sh"},
    {"Tar", R"sh(names=$(cd $O; ls)
               tar -C $M -cf - $names | tar -C $T -xf -
               for f in $O/*; do cmp $T/${f##*/} $f; done)sh"},
    {"Rsync", R"sh((cd $O; ls) | (cd $M; xargs stat) > /dev/null
                 rsync -a $M/ $T/copy/
                 for f in $O/*; do cmp $T/copy/${f##*/} $f; done
                 test -z "$(rsync -a --checksum --itemize-changes $M/ $T/copy/)")sh"},
    {"Find", R"sh((cd $O; ls) | (cd $M; xargs stat) > /dev/null
                cd $M; find . -type f -print0 | xargs -0 -I{} cmp {} $O/{}
                diff <(find . -type f -printf '%P %s\n' | sort) <(cd $O; find . -type f -printf '%P %s\n' | sort))sh"},
    {"Sha256sum", R"sh((cd $O; sha256sum *) > $T/sums; cd $M; sha256sum --quiet --check $T/sums)sh"},
};

class ExactBytes : public MountTest {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    extra_environment["O"] = root() / "origin";
    for (const std::uint64_t size : telling_sizes()) {
      write_file(root() / "origin" / media_of(size), origin_bytes(media_of(size)));
    }
    mount();
  }
};

class Programs : public ExactBytes, public ::testing::WithParamInterface<Program> {};

TEST_P(Programs, GetTheOriginsBytes) {
  const Outcome cold = sh(GetParam().script);
  EXPECT_EQ(cold.code, 0) << cold << log();
}

INSTANTIATE_TEST_SUITE_P(, Programs, ::testing::ValuesIn(kPrograms), kItsName);

TEST_F(ExactBytes, FromTheCacheAfterARemount) {
  for (const std::uint64_t size : telling_sizes()) read_whole(media_of(size));
  remount();
  for (const std::uint64_t size : telling_sizes()) read_whole(media_of(size));
}

/// A mapped file, for as long as this lives.
class Mapping {
 public:
  Mapping(const fs::path& path, std::size_t size) : size_(size) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd) start_ = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
  }
  ~Mapping() {
    if (start_ != MAP_FAILED) ::munmap(start_, size_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  [[nodiscard]] bool ok() const { return start_ != MAP_FAILED; }
  [[nodiscard]] std::string_view text() const { return {static_cast<const char*>(start_), size_}; }

 private:
  const std::size_t size_;
  void* start_ = MAP_FAILED;
};

TEST_F(ExactBytes, ThroughAMapping) {
  for (const std::uint64_t size : telling_sizes()) {
    if (size == 0) continue;  // mmap(2) has no empty mappings
    const Mapping mapping(file(media_of(size)), size);
    ASSERT_TRUE(mapping.ok());
    EXPECT_TRUE(same_bytes(mapping.text(), origin_bytes(media_of(size))));
  }
}

TEST_F(ExactBytes, ThroughAMappingTouchedAtRandom) {
  const std::string id = media_of(40_MiB, "mapped-at-random");
  const std::string expected = origin_bytes(id);
  const Mapping mapping(file(id), expected.size());
  ASSERT_TRUE(mapping.ok());
  std::mt19937_64 random(1);
  for (int i = 0; i < 200; ++i) {
    const std::size_t at = random() % (expected.size() - kPage);
    ASSERT_TRUE(same_bytes(mapping.text().substr(at, kPage), std::string_view(expected).substr(at, kPage)))
        << at;
  }
}

TEST_F(ExactBytes, PastTheEndThereIsNothing) {
  const std::string id = media_of(kChunkSize + 1);
  const UniqueFd fd(::open(file(id).c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(fd);
  char buffer[64];
  EXPECT_EQ(::pread(fd.get(), buffer, sizeof buffer, kChunkSize), 1);
  EXPECT_EQ(::pread(fd.get(), buffer, sizeof buffer, kChunkSize + 1), 0);
  EXPECT_EQ(::pread(fd.get(), buffer, sizeof buffer, 1LL << 40), 0);
  EXPECT_EQ(::pread(fd.get(), buffer, 0, 0), 0);
}

struct Origin {
  const char* name;
  bool ranges;
  bool validators;
};

std::ostream& operator<<(std::ostream& stream, const Origin& origin) {
  return stream << origin.name;
}

class RandomReads : public MountTest, public ::testing::WithParamInterface<Origin> {
 protected:
  /// Seeded, so that a failure comes again.
  void read_here_and_there(const std::string& id, int count) {
    const std::string expected = origin_bytes(id);
    const UniqueFd fd(::open(file(id).c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_TRUE(fd) << std::strerror(errno);
    std::mt19937_64 random(7);
    std::string buffer(300'000, '\0');
    for (int i = 0; i < count; ++i) {
      const std::size_t at = random() % (expected.size() + kPage);
      const std::size_t size = 1 + random() % (i % 4 == 0 ? buffer.size() : 2 * kPage);
      const ssize_t got = ::pread(fd.get(), buffer.data(), size, static_cast<off_t>(at));
      ASSERT_GE(got, 0) << std::strerror(errno) << " at " << at << '\n' << log();
      const std::string_view part = std::string_view(expected).substr(std::min(at, expected.size()), size);
      ASSERT_TRUE(same_bytes(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)), part)) << at;
    }
  }
};

TEST_P(RandomReads, OfAColdFileAreExact) {
  api_options.ranges = GetParam().ranges;
  api_options.validators = GetParam().validators;
  mount();
  read_here_and_there(media_of(40_MiB), 300);
}

TEST_P(RandomReads, OfACachedFileAreExact) {
  api_options.ranges = GetParam().ranges;
  api_options.validators = GetParam().validators;
  mount();
  read_whole(media_of(40_MiB));
  remount();
  read_here_and_there(media_of(40_MiB), 300);
}

INSTANTIATE_TEST_SUITE_P(, RandomReads,
                         ::testing::Values(Origin{"WithRanges", true, true},
                                           Origin{"WithoutRanges", false, true},
                                           Origin{"WithRangesButNoValidators", true, false}),
                         kItsName);

using LongReading = MountTest;

TEST_F(LongReading, OneGibibyteColdThenFromTheCache) {
  const std::string id = media_of(1_GiB);
  const std::string expected = origin_sha256(id);
  mount();
  for (const char* from : {"the origin", "the cache"}) {
    const Outcome sum = sh("sha256sum < $M/" + id);
    EXPECT_EQ(sum.out.substr(0, expected.size()), expected) << "from " << from << ": " << sum << log();
    remount();
  }
  EXPECT_EQ(api().requests_for(id), 1U);
}

}  // namespace
}  // namespace mediafs::e2e
