#include "mount/session_loop.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <memory>
#include <system_error>
#include <thread>
#include <vector>

#include "mediafs/base/unique_fd.h"

namespace mediafs {

namespace {

constexpr int kWakeUp = SIGUSR1;
constexpr auto kWakeAgain = std::chrono::milliseconds(5);

std::atomic<bool> end_asked = false;  // NOLINT: a signal handler has nothing else to write to

void ask_for_the_end(int /*signal*/) {
  end_asked = true;
}
void do_nothing(int /*signal*/) {}

/// One of the threads that take requests. It can be told to end though it sits in read(2).
class Worker {
 public:
  Worker(fuse_session* session, const std::atomic<bool>& stopping, std::function<void(int)> ended)
      : session_(session), stopping_(stopping), ended_(std::move(ended)), thread_([this] { run(); }) {}

  /// A signal that comes just before read(2) is lost, so it is repeated.
  void wake_until_ended() {
    while (!has_ended_) {
      ::pthread_kill(thread_.native_handle(), kWakeUp);
      std::this_thread::sleep_for(kWakeAgain);
    }
  }

 private:
  void run() {
    fuse_buf request{};
    int received = 0;
    while (!stopping_ && fuse_session_exited(session_) == 0) {
      received = fuse_session_receive_buf(session_, &request);
      if (received == -EINTR) continue;
      if (received <= 0) break;  // 0: unmounted
      fuse_session_process_buf(session_, &request);
    }
    std::free(request.mem);  // NOLINT: libfuse allocates it with malloc
    ended_(received);
    has_ended_ = true;
  }

  fuse_session* const session_;
  const std::atomic<bool>& stopping_;
  const std::function<void(int)> ended_;
  std::atomic<bool> has_ended_ = false;
  std::jthread thread_;
};

void handle(int signal, void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;  // without SA_RESTART: calls that wait return
  ::sigaction(signal, &action, nullptr);
}

/// This thread's mask without the three signals, which are handled from now on.
sigset_t with_signals_let_in() {
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before{};
    ::sigaction(signal, nullptr, &before);
    if (before.sa_handler == SIG_IGN) continue;  // nohup(1) and the like
    handle(signal, ask_for_the_end);
    ::sigdelset(&mask, signal);
  }
  return mask;
}

/// Waits for an order, or for one of the three signals where nobody gives orders, or for a worker's end.
Mount::End wait_for_the_end(int ended, int orders) {
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  // The signals are let in for as long as this waits, so that none can come between look and wait.
  if (orders < 0) mask = with_signals_let_in();
  pollfd ends[] = {{.fd = ended, .events = POLLIN, .revents = 0},
                   {.fd = orders, .events = POLLIN, .revents = 0}};
  while (!end_asked && ::ppoll(ends, 2, nullptr, &mask) < 0 && errno == EINTR) {
  }
  if (end_asked) return Mount::End::signalled;
  return ends[1].revents != 0 ? Mount::End::ordered : Mount::End::unmounted;
}

using Workers = std::vector<std::unique_ptr<Worker>>;

void end(const Workers& workers, std::atomic<bool>& stopping) {
  stopping = true;
  for (const auto& worker : workers) worker->wake_until_ended();
}

}  // namespace

Mount::End serve_session(fuse_session* session, unsigned workers, const std::function<void()>& ready,
                         int orders, const std::function<void(Mount::End)>& ending) {
  handle(kWakeUp, do_nothing);
  const UniqueFd ended(::eventfd(0, EFD_CLOEXEC));
  if (!ended) throw std::system_error(errno, std::system_category(), "eventfd");
  std::atomic<bool> stopping = false;
  std::atomic<bool> failed = false;
  Mount::End why{};
  {
    Workers threads;
    threads.reserve(workers);
    const auto note_end = [&](int result) {
      if (result < 0 && result != -EINTR) failed = true;
      ::eventfd_write(ended.get(), 1);
    };
    try {
      while (threads.size() < workers)
        threads.push_back(std::make_unique<Worker>(session, stopping, note_end));
    } catch (const std::system_error&) {  // no more threads can be made, and those that are there wait
      end(threads, stopping);
      throw;
    }
    ready();
    why = wait_for_the_end(ended.get(), orders);
    ending(why);
    end(threads, stopping);
  }
  return failed ? Mount::End::failed : why;
}

}  // namespace mediafs
