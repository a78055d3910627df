#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <fmt/format.h>

#include "fuzz/listing_properties.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto broken = mediafs::fuzz::broken_properties({reinterpret_cast<const char*>(data), size});
  for (const std::string& property : broken) fmt::print(stderr, "does not hold: {}\n", property);
  if (!broken.empty()) std::abort();
  return 0;
}
