#pragma once

#include <filesystem>
#include <string>

namespace mediafs::sandbox {

// A file's bytes; throws std::runtime_error with its name when it cannot be read.
std::string read_file(const std::filesystem::path& path);

}  // namespace mediafs::sandbox
