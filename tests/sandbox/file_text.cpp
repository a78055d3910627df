#include "file_text.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace mediafs::sandbox {

std::string read_file(const std::filesystem::path& path) {
  const std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) throw std::runtime_error("cannot read " + path.string());
  return std::move(text).str();
}

}  // namespace mediafs::sandbox
