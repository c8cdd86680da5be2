/* fs.list: what is in one directory. */
#include "atoll.h"

const char tool_name[] = "fs.list";
const bool tool_writes = false;

void tool(void) {
  const json *in = frame.input;
  IN_ONLY(in, S("input"), S("path"), S("details"), S("hidden"), S("max_entries"));
  bool details = in_bool(in, S("details"), false), hidden = in_bool(in, S("hidden"), true);
  uint32_t most = (uint32_t)in_integer(in, S("max_entries"), 1000, 1, 10000);
  place p = resolve(in_string(in, S("path"), false, S(".")), "list");
  __wasi_errno_t error;
  int dir = open_dir(p.fd, p.rel, true, &error);
  if (error) fail_errno(error, "list", p.path);
  dir_list list = read_dir(dir, p.path, WALK_ENTRIES_MAX);
  uint32_t shown = 0;
  bool cut = list.cut;
  w_kstr(S("path"), p.path);
  w_key(S("entries"));
  w_open('[');
  for (uint32_t i = 0; i < list.count; i++) {
    const dir_entry *e = &list.at[i];
    if (!hidden && e->name.p[0] == '.') continue;
    if (shown == most || out_full()) { cut = true; break; }
    shown++;
    w_open('{');
    w_kstr(S("name"), e->name);
    w_kstr(S("type"), type_name(e->type));
    __wasi_filestat_t stat;
    if (details && __wasi_path_filestat_get(dir, 0, e->name.p, &stat) == 0) {   /* it may be gone by now */
      if (stat.filetype == __WASI_FILETYPE_REGULAR_FILE) w_kint(S("size"), (int64_t)stat.size);
      w_time(S("modified"), stat.mtim);
    }
    w_close('}');
  }
  w_close(']');
  w_kint(S("total"), list.count);
  w_kbool(S("truncated"), cut);
}
