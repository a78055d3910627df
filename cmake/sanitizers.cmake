# MEDIAFS_SANITIZE names what the presets asan, tsan and fuzz build with.
set(MEDIAFS_SANITIZE "" CACHE STRING "address;undefined or thread, with fuzzer-no-link for the fuzz targets")
if(MEDIAFS_SANITIZE)
  string(REPLACE ";" "," sanitizers "${MEDIAFS_SANITIZE}")
  add_compile_options(-fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${sanitizers})
endif()
