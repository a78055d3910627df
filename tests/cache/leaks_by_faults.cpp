// A fault in LMDB leaves what it had allocated and told nobody of yet. That is what the guard is for, and no
// leak of ours; the leak checker, where this is built with one, asks here.
extern "C" const char* __lsan_default_suppressions();  // NOLINT: the checker's own name

extern "C" const char* __lsan_default_suppressions() {  // NOLINT: the checker's own name
  return "leak:mdb_txn_begin\nleak:mdb_cursor_open\nleak:mdb_page_\nleak:mdb_midl_\nleak:mdb_env_open\n";
}
