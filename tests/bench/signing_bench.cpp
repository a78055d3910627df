// The signature of a request: once for each GET.
#include <benchmark/benchmark.h>

#include "mediafs/api/credentials.h"

namespace mediafs {
namespace {

void sign_a_request(benchmark::State& state) {
  const SecretString secret("0123456789abcdef0123456789abcdef");
  const MediaId id = *MediaId::parse("05cfc122-15d8-4838-bbf1-7b26a736b2d2");
  for ([[maybe_unused]] const auto run : state) benchmark::DoNotOptimize(sign(secret, id));
}
BENCHMARK(sign_a_request);

}  // namespace
}  // namespace mediafs
