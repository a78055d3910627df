#include "cli/argument_list.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace mediafs {

namespace {

// mount(8) "FILESYSTEM-INDEPENDENT MOUNT OPTIONS" and what mount.fuse3 passes on.
constexpr std::array<std::string_view, 31> kMountsOwn{
    "rw",         "ro",          "suid",     "nosuid",   "dev",        "nodev",
    "exec",       "noexec",      "auto",     "noauto",   "user",       "nouser",
    "users",      "owner",       "group",    "defaults", "async",      "sync",
    "dirsync",    "atime",       "noatime",  "diratime", "nodiratime", "relatime",
    "norelatime", "strictatime", "lazytime", "nofail",   "_netdev",    "default_permissions",
    "silent"};

bool is_mounts_own(std::string_view option) {
  return option.empty() || option.starts_with("x-") || option.starts_with("comment=") ||
         std::find(kMountsOwn.begin(), kMountsOwn.end(), option) != kMountsOwn.end();
}

/// --name or --name=value; underscores in the name become hyphens, as fstab's habit is the former.
std::string long_option(std::string_view option) {
  std::string out = fmt::format("--{}", option);
  const std::size_t end = std::min(out.find('='), out.size());
  std::replace(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(end), '_', '-');
  return out;
}

/// The next option of the list, its escapes undone; `list` loses it.
std::string take_option(std::string_view& list) {
  std::string option;
  std::size_t at = 0;
  for (; at < list.size() && list[at] != ','; ++at) {
    if (list[at] == '\\' && at + 1 < list.size() && (list[at + 1] == ',' || list[at + 1] == '\\')) ++at;
    option.push_back(list[at]);
  }
  list.remove_prefix(std::min(at + 1, list.size()));
  return option;
}

bool is_url(const std::string& word) {
  const std::size_t scheme = word.find("://");
  return scheme != std::string::npos && scheme > 0 &&
         std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(scheme),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

/// Its options may stand before the source.
bool is_form_of_mount8(const Arguments& arguments) {
  if (arguments.empty()) return false;
  const bool options_first = arguments.front().starts_with('-');
  return options_first ? std::any_of(arguments.begin(), arguments.end(), is_url) : is_url(arguments.front());
}

}  // namespace

Arguments expand_mount_options(std::string_view list) {
  Arguments arguments;
  while (!list.empty()) {
    const std::string option = take_option(list);
    if (!is_mounts_own(option)) arguments.push_back(long_option(option));
  }
  return arguments;
}

Result<Arguments> normalised(std::string_view program, const Arguments& arguments) {
  const bool from_mount = program.starts_with("mount.") || is_form_of_mount8(arguments);
  Arguments out;
  if (from_mount) out.emplace_back("mount");
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "-o" || word.starts_with("-o")) {
      if (word == "-o" && i + 1 == arguments.size())
        return Error{Errc::invalid_argument, "-o without a list behind it"};
      const std::string list = word == "-o" ? arguments[++i] : word.substr(2);
      const Arguments expanded = expand_mount_options(list);
      out.insert(out.end(), expanded.begin(), expanded.end());
    } else if (!from_mount ||
               (word != "-s" && word != "-n" && word != "-v" && word != "-w" && word != "-r")) {
      out.push_back(word);
    }
  }
  return out;
}

Arguments without_option(const std::string& name, const Arguments& arguments) {
  Arguments others;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--") {
      others.insert(others.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i), arguments.end());
      break;
    }
    if (arguments[i] == name) {
      ++i;
    } else if (!arguments[i].starts_with(name + "=")) {
      others.push_back(arguments[i]);
    }
  }
  return others;
}

bool has_password(std::string_view url) {
  return url.find('@') != std::string_view::npos;
}

}  // namespace mediafs
