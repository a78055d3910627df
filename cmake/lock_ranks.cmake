# Whoever takes locks out of their order (include/mediafs/base/lock_rank.h) is ended: in what is built to find faults.
if(CMAKE_BUILD_TYPE STREQUAL "Debug" OR MEDIAFS_SANITIZE)
  add_compile_definitions(MEDIAFS_CHECK_LOCK_RANKS)
endif()
