#pragma once

#include <variant>

#include <gtest/gtest.h>

#include "cli/command_line.h"

namespace mediafs {

inline MountCommand mount_of(const Arguments& arguments) {
  const Command command = parse_command_line("mediafs", arguments);
  const auto* mount = std::get_if<MountCommand>(&command);
  if (mount == nullptr) {
    ADD_FAILURE() << std::get<Exit>(command).message;
    return {};
  }
  return *mount;
}

inline Exit exit_of(const Arguments& arguments) {
  const Command command = parse_command_line("mediafs", arguments);
  const auto* exit = std::get_if<Exit>(&command);
  return exit != nullptr ? *exit : Exit{ExitCode::internal, "it was accepted"};
}

}  // namespace mediafs
