/* Paths and files. The preopened folders are the only roots there are; the host keeps every path below them. */
#include "atoll.h"

typedef struct { int fd; str path; } root;
static root roots[64];
static int root_count = -1;

/* Absolute and normalised, "/" for the root; "." and ".." go lexically, as agents and editors mean them. */
static str normalise(str path) {
  char *to = arena(path.n + 2);
  uint32_t n = 0;
  for (uint32_t i = 0; i < path.n;) {
    while (i < path.n && path.p[i] == '/') i++;
    uint32_t from = i;
    while (i < path.n && path.p[i] != '/') i++;
    uint32_t size = i - from;
    if (size == 0 || (size == 1 && path.p[from] == '.')) continue;
    if (size == 2 && path.p[from] == '.' && path.p[from + 1] == '.') {
      while (n && to[--n] != '/') { }
      continue;
    }
    to[n++] = '/';
    memcpy(to + n, path.p + from, size);
    n += size;
  }
  if (n == 0) to[n++] = '/';
  to[n] = 0;
  return (str){ to, n };
}

static void read_roots(void) {
  root_count = 0;
  for (int fd = 3; root_count < 64; fd++) {
    __wasi_prestat_t stat;
    if (__wasi_fd_prestat_get(fd, &stat) != 0) break;
    if (stat.tag != __WASI_PREOPENTYPE_DIR || stat.u.dir.pr_name_len > PATH_MAX_BYTES) continue;
    uint32_t n = stat.u.dir.pr_name_len;
    char *name = arena(n + 1);
    if (__wasi_fd_prestat_dir_name(fd, (uint8_t *)name, n) != 0) continue;
    if (n && name[n - 1] == 0) n--;
    roots[root_count++] = (root){ fd, normalise((str){ name, n }) };
  }
}

static str list_roots(void) {
  if (root_count == 0) return S("none");
  buf list = { 0 };
  for (int i = 0; i < root_count && i < 8; i++) buf_format(&list, i ? ", %v" : "%v", roots[i].path);
  if (root_count > 8) buf_str(&list, S(", ..."));
  return (str){ list.p, list.n };
}

static str folder_of(str path) {
  uint32_t n = path.n;
  while (n && path.p[n - 1] != '/') n--;
  return (str){ path.p, n ? n - 1 : 0 };
}

static bool below(str root, str path) {
  if (root.n == 1) return true;
  return path.n >= root.n && memcmp(path.p, root.p, root.n) == 0 && (path.n == root.n || path.p[root.n] == '/');
}

place resolve(str given, const char *verb) {
  if (root_count < 0) read_roots();
  if (given.n == 0) fail(INVALID_INPUT, "The path is empty: give an absolute path or one relative to the workspace.");
  if (given.n > PATH_MAX_BYTES) fail(INVALID_INPUT, "The path is longer than %d bytes.", (int)PATH_MAX_BYTES);
  if (memchr(given.p, 0, given.n)) fail(INVALID_INPUT, "The path holds a NUL character.");
  str full = given;
  if (given.p[0] != '/') {
    str base = frame.workspace;
    if (base.n == 0 && root_count == 1) base = roots[0].path;
    if (base.n == 0 || base.p[0] != '/' || memchr(base.p, 0, base.n))
      fail(INVALID_INPUT, "The path '%v' is relative and the call has no workspace: give an absolute path.", given);
    full = format("%v/%v", base, given);
  }
  str path = normalise(full);
  int best = -1;
  for (int i = 0; i < root_count; i++)
    if (below(roots[i].path, path) && (best < 0 || roots[i].path.n > roots[best].path.n)) best = i;
  if (best < 0)
    fail(DENIED, "Capability not granted: filesystem %s %v is outside the granted folders (%v). Ask the operator to grant fs:%s:%v/** to %s.",
         verb, path, list_roots(), tool_writes ? "write" : "read", folder_of(path), tool_name);
  uint32_t skip = roots[best].path.n == 1 ? 1 : roots[best].path.n + 1;
  return (place){ roots[best].fd, path.n > skip - 1 && path.n != roots[best].path.n ? path.p + skip : ".", path };
}

