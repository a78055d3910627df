#pragma once

#include "cli/cache_command.h"

namespace CLI {
class App;
}

namespace mediafs {

/// `cache stats|verify|erase|clear`, into `command`, which must live until the arguments have been parsed.
CLI::App* add_cache_command(CLI::App& app, CacheCommand& command);

}  // namespace mediafs
