# Run by each build: writes HEADER anew where the checkout has another commit. Outside a checkout it is "unknown".
execute_process(COMMAND git -C ${SOURCE} rev-parse --short=12 HEAD OUTPUT_VARIABLE commit ERROR_QUIET
                OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT commit)
  set(commit unknown)
endif()
file(CONFIGURE OUTPUT ${HEADER} CONTENT "#pragma once\n\n#define MEDIAFS_COMMIT \"@commit@\"\n" @ONLY)