_Noreturn void fail_errno(__wasi_errno_t error, const char *verb, str path) {
  switch (error) {
    case __WASI_ERRNO_NOENT:
      fail(NOT_FOUND, "Cannot %s %v: it does not exist. Check the path with fs.list on its folder.", verb, path);
    case __WASI_ERRNO_NOTCAPABLE: case __WASI_ERRNO_PERM: case __WASI_ERRNO_ROFS:
      fail(DENIED, "Capability not granted: filesystem %s %v. Either the grant is read-only or a link leads out of the granted folders (%v). Ask the operator to grant fs:%s:%v/** to %s.",
           verb, path, list_roots(), tool_writes ? "write" : "read", folder_of(path), tool_name);
    case __WASI_ERRNO_ACCES:
      fail(DENIED, "Cannot %s %v: the operating system denies it. Change the file's permissions or use another file.", verb, path);
    case __WASI_ERRNO_EXIST:
      fail(EXISTS, "Cannot %s %v: it exists already. Choose another name or allow overwriting.", verb, path);
    case __WASI_ERRNO_ISDIR:
      fail(NOT_A_FILE, "Cannot %s %v: it is a directory. Use fs.list to see what is in it.", verb, path);
    case __WASI_ERRNO_NOTDIR:
      fail(NOT_A_DIRECTORY, "Cannot %s %v: a part of the path is a file, not a directory.", verb, path);
    case __WASI_ERRNO_NOTEMPTY:
      fail(EXISTS, "Cannot %s %v: the directory is not empty.", verb, path);
    case __WASI_ERRNO_FBIG: case __WASI_ERRNO_NOSPC: case __WASI_ERRNO_DQUOT:
      fail(TOO_LARGE, "Cannot %s %v: there is no room for it (errno %d). Free space or write less.", verb, path, (int)error);
    case __WASI_ERRNO_NAMETOOLONG: case __WASI_ERRNO_ILSEQ: case __WASI_ERRNO_LOOP:
      fail(INVALID_INPUT, "Cannot %s %v: the path is too long, runs in circles or is not valid here (errno %d).", verb, path, (int)error);
    default:
      fail(IO_ERROR, "Cannot %s %v: the file system answered with errno %d. Try again; if it stays, tell the operator.", verb, path, (int)error);
  }
}

/* ---- reading ---- */
int open_file(const place *p, __wasi_filestat_t *stat) {
  int fd;
  __wasi_errno_t error = __wasi_path_open(p->fd, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, p->rel, 0, READ_RIGHTS, 0, 0, &fd);
  if (error) fail_errno(error, "read", p->path);
  error = __wasi_fd_filestat_get(fd, stat);
  if (error) fail_errno(error, "read", p->path);
  if (stat->filetype == __WASI_FILETYPE_DIRECTORY) fail_errno(__WASI_ERRNO_ISDIR, "read", p->path);
  if (stat->filetype != __WASI_FILETYPE_REGULAR_FILE)
    fail(NOT_A_FILE, "Cannot read %v: it is a %v, not a regular file.", p->path, type_name(stat->filetype));
  return fd;
}

uint32_t read_at(int fd, char *to, uint32_t n, uint64_t offset, str path) {
  for (;;) {
    __wasi_iovec_t piece = { (uint8_t *)to, n };
    __wasi_size_t got;
    __wasi_errno_t error = __wasi_fd_pread(fd, &piece, 1, offset, &got);
    if (error == 0) return got;
    if (error != __WASI_ERRNO_INTR && error != __WASI_ERRNO_AGAIN) fail_errno(error, "read", path);
  }
}

