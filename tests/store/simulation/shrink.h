#pragma once

#include <string>

#include "store/simulation/world.h"

namespace mediafs::simulation {

/// What a person needs to follow a failure: the fewest steps that were found to lead to one, in words, and
/// how to have them again. Takes half a minute at most.
std::string explain(Course course, Outcome outcome);

}  // namespace mediafs::simulation
