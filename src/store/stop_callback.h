#pragma once

#include <functional>
#include <stop_token>

namespace mediafs {

using StopCallback = std::stop_callback<std::function<void()>>;

}  // namespace mediafs