bool read_whole(const place *p, buf *to, uint32_t limit) {
  __wasi_filestat_t stat;
  __wasi_errno_t error = __wasi_path_filestat_get(p->fd, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, p->rel, &stat);
  if (error == __WASI_ERRNO_NOENT) return false;
  if (error) fail_errno(error, "read", p->path);
  int fd = open_file(p, &stat);
  if (stat.size <= limit) buf_room(to, (uint32_t)stat.size + 1);
  for (;;) {
    if (stat.size > limit || to->n > limit)
      fail(TOO_LARGE, "%v has %D bytes and %s takes at most %d.", p->path, (int64_t)stat.size, tool_name, (int)limit);
    buf_room(to, 1);
    uint32_t got = read_at(fd, to->p + to->n, to->cap - to->n, to->n, p->path);
    if (got == 0) break;
    to->n += got;
  }
  close_file(fd);
  return true;
}

/* ---- folders ---- */
str type_name(uint8_t type) {
  switch (type) {
    case __WASI_FILETYPE_REGULAR_FILE: return S("file");
    case __WASI_FILETYPE_DIRECTORY: return S("directory");
    case __WASI_FILETYPE_SYMBOLIC_LINK: return S("symlink");
    default: return S("other");
  }
}

int open_dir(int fd, const char *rel, bool follow, __wasi_errno_t *error) {
  int dir = -1;
  *error = __wasi_path_open(fd, follow ? __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW : 0, rel, __WASI_OFLAGS_DIRECTORY,
                            WALK_RIGHTS, WALK_RIGHTS | READ_RIGHTS, 0, &dir);
  return *error ? -1 : dir;
}

static int by_name(const void *a, const void *b) {
  str x = ((const dir_entry *)a)->name, y = ((const dir_entry *)b)->name;
  int order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);
  return order ? order : x.n < y.n ? -1 : x.n > y.n;
}

static void sort_names(dir_entry *at, uint32_t count) {
  /* Heap sort: bounded without recursion, and the names of a folder come in no useful order anyway. */
  for (uint32_t end = count, start = count / 2; end > 1;) {
    dir_entry moving;
    if (start) moving = at[--start];
    else { moving = at[--end]; at[end] = at[0]; }
    uint32_t hole = start;
    for (uint32_t child; (child = 2 * hole + 1) < end; hole = child) {
      if (child + 1 < end && by_name(&at[child], &at[child + 1]) < 0) child++;
      if (by_name(&moving, &at[child]) >= 0) break;
      at[hole] = at[child];
    }
    at[hole] = moving;
  }
}

dir_list read_dir(int fd, str path, uint32_t most) {
  static uint8_t chunk[32768] __attribute__((aligned(8)));
  buf entries = { 0 };
  dir_list list = { 0 };
  uint64_t cookie = 0;
  uint32_t count = 0;
  for (;;) {
    __wasi_size_t got;
    __wasi_errno_t error = __wasi_fd_readdir(fd, chunk, sizeof chunk, cookie, &got);
    if (error) fail_errno(error, "list", path);
    uint32_t at = 0;
    uint64_t before = cookie;
    while (got - at >= sizeof(__wasi_dirent_t)) {
      __wasi_dirent_t head;
      memcpy(&head, chunk + at, sizeof head);
      if (head.d_namlen > got - at - sizeof head) break;   /* cut at the end of the buffer: read it again */
      const char *name = (const char *)chunk + at + sizeof head;
      at += (uint32_t)sizeof head + head.d_namlen;
      cookie = head.d_next;
      if ((head.d_namlen == 1 && name[0] == '.') || (head.d_namlen == 2 && name[0] == '.' && name[1] == '.')) continue;
      if (count == most) { list.cut = true; goto done; }
      char *copy = arena(head.d_namlen + 1);
      memcpy(copy, name, head.d_namlen);
      copy[head.d_namlen] = 0;
      dir_entry entry = { { copy, head.d_namlen }, head.d_type };
      buf_put(&entries, &entry, sizeof entry);
      count++;
    }
    if (got < sizeof chunk || cookie == before) break;
  }
done:
  list.at = (dir_entry *)(void *)entries.p;
  list.count = count;
  for (uint32_t i = 0; i < count; i++) {
    if (list.at[i].type != __WASI_FILETYPE_UNKNOWN) continue;
    __wasi_filestat_t stat;
    if (__wasi_path_filestat_get(fd, 0, list.at[i].name.p, &stat) == 0) list.at[i].type = stat.filetype;
  }
  sort_names(list.at, count);
  return list;
}

