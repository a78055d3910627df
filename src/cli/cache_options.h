#pragma once

#include <string>

#include "cli/cache_command.h"

namespace CLI {
class App;
}

namespace mediafs {

/// `cache stats|verify|erase|clear`, into `command`, which must live until the arguments have been parsed, as
/// must `config`, the name of a file that has been read already.
CLI::App* add_cache_command(CLI::App& app, CacheCommand& command, std::string& config);

}  // namespace mediafs
