#pragma once

#include "mount/libfuse.h"

namespace mediafs {

/// Makes the session write its replies through a function that knows the one to INIT, for two things that
/// libfuse has no call for. It puts FUSE_PARALLEL_DIROPS in, which 3.14 to 3.16 drop whatever is asked for:
/// without it the kernel sends one lookup at a time for each directory, and one slow origin holds up
/// everybody (7.8 s for a fast lookup beside four slow ones; 4 ms with it). And it calls Serving::ready once
/// the kernel has the reply, when the mount answers and read-ahead can be set. Splicing is switched off by
/// it, as wanted. Call after fuse_session_mount; false: refused.
bool watch_init_reply(fuse_session* session);

}  // namespace mediafs
