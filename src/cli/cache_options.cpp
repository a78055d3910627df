#include "cli/cache_options.h"

#include "cli/default_places.h"
#include "cli/option_types.h"

namespace mediafs {

namespace {

using Action = CacheRequest::Action;

CLI::Option* add_ids(CLI::App& app, const std::string& name, std::vector<MediaId>& ids,
                     const std::string& help) {
  return app.add_option_function<std::vector<std::string>>(
      name,
      [&ids, name](const std::vector<std::string>& texts) {
        for (const std::string& text : texts) {
          auto id = MediaId::parse(text);
          if (!id) throw CLI::ValidationError(name, "'" + text + "' is not an id");
          ids.push_back(*std::move(id));
        }
      },
      help);
}

CLI::App* add_action(CLI::App& cache, const std::string& name, const std::string& help, CacheCommand& command,
                     Action action) {
  CLI::App* const app = cache.add_subcommand(name, help);
  app->fallthrough();  // --cache-dir and --credentials may stand behind it
  app->parse_complete_callback([&command, action] { command.request.action = action; });
  return app;
}

}  // namespace

CLI::App* add_cache_command(CLI::App& app, CacheCommand& command, std::string& config) {
  CLI::App* const cache = app.add_subcommand("cache", "Look into the cache, or erase from it");
  cache->require_subcommand(1);
  add_text(*cache, "--cache-dir", "DIRECTORY", command.cache_dir, help_on_cache_dir());
  add_text(*cache, "--credentials", "FILE", command.credentials, help_on_credentials());
  add_text(*cache, "--config", "FILE", config, "The mount's file, for these two");

  CLI::App* const stats =
      add_action(*cache, "stats", "What it holds and how it does", command, Action::stats);
  add_flag(*stats, "--json", command.json, "For programs");

  CLI::App* const verify = add_action(
      *cache, "verify", "Open every record against its key, and drop bad ones", command, Action::verify);
  add_flag(*verify, "--json", command.json, "For programs");
  add_size(*verify, "--rate", command.request.bytes_per_second, 'M',
           "Bytes a second to read at most (default: no limit)");

  CLI::App* const erase = add_action(*cache, "erase", "Destroy what is kept of media or sessions, for good",
                                     command, Action::erase);
  add_ids(*erase, "ID", command.request.media, "Media")->option_text("...");
  add_ids(*erase, "--session", command.request.sessions, "Sessions, with all media of theirs")
      ->type_name("ID");

  CLI::App* const clear = add_action(*cache, "clear", "Destroy all of it", command, Action::clear);
  add_flag(*clear, "--all", command.everything, "Also what these credentials do not open");
  return cache;
}

}  // namespace mediafs
