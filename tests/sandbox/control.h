#pragma once

#include <string_view>

#include "reply.h"
#include "request.h"

namespace mediafs::sandbox {

class Server;

// Paths that begin so steer the sandbox: unsigned, not counted, and never waiting for a slot.
inline constexpr std::string_view kControlPrefix = "/_sandbox/";

// Answers a control request by doing what it asks to `server`.
Reply control(Server& server, const Request& request);

}  // namespace mediafs::sandbox