/* ---- writing ---- */
parent_of open_parent(const place *p, bool writable, const char *verb) {
  uint32_t n = (uint32_t)strlen(p->rel), slash = n;
  if (n == 1 && p->rel[0] == '.')
    fail(DENIED, "Cannot %s %v: it is a granted folder itself. Work on what is inside it.", verb, p->path);
  while (slash && p->rel[slash - 1] != '/') slash--;
  if (slash == 0) return (parent_of){ p->fd, p->rel };
  char *name = arena(slash);
  memcpy(name, p->rel, slash - 1);
  name[slash - 1] = 0;
  __wasi_rights_t rights = WALK_RIGHTS, files = READ_RIGHTS;
  if (writable) {
    rights |= __WASI_RIGHTS_PATH_CREATE_FILE | __WASI_RIGHTS_PATH_RENAME_SOURCE | __WASI_RIGHTS_PATH_RENAME_TARGET |
              __WASI_RIGHTS_PATH_UNLINK_FILE | __WASI_RIGHTS_PATH_FILESTAT_SET_SIZE;
    files |= __WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_DATASYNC | __WASI_RIGHTS_FD_FILESTAT_SET_SIZE;
  }
  int fd;
  __wasi_errno_t error = __wasi_path_open(p->fd, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, name, __WASI_OFLAGS_DIRECTORY,
                                          rights, rights | files, 0, &fd);
  if (error == __WASI_ERRNO_NOENT)
    fail(NOT_FOUND, "Cannot %s %v: the folder %v does not exist. Set create_dirs to make it.", verb, p->path, folder_of(p->path));
  if (error) fail_errno(error, verb, p->path);
  return (parent_of){ fd, p->rel + slash };
}

uint32_t make_parents(const place *p) {
  uint32_t made = 0, n = (uint32_t)strlen(p->rel);
  char *part = arena(n + 1);
  for (uint32_t i = 0; i < n; i++) {
    if (p->rel[i] == '/' && i) {
      part[i] = 0;
      __wasi_errno_t error = __wasi_path_create_directory(p->fd, part);
      if (error == 0) made++;
      else if (error != __WASI_ERRNO_EXIST) {
        /* On a read-only file system a folder that exists may be answered with something else than EEXIST. */
        __wasi_filestat_t stat;
        if (__wasi_path_filestat_get(p->fd, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, part, &stat) != 0)
          fail_errno(error, "create a folder for", p->path);
      }
    }
    part[i] = p->rel[i];
  }
  return made;
}

static parent_of doomed;                           /* a half-written file to remove when the call fails */

static void fail_write(__wasi_errno_t error, str path) {
  /* The first error is the one to tell; a temporary file that cannot go either is named so that a person sees it. */
  if (doomed.name && __wasi_path_unlink_file(doomed.fd, doomed.name) != 0)
    fail(IO_ERROR, "Cannot write %v (errno %d), and the temporary file %s beside it stays: remove it.", path, (int)error, doomed.name);
  fail_errno(error, "write", path);
}

void write_all(int fd, str content, str path) {
  while (content.n) {
    __wasi_ciovec_t piece = { (const uint8_t *)content.p, content.n };
    __wasi_size_t done = 0;
    __wasi_errno_t error = __wasi_fd_write(fd, &piece, 1, &done);
    if (error == __WASI_ERRNO_INTR || error == __WASI_ERRNO_AGAIN) continue;
    if (error == 0 && done == 0) error = __WASI_ERRNO_IO;
    if (error) fail_write(error, path);
    content.p += done;
    content.n -= done;
  }
}

