/* fs.move: renames or moves a file, a directory or a link. */
#include "atoll.h"

const char tool_name[] = "fs.move";
const bool tool_writes = true;

static bool inside(str folder, str path) {
  return path.n > folder.n && memcmp(path.p, folder.p, folder.n) == 0 && path.p[folder.n] == '/';
}

/* Between file systems a rename cannot work: copy beside the target, rename there, and only then remove the source. */
static void copy_over(const place *from, const place *to, parent_of source) {
  buf content = { 0 };
  if (!read_whole(from, &content, CONTENT_MAX)) fail_errno(__WASI_ERRNO_NOENT, "move", from->path);
  replace_file(to, (str){ content.p, content.n }, false);
  __wasi_errno_t error = __wasi_path_unlink_file(source.fd, source.name);
  if (error) fail_errno(error, "remove after copying", from->path);
}

void tool(void) {
  const json *in = frame.input;
  IN_ONLY(in, S("input"), S("source"), S("destination"), S("overwrite"), S("create_dirs"), S("dry_run"));
  apply_dry_run();
  bool overwrite = in_bool(in, S("overwrite"), false), create_dirs = in_bool(in, S("create_dirs"), false);
  place from = resolve(in_string(in, S("source"), true, S("")), "move");
  place to = resolve(in_string(in, S("destination"), true, S("")), "move to");
  if (str_eq(from.path, to.path)) fail(INVALID_INPUT, "source and destination are the same path %v.", from.path);
  if (inside(from.path, to.path)) fail(INVALID_INPUT, "%v cannot be moved into itself (%v).", from.path, to.path);

  bool really = !frame.dry_run;
  parent_of source = open_parent(&from, really, "move");
  __wasi_filestat_t stat, old;
  __wasi_errno_t error = __wasi_path_filestat_get(source.fd, 0, source.name, &stat);
  if (error) fail_errno(error, "move", from.path);
  bool folder = stat.filetype == __WASI_FILETYPE_DIRECTORY;
  if (to.rel[0] == '.' && to.rel[1] == 0) fail(EXISTS, "Cannot move to %v: it is a granted folder. Give the full new path, name included.", to.path);
  error = __wasi_path_filestat_get(to.fd, 0, to.rel, &old);
  bool existed = error == 0;
  if (error && error != __WASI_ERRNO_NOENT) fail_errno(error, "move to", to.path);
  if (existed && !overwrite)
    fail(EXISTS, "Cannot move to %v: it exists already%s.", to.path,
         old.filetype == __WASI_FILETYPE_DIRECTORY ? " and is a directory; give the full new path, name included" : "; set overwrite to replace it");
  if (existed && old.filetype == __WASI_FILETYPE_DIRECTORY && !folder)
    fail(EXISTS, "Cannot move to %v: it is a directory and %v is not. Give the full new path, name included.", to.path, from.path);
  if (existed && folder && old.filetype != __WASI_FILETYPE_DIRECTORY)
    fail(NOT_A_DIRECTORY, "Cannot move the directory %v over %v: that is a file.", from.path, to.path);

  uint32_t made = 0;
  if (really) {
    if (create_dirs) made = make_parents(&to);
    parent_of target = open_parent(&to, true, "move to");
    error = __wasi_path_rename(source.fd, source.name, target.fd, target.name);
    if (error == __WASI_ERRNO_XDEV && stat.filetype == __WASI_FILETYPE_REGULAR_FILE) copy_over(&from, &to, source);
    else if (error == __WASI_ERRNO_XDEV)
      fail(IO_ERROR, "Cannot move %v to %v: they are on different file systems. Move its files one by one.", from.path, to.path);
    else if (error) fail_errno(error, "move", from.path);
  } else if (!create_dirs) {
    open_parent(&to, false, "move to");
  }
  w_kstr(S("source"), from.path);
  w_kstr(S("destination"), to.path);
  w_kstr(S("type"), type_name(stat.filetype));
  w_kbool(S("overwritten"), existed);
  w_kint(S("dirs_created"), made);
  w_kbool(S("dry_run"), frame.dry_run);
}
