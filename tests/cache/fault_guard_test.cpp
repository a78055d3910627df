#include "cache/fault_guard.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "mediafs/base/unique_fd.h"

namespace mediafs {
namespace {

/// One page of a file that has been cut to nothing.
class CutPage {
 public:
  CutPage() {
    std::string name = testing::TempDir() + "mediafs-cut-XXXXXX";
    const UniqueFd fd(::mkstemp(name.data()));
    ::unlink(name.c_str());
    EXPECT_EQ(::ftruncate(fd.get(), 4096), 0);
    page_ = static_cast<volatile char*>(::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd.get(), 0));
    EXPECT_EQ(::ftruncate(fd.get(), 0), 0);
  }
  ~CutPage() { ::munmap(const_cast<char*>(page_), 4096); }  // NOLINT: munmap has no volatile
  CutPage(const CutPage&) = delete;
  CutPage& operator=(const CutPage&) = delete;

  void read() const { static_cast<void>(*page_); }

 private:
  volatile char* page_;
};

template <typename Call>
bool run_guarded(Call call) {
  fault_guard::install();
  return fault_guard::run_guarded(call);
}

TEST(FaultGuard, WhatReturnsHasRun) {
  int calls = 0;
  EXPECT_TRUE(run_guarded([&] { ++calls; }));
  EXPECT_EQ(calls, 1);
}

TEST(FaultGuard, ACutFileUnderTheMapIsSurvivedAgainAndAgain) {
  const CutPage page;
  for (int i = 0; i < 1000; ++i) ASSERT_FALSE(run_guarded([&] { page.read(); }));
}

TEST(FaultGuard, AWildAddressIsSurvived) {
  void* const closed = ::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  EXPECT_FALSE(run_guarded([&] { *static_cast<volatile char*>(closed) = 1; }));
  ::munmap(closed, 4096);
}

TEST(FaultGuard, AnArithmeticFaultIsSurvived) {
#if defined(__x86_64__)  // others give a number
  // In assembler: the compiler and its sanitizers know what a division by zero is.
  EXPECT_FALSE(run_guarded([] {
    __asm__ volatile("xorl %%ecx, %%ecx\n\tdivl %%ecx" ::: "eax", "ecx", "edx", "cc");
  }));
#endif
}

TEST(FaultGuard, AnAssertionThatMustNotReturnLeavesTheGuard) {
  EXPECT_FALSE(run_guarded([] { fault_guard::leave(); }));
}

TEST(FaultGuard, AnInnerFaultLeavesTheOuterGuardActive) {
  const CutPage page;
  bool inner = true;
  EXPECT_FALSE(run_guarded([&] {
    inner = run_guarded([&] { page.read(); });
    page.read();
  }));
  EXPECT_FALSE(inner);
}

TEST(FaultGuard, EachThreadHasItsOwn) {
  const CutPage page;
  std::atomic<int> caught = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 1000; ++round) caught += run_guarded([&] { page.read(); }) ? 0 : 1;
    });
  }
  threads.clear();
  EXPECT_EQ(caught, 4000);
}

TEST(FaultGuardDeathTest, AFaultOutsideAnyGuardStillEndsTheProcess) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  const CutPage page;
  EXPECT_DEATH(
      {
        fault_guard::install();
        page.read();
      },
      "");
}

TEST(FaultGuardDeathTest, ASignalOfSomebodyElsesStillEndsTheProcess) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(run_guarded([] { ::raise(SIGSEGV); }), "");
}

}  // namespace
}  // namespace mediafs
