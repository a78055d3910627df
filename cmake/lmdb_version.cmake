# The cache checks LMDB's pages itself before LMDB sees them (src/cache/page_format.h): of 0.9 alone it knows them.
file(STRINGS ${LMDB_INCLUDE_DIR}/lmdb.h lmdb_numbers REGEX "^#define[ \t]+MDB_VERSION_(MAJOR|MINOR)[ \t]+[0-9]+")
string(REGEX REPLACE "[^;]*MDB_VERSION_M[A-Z]+[ \t]+([0-9]+)[^;]*" "\\1" lmdb_numbers "${lmdb_numbers}")
list(JOIN lmdb_numbers . lmdb_version)
if(NOT lmdb_version STREQUAL "0.9")
  message(FATAL_ERROR "mediafs needs LMDB 0.9, whose files its cache checks; ${LMDB_INCLUDE_DIR}/lmdb.h is of LMDB ${lmdb_version}")
endif()
