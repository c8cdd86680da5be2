/* fs.stat: what a path is. */
#include "atoll.h"

const char tool_name[] = "fs.stat";
const bool tool_writes = false;

void tool(void) {
  const json *in = frame.input;
  IN_ONLY(in, S("input"), S("path"), S("follow"));
  bool follow = in_bool(in, S("follow"), true);
  place p = resolve(in_string(in, S("path"), true, S("")), "stat");
  __wasi_filestat_t own, stat;
  __wasi_errno_t error = __wasi_path_filestat_get(p.fd, 0, p.rel, &own);
  if (error) fail_errno(error, "stat", p.path);
  bool link = own.filetype == __WASI_FILETYPE_SYMBOLIC_LINK;
  stat = own;
  if (link && follow) {
    error = __wasi_path_filestat_get(p.fd, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, p.rel, &stat);
    if (error) fail_errno(error, "stat", p.path);
  }
  w_kstr(S("path"), p.path);
  w_kstr(S("type"), type_name(stat.filetype));
  w_kint(S("size"), stat.filetype == __WASI_FILETYPE_REGULAR_FILE ? (int64_t)stat.size : 0);
  w_time(S("modified"), stat.mtim);
  w_time(S("accessed"), stat.atim);
  w_time(S("changed"), stat.ctim);
  w_kint(S("links"), (int64_t)stat.nlink);
  w_kbool(S("symlink"), link);
  if (!link) return;
  char *target = arena(PATH_MAX_BYTES);
  __wasi_size_t n;
  if (__wasi_path_readlink(p.fd, p.rel, (uint8_t *)target, PATH_MAX_BYTES, &n) == 0) w_kstr(S("target"), (str){ target, n });
}
