#include "cache/fault_guard.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csetjmp>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <vector>

#include "mediafs/base/mutex.h"

namespace mediafs::fault_guard {

namespace {

constexpr std::array kSignals{SIGSEGV, SIGBUS, SIGFPE};

// A signal handler has nothing but globals. Written in the frame that sets the jump and read in the handler
// of the same thread. NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
thread_local sigjmp_buf* volatile t_innermost = nullptr;

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): as above, written once
std::array<struct sigaction, kSignals.size()> g_before{};

/// Does what would have been done without us. With the default set, the instruction that faulted runs again
/// and has its core dump where it belongs.
void pass_on(int signal, siginfo_t* info, void* context) {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    if (kSignals[i] != signal) continue;
    const struct sigaction& before = g_before[i];
    if ((before.sa_flags & SA_SIGINFO) != 0) return before.sa_sigaction(signal, info, context);
    if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) return before.sa_handler(signal);
  }
  struct sigaction plain{};
  plain.sa_handler = SIG_DFL;
  ::sigaction(signal, &plain, nullptr);
  if (info->si_code <= 0) ::raise(signal);  // somebody's kill(2): no instruction brings it again
}

void on_fault(int signal, siginfo_t* info, void* context) {
  const bool of_this_thread = info->si_code > 0;  // what kill(2) sends is meant for the process
  if (of_this_thread && t_innermost != nullptr) {
    // The mask as it was when the fault came: the jump leaves the handler without a return, and saving the
    // mask with each guard instead would be a system call for each read.
    ::pthread_sigmask(SIG_SETMASK, &static_cast<ucontext_t*>(context)->uc_sigmask, nullptr);
    ::siglongjmp(*t_innermost, 1);
  }
  pass_on(signal, info, context);
}

bool set_handlers() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    struct sigaction action{};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;  // whoever acted before may count on a stack of its own
    ::sigaction(kSignals[i], &action, &g_before[i]);
  }
  return true;
}

/// LMDB's mutexes are robust ones, which the thread's list links through LMDB's map. One that is held, or was
/// half-way taken, when the fault came stays on the list, and the next robust mutex of this thread is linked
/// behind it: into a map whose file may be cut.
void forget_robust_mutexes() {
  robust_list_head* head = nullptr;
  std::size_t size = 0;
  if (::syscall(SYS_get_robust_list, 0, &head, &size) != 0 || head == nullptr) return;
  head->list.next = &head->list;
  head->list_op_pending = nullptr;
}

}  // namespace

void install() {
  [[maybe_unused]] static const bool done = set_handlers();
}

bool run(void (*call)(const void*), const void* argument) {
  sigjmp_buf here;  // NOLINT(cppcoreguidelines-pro-type-member-init): sigsetjmp fills it
  sigjmp_buf* const outer = t_innermost;
  if (sigsetjmp(here, 0) != 0) {  // NOLINT(cert-err52-cpp): a fault in C code is no exception
    t_innermost = outer;
    forget_robust_mutexes();
    return false;
  }
  t_innermost = &here;
  call(argument);
  t_innermost = outer;
  return true;
}

void leave() {
  if (t_innermost != nullptr) ::siglongjmp(*t_innermost, 1);
  std::abort();
}

void leak_on_purpose(void* remains) {
  static Mutex mutex{LockRank::intended_leaks};
  static auto* const intended_leaks = new std::vector<void*>;
  if (remains == nullptr) return;
  const MutexLock lock(mutex);
  intended_leaks->push_back(remains);
}

}  // namespace mediafs::fault_guard
