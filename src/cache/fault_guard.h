// LMDB trusts its file: a flipped bit has it follow a wild pointer or divide by zero, a cut file is a SIGBUS,
// and what it notices itself ends in abort(). No file may end the process, so calls into LMDB, and copies out
// of its map, run under a guard that makes such a fault a plain `false`.
#pragma once

namespace mediafs::fault_guard {

/// Sets the handlers of SIGSEGV, SIGBUS and SIGFPE, once in the process. Where no guard is active in the
/// faulting thread, what was set before acts: a crash that is not of LMDB's making stays a crash.
void install();

/// True: `call(argument)` returned. False: it faulted, and was left where it stood. What it held then is
/// still held, so whatever it worked on is never to be touched again.
/// REQUIRES: install() has been called. Between here and the fault lie C frames and locals that need no
/// destructor; no lock of ours is taken there.
bool run(void (*call)(const void*), const void* argument);

/// The same for a lambda.
template <typename Call>
bool run_guarded(const Call& call) {
  return run([](const void* target) { (*static_cast<const Call*>(target))(); }, &call);
}

/// For callbacks of LMDB that must not return: leaves the innermost guard of this thread as a fault does.
[[noreturn]] void leave();

/// Never frees what LMDB made for an environment that met with a fault: its locks may be held and its memory
/// in any state. It is kept on a list, so that leak checkers do not report it. Null: nothing to keep.
void leak_on_purpose(void* remains);

}  // namespace mediafs::fault_guard
