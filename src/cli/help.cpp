#include "cli/help.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace mediafs {

namespace {

constexpr std::size_t kColumn = 38;  // where what an option means begins

}  // namespace

CLI::App* add_help_command(CLI::App& app, std::vector<std::string>& asked) {
  CLI::App* const help = app.add_subcommand("help", "Print the options of a command, or the commands");
  help->add_option("COMMAND", asked, "As in 'mediafs help cache verify'")->option_text(" ");
  return help;
}

void lay_out_help(CLI::App& app) {
  app.get_formatter()->column_width(kColumn);
  app.get_formatter()->label("SUBCOMMAND", "COMMAND");
  for (CLI::App* const command : app.get_subcommands([](CLI::App*) { return true; })) {
    command->group("Commands");
    lay_out_help(*command);
  }
}

const CLI::App* command_of(const CLI::App& app, const std::string& name) {
  const auto found =
      app.get_subcommands([&](const CLI::App* command) { return command->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

std::string commands_of(const CLI::App& app) {
  std::string text;
  for (const CLI::App* const command : app.get_subcommands([](const CLI::App*) { return true; }))
    text += fmt::format("\n  {:<12}{}", command->get_name(), command->get_description());
  return text.empty() ? text : "\nCommands:" + text + "\n";
}

Exit no_command(const CLI::App& app, const std::string& what) {
  return {ExitCode::usage, what + "\n" + commands_of(app)};
}

Exit help_on(const CLI::App& app, const std::vector<std::string>& asked) {
  const CLI::App* of = &app;
  std::string name = app.get_name();
  for (const std::string& word : asked) {
    const CLI::App* const command = command_of(*of, word);
    if (command == nullptr) return no_command(*of, fmt::format("'{}' is no command of {}", word, name));
    of = command;
    name += " " + word;
  }
  // Not of->help(), which is that of the command that has been parsed: `help` itself.
  return {ExitCode::ok, of->get_formatter()->make_help(of, name, CLI::AppFormatMode::Normal)};
}

const CLI::App& last_parsed(const CLI::App& app) {
  const CLI::App* last = &app;
  const auto parsed = [](const CLI::App* command) { return command->parsed(); };
  for (auto next = last->get_subcommands(parsed); !next.empty(); next = last->get_subcommands(parsed))
    last = next.front();
  return *last;
}

}  // namespace mediafs
