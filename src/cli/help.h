// `mediafs help`, and what is shown of the commands where one is missing or unknown.
#pragma once

#include <string>
#include <vector>

#include "cli/exit_code.h"

namespace CLI {
class App;
}

namespace mediafs {

/// `help [COMMAND…]`, into `asked`, which must live until the arguments have been parsed.
CLI::App* add_help_command(CLI::App& app, std::vector<std::string>& asked);

/// Lays out the helps of `app` and of all its commands, once these are there.
void lay_out_help(CLI::App& app);

/// The help of `app`, or of the command of it that `asked` names, as {"cache", "verify"}; the commands that
/// there are, and ExitCode::usage, where there is no such one.
Exit help_on(const CLI::App& app, const std::vector<std::string>& asked);

/// The command of `app` with this name; null: there is none.
const CLI::App* command_of(const CLI::App& app, const std::string& name);

/// The commands of `app` with a word on each, one a line; empty where it has none.
std::string commands_of(const CLI::App& app);

/// ExitCode::usage: what is wrong, and the commands of `app`.
Exit no_command(const CLI::App& app, const std::string& what);

/// How far the parsing has come: the command, of the command, of `app`.
const CLI::App& last_parsed(const CLI::App& app);

}  // namespace mediafs
