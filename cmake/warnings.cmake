# Every target of the project links this one. Warnings are errors where CMAKE_COMPILE_WARNING_AS_ERROR says so: in
# the presets of the gate and in what scripts/ build, not for somebody whose newer compiler knows more of them.
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
            -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(mediafs_warnings INTERFACE -Wthread-safety -Wimplicit-fallthrough)
else()
  # Where several sources are compiled as one, gcc takes each of them for a header, in which a class of an
  # unnamed namespace would be another one in each object.
  target_compile_options(mediafs_warnings INTERFACE -Wduplicated-cond -Wlogical-op -Wno-subobject-linkage)
endif()