#define WRITE_RIGHTS (__WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL | __WASI_RIGHTS_FD_DATASYNC | \
                      __WASI_RIGHTS_FD_FILESTAT_GET)

static int open_new(parent_of at, str path) {
  int fd;
  __wasi_errno_t error = __wasi_path_open(at.fd, 0, at.name, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, WRITE_RIGHTS, 0, 0, &fd);
  if (error) fail_errno(error, "write", path);
  doomed = at;
  return fd;
}

/* Content reaches the disk before its name does: after a crash the file is the old one or the new one. */
static void flush(int fd, str path) {
  __wasi_errno_t error = __wasi_fd_datasync(fd);
  if (error && error != __WASI_ERRNO_NOTSUP && error != __WASI_ERRNO_INVAL && error != __WASI_ERRNO_NOTCAPABLE) fail_write(error, path);
  error = __wasi_fd_close(fd);
  if (error) fail_write(error, path);
}

static void temporary_name(char name[24]) {
  static const char hex[] = "0123456789abcdef";
  uint8_t random[6];
  __wasi_errno_t error = __wasi_random_get(random, sizeof random);
  if (error) fail(IO_ERROR, "There is no randomness for a temporary name (errno %d).", (int)error);
  memcpy(name, ".atoll-", 7);
  for (int i = 0; i < 6; i++) { name[7 + 2 * i] = hex[random[i] >> 4]; name[8 + 2 * i] = hex[random[i] & 15]; }
  memcpy(name + 19, ".tmp", 5);
}

void create_file(const place *p, str content) {
  parent_of at = open_parent(p, true, "write");
  int fd = open_new(at, p->path);
  write_all(fd, content, p->path);
  flush(fd, p->path);
  doomed.name = NULL;
}

static void in_place(parent_of at, const place *p, __wasi_oflags_t how, __wasi_fdflags_t flags, str content) {
  int fd;
  __wasi_errno_t error = __wasi_path_open(at.fd, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, at.name, how, WRITE_RIGHTS, 0, flags, &fd);
  if (error) fail_errno(error, "write", p->path);
  write_all(fd, content, p->path);
  flush(fd, p->path);
}

write_result replace_file(const place *p, str content, bool keep) {
  parent_of at = open_parent(p, true, "write");
  __wasi_filestat_t stat;
  __wasi_errno_t error = __wasi_path_filestat_get(at.fd, 0, at.name, &stat);
  if (error && error != __WASI_ERRNO_NOENT) fail_errno(error, "write", p->path);
  if (error == 0 && stat.filetype == __WASI_FILETYPE_DIRECTORY) fail_errno(__WASI_ERRNO_ISDIR, "write", p->path);
  if (error == 0 && stat.filetype != __WASI_FILETYPE_REGULAR_FILE && stat.filetype != __WASI_FILETYPE_SYMBOLIC_LINK)
    fail(NOT_A_FILE, "Cannot write %v: it is a %v, not a regular file.", p->path, type_name(stat.filetype));
  /* A rename would replace a link by a file; writing through it is what was meant, and the host keeps it inside. */
  if (error == 0 && (keep || stat.filetype == __WASI_FILETYPE_SYMBOLIC_LINK)) {
    in_place(at, p, __WASI_OFLAGS_TRUNC, 0, content);
    return (write_result){ false };
  }
  static char name[24];
  temporary_name(name);
  int fd = open_new((parent_of){ at.fd, name }, p->path);
  write_all(fd, content, p->path);
  flush(fd, p->path);
  error = __wasi_path_rename(at.fd, name, at.fd, at.name);
  if (error) fail_write(error, p->path);
  doomed.name = NULL;
  return (write_result){ true };
}

void append_file(const place *p, str content) {
  parent_of at = open_parent(p, true, "write");
  in_place(at, p, __WASI_OFLAGS_CREAT, __WASI_FDFLAGS_APPEND, content);
}
