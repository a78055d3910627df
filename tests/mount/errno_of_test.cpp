#include "mediafs/mount/errno_of.h"

#include <cerrno>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

TEST(ErrnoOf, EveryFailureHasItsRow) {
  struct Row {
    Errc code;
    int expected;
  };
  const Row rows[] = {{Errc::not_found, ENOENT},
                      {Errc::not_found_by_gateway, ENOENT},
                      {Errc::impossible_id, ENOENT},
                      {Errc::invalid_argument, EINVAL},
                      {Errc::denied, EACCES},
                      {Errc::throttled, EBUSY},
                      {Errc::unreachable, EIO},
                      {Errc::unavailable, EIO},
                      {Errc::timed_out, ETIMEDOUT},
                      {Errc::untrusted, EIO},
                      {Errc::outside_api, EIO},
                      {Errc::protocol, EIO},
                      {Errc::corrupt, EIO},
                      {Errc::changed, ESTALE},
                      {Errc::too_large, EFBIG},
                      {Errc::no_space, EIO},
                      {Errc::not_directory, ENOTDIR},
                      {Errc::is_directory, EISDIR},
                      {Errc::name_too_long, ENAMETOOLONG},
                      {Errc::cancelled, EIO},
                      {Errc::internal, EIO}};
  EXPECT_EQ(std::size(rows), std::size(kAllErrcs));
  for (const Row& row : rows) EXPECT_EQ(errno_of(row.code), row.expected) << to_string(row.code);
}

}  // namespace
}  // namespace mediafs
