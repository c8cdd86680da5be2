/* fs.write: create, replace or append to a file. */
#include "atoll.h"

const char tool_name[] = "fs.write";
const bool tool_writes = true;

enum { CREATE, OVERWRITE, APPEND };

void tool(void) {
  const json *in = frame.input;
  IN_ONLY(in, S("input"), S("path"), S("content"), S("encoding"), S("mode"), S("create_dirs"), S("atomic"), S("dry_run"), S("diff"));
  apply_dry_run();
  bool dry = frame.dry_run, want_diff = in_bool(in, S("diff"), dry), keep = !in_bool(in, S("atomic"), true);
  bool create_dirs = in_bool(in, S("create_dirs"), false);
  int mode = IN_CHOICE(in, S("mode"), CREATE, S("create"), S("overwrite"), S("append"));
  str content = in_string(in, S("content"), true, S(""));
  if (IN_CHOICE(in, S("encoding"), 0, S("utf8"), S("base64")) == 1) {
    buf bytes = { 0 };
    if (!base64_decode(&bytes, content))
      fail(INVALID_INPUT, "content is no base64 (RFC 4648 section 4: standard letters, padded, no line breaks).");
    content = (str){ bytes.p, bytes.n };
  }
  if (content.n > CONTENT_MAX) fail(TOO_LARGE, "content has %d bytes and %d are allowed: write the rest with mode append.", (int)content.n, (int)CONTENT_MAX);
  place p = resolve(in_string(in, S("path"), true, S("")), "write");
  if (p.rel[0] == '.' && p.rel[1] == 0) fail_errno(__WASI_ERRNO_ISDIR, "write", p.path);

  __wasi_filestat_t stat = { 0 };
  __wasi_errno_t error = __wasi_path_filestat_get(p.fd, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, p.rel, &stat);
  bool existed = error == 0;
  if (error && error != __WASI_ERRNO_NOENT) fail_errno(error, "write", p.path);
  if (existed && stat.filetype == __WASI_FILETYPE_DIRECTORY) fail_errno(__WASI_ERRNO_ISDIR, "write", p.path);
  if (existed && stat.filetype != __WASI_FILETYPE_REGULAR_FILE)
    fail(NOT_A_FILE, "Cannot write %v: it is a %v, not a regular file.", p.path, type_name(stat.filetype));
  if (existed && mode == CREATE)
    fail(EXISTS, "Cannot create %v: it exists already. Use mode overwrite to replace it or append to add to it.", p.path);

  buf before = { 0 };
  const char *no_diff = NULL;
  if (want_diff && existed) {
    if (stat.size > EDIT_MAX) no_diff = "file too large";
    else read_whole(&p, &before, EDIT_MAX);
  }
  uint32_t made = 0;
  bool atomic = false;
  if (!dry) {
    if (create_dirs) made = make_parents(&p);
    if (mode == CREATE) create_file(&p, content);
    else if (mode == APPEND) append_file(&p, content);
    else atomic = replace_file(&p, content, keep).atomic;
  } else if (!existed && !create_dirs) {
    open_parent(&p, false, "write");               /* a dry run fails where the real one would */
  }
  w_kstr(S("path"), p.path);
  w_kbool(S("created"), !existed);
  w_kint(S("bytes_written"), dry ? 0 : content.n);
  w_kint(S("size"), (int64_t)content.n + (mode == APPEND ? (int64_t)stat.size : 0));
  w_kbool(S("atomic"), atomic);
  w_kint(S("dirs_created"), made);
  w_kbool(S("dry_run"), dry);
  if (!want_diff) return;
  if (no_diff) {
    w_kstr(S("diff"), S(""));
    w_kbool(S("diff_truncated"), false);
    w_kstr(S("diff_omitted"), (str){ no_diff, (uint32_t)strlen(no_diff) });
    return;
  }
  str old = { before.p, before.n };
  w_diff(p.path, old, mode == APPEND ? format("%v%v", old, content) : content, !existed);
}
