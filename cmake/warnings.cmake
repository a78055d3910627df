# Every target of the project links this one: what it switches on is an error.
add_library(mediafs_warnings INTERFACE)
target_compile_options(
  mediafs_warnings
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wconversion
            -Wsign-conversion
            -Wold-style-cast
            -Wnon-virtual-dtor
            -Woverloaded-virtual
            -Wcast-align
            -Wformat=2
            # Designated initialisers leave out what has its default: that is what they are for.
            -Wno-missing-field-initializers
            -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(mediafs_warnings INTERFACE -Wthread-safety -Wimplicit-fallthrough)
else()
  target_compile_options(mediafs_warnings INTERFACE -Wduplicated-cond -Wlogical-op)
endif()
