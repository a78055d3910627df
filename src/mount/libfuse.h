// libfuse's low-level API at the one version that the project is written against (3.12's; 3.14 and later have
// it).
#pragma once

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
