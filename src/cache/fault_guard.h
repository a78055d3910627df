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
bool survives(const Call& call) {
  return run([](const void* target) { (*static_cast<const Call*>(target))(); }, &call);
}

/// For callbacks of LMDB that must not return: leaves the innermost guard of this thread as a fault does.
[[noreturn]] void leave();

/// For what LMDB made for an environment that met with a fault, null for nothing: its locks may be held and
/// its memory is anybody's guess, so it stays as it is until the process ends. The list is what tells leak
/// checkers that this is meant.
void bury(void* remains);

}  // namespace mediafs::fault_guard
