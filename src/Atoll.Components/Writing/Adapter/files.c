// Functions on files, directories and streams.
#include "state.h"

EXPORT("fd_close") errno_t fd_close(u32 fd) {
  file *f = find(fd);
  if (!f) return Badf;
  close_stream(f);
  if (f->kind == Node) drop_node(f->node);
  f->kind = Closed;
  return Ok;
}

EXPORT("fd_renumber") errno_t fd_renumber(u32 from, u32 to) {
  file *f = find(from), *t = find(to);
  if (!f || !t) return Badf;
  if (f == t) return Ok;
  fd_close(to);
  close_stream(f);
  *t = *f;
  f->kind = Closed;
  return Ok;
}

EXPORT("fd_advise") errno_t fd_advise(u32 fd, u64 offset, u64 length, u32 advice) {
  NODE(fd, f);
  if (advice > 5) return Inval;
  result_none result;
  node_advise(f->node, offset, length, advice, &result);
  return none(&result);
}

EXPORT("fd_allocate") errno_t fd_allocate(u32 fd, u64 offset, u64 length) {
  NODE(fd, f);
  result_stat result;
  node_get_stat(f->node, &result);
  if (result.is_error) return error(result.code);
  u64 end;
  if (__builtin_add_overflow(offset, length, &end)) return Inval;
  if (end <= result.value.size) return Ok;
  result_none resized;
  node_set_size(f->node, end, &resized);
  return none(&resized);
}

EXPORT("fd_datasync") errno_t fd_datasync(u32 fd) {
  NODE(fd, f);
  result_none result;
  node_sync_data(f->node, &result);
  return none(&result);
}

EXPORT("fd_sync") errno_t fd_sync(u32 fd) {
  NODE(fd, f);
  result_none result;
  node_sync(f->node, &result);
  return none(&result);
}

typedef struct { u8 type; u16 flags; u64 rights, inheriting; } fdstat;

EXPORT("fd_fdstat_get") errno_t fd_fdstat_get(u32 fd, fdstat *out) {
  file *f = find(fd);
  if (!f) return Badf;
  *out = (fdstat){ f->type, f->flags, f->rights, f->inheriting };
  return Ok;
}

EXPORT("fd_fdstat_set_flags") errno_t fd_fdstat_set_flags(u32 fd, u32 flags) {
  file *f = find(fd);
  if (!f) return Badf;
  // How writes are synchronised is fixed when a file is opened.
  if ((flags ^ f->flags) & ~(FlagAppend | FlagNonblock)) return flags & ~(FlagAppend | FlagDsync | FlagNonblock | FlagRsync | FlagSync) ? Inval : Notsup;
  f->flags = flags;
  return Ok;
}

EXPORT("fd_fdstat_set_rights") errno_t fd_fdstat_set_rights(u32 fd, u64 rights, u64 inheriting) {
  file *f = find(fd);
  if (!f) return Badf;
  if (rights & ~f->rights || inheriting & ~f->inheriting) return Notcapable;
  f->rights = rights;
  f->inheriting = inheriting;
  return Ok;
}

typedef struct { u64 device, inode; u8 type; u64 links, size, accessed, modified, changed; } filestat;

static u64 nanoseconds(const optional_time *time) { return time->is_there ? time->value.seconds * 1000000000 + time->value.nanoseconds : 0; }

static errno_t fill_stat(filestat *out, result_stat *result, result_hash *hash) {
  if (result->is_error) return error(result->code);
  if (hash->is_error) return error(hash->code);
  node_stat *stat = &result->value;
  *out = (filestat){ 1, hash->lower, file_type(stat->type), stat->links, stat->size,
    nanoseconds(&stat->accessed), nanoseconds(&stat->modified), nanoseconds(&stat->changed) };
  return Ok;
}

EXPORT("fd_filestat_get") errno_t fd_filestat_get(u32 fd, filestat *out) {
  file *f = find(fd);
  if (!f) return Badf;
  if (f->kind != Node) {
    *out = (filestat){ .type = f->type };
    return Ok;
  }
  result_stat stat;
  result_hash hash;
  node_get_stat(f->node, &stat);
  node_hash(f->node, &hash);
  return fill_stat(out, &stat, &hash);
}

EXPORT("fd_filestat_set_size") errno_t fd_filestat_set_size(u32 fd, u64 size) {
  NODE(fd, f);
  if (!(f->rights & RightSetSize)) return f->type == TypeDirectory ? Badf : Inval;
  result_none result;
  node_set_size(f->node, size, &result);
  return none(&result);
}

static errno_t new_times(u64 accessed, u64 modified, u32 flags, new_time *a, new_time *m) {
  if ((flags & 3) == 3 || (flags & 12) == 12 || flags > 15) return Inval;
  *a = (new_time){ flags & 1 ? 2 : flags & 2 ? 1 : 0, accessed / 1000000000, accessed % 1000000000 };
  *m = (new_time){ flags & 4 ? 2 : flags & 8 ? 1 : 0, modified / 1000000000, modified % 1000000000 };
  return Ok;
}

EXPORT("fd_filestat_set_times") errno_t fd_filestat_set_times(u32 fd, u64 accessed, u64 modified, u32 flags) {
  NODE(fd, f);
  new_time a, m;
  errno_t wrong = new_times(accessed, modified, flags, &a, &m);
  if (wrong) return wrong;
  result_none result;
  node_set_times(f->node, a.kind, a.seconds, a.nanoseconds, m.kind, m.seconds, m.nanoseconds, &result);
  return none(&result);
}

// Reading and writing

// The first vector that has bytes: reading and writing may do less than they are asked for.
static vector first(const vector *vectors, u32 count) {
  while (count > 1 && !vectors->length) vectors++, count--;
  return count ? *vectors : (vector){ 0, 0 };
}

static errno_t read_at(file *f, vector to, u64 offset, u32 *done) {
  if (!(f->rights & RightRead)) return Badf;
  state *s = self();
  s->direct = to.data;
  s->direct_length = to.length;
  result_read result;
  node_read(f->node, to.length, offset, &result);
  s->direct = 0;
  if (result.is_error) return error(result.code);
  if (result.data.length > to.length) return Io;
  if (result.data.data != to.data) copy(to.data, result.data.data, result.data.length);
  *done = result.data.length;
  return Ok;
}

static errno_t write_at(file *f, vector from, u64 offset, u32 *done) {
  if (!(f->rights & RightWrite)) return Badf;
  result_size result;
  node_write(f->node, from.data, from.length, offset, &result);
  if (result.is_error) return error(result.code);
  *done = result.value;
  return Ok;
}

static errno_t stream_error(result_stream *result) {
  if (result->is_closed) return Ok;
  drop_error(result->error);
  return Io;
}

static errno_t read_input(file *f, vector to, u32 *done) {
  handle stream = standard_stream(f);
  state *s = self();
  s->direct = to.data;
  s->direct_length = to.length;
  result_stream result;
  input_read(stream, to.length, &result);
  s->direct = 0;
  *done = 0;
  if (result.is_error) return stream_error(&result);
  if (result.data.length > to.length) return Io;
  if (result.data.data != to.data) copy(to.data, result.data.data, result.data.length);
  *done = result.data.length;
  return Ok;
}

static errno_t write_output(file *f, vector from, u32 *done) {
  handle stream = standard_stream(f);
  *done = 0;
  do {
    u32 length = from.length - *done < WriteBytes ? from.length - *done : WriteBytes;
    result_stream result;
    output_write(stream, from.data + *done, length, &result);
    if (result.is_error) {
      bool is_closed = result.is_closed;
      stream_error(&result);
      return is_closed ? Pipe : Io;
    }
    *done += length;
  } while (*done < from.length);
  return Ok;
}

EXPORT("fd_read") errno_t fd_read(u32 fd, const vector *vectors, u32 count, u32 *done) {
  file *f = find(fd);
  if (!f || f->kind == Output) return Badf;
  vector to = first(vectors, count);
  *done = 0;
  if (!to.length) return Ok;
  if (f->kind == Input) return read_input(f, to, done);
  errno_t result = read_at(f, to, f->offset, done);
  if (!result) f->offset += *done;
  return result;
}

EXPORT("fd_pread") errno_t fd_pread(u32 fd, const vector *vectors, u32 count, u64 offset, u32 *done) {
  NODE(fd, f);
  vector to = first(vectors, count);
  *done = 0;
  return to.length ? read_at(f, to, offset, done) : Ok;
}

EXPORT("fd_write") errno_t fd_write(u32 fd, const vector *vectors, u32 count, u32 *done) {
  file *f = find(fd);
  if (!f || f->kind == Input) return Badf;
  vector from = first(vectors, count);
  *done = 0;
  if (f->kind == Output) return from.length ? write_output(f, from, done) : Ok;
  if (f->flags & FlagAppend) {
    result_stat stat;
    node_get_stat(f->node, &stat);
    if (stat.is_error) return error(stat.code);
    f->offset = stat.value.size;
  }
  errno_t result = write_at(f, from, f->offset, done);
  if (!result) f->offset += *done;
  return result;
}

EXPORT("fd_pwrite") errno_t fd_pwrite(u32 fd, const vector *vectors, u32 count, u64 offset, u32 *done) {
  NODE(fd, f);
  *done = 0;
  return write_at(f, first(vectors, count), offset, done);
}

EXPORT("fd_seek") errno_t fd_seek(u32 fd, s64 delta, u32 whence, u64 *position) {
  NODE(fd, f);
  if (f->type == TypeDirectory) return Badf;
  s64 base = 0;
  if (whence == 1) {
    base = f->offset;
  } else if (whence == 2) {
    result_stat stat;
    node_get_stat(f->node, &stat);
    if (stat.is_error) return error(stat.code);
    base = stat.value.size;
  } else if (whence != 0) {
    return Inval;
  }
  if (__builtin_add_overflow(base, delta, &base) || base < 0) return Inval;
  *position = f->offset = base;
  return Ok;
}

EXPORT("fd_tell") errno_t fd_tell(u32 fd, u64 *position) {
  NODE(fd, f);
  if (f->type == TypeDirectory) return Badf;
  *position = f->offset;
  return Ok;
}

// Directories

EXPORT("fd_prestat_get") errno_t fd_prestat_get(u32 fd, u32 *out) {
  file *f = find(fd);
  if (!f || !f->preopen.data) return Badf;
  out[0] = 0;
  out[1] = f->preopen.length;
  return Ok;
}

EXPORT("fd_prestat_dir_name") errno_t fd_prestat_dir_name(u32 fd, u8 *out, u32 length) {
  file *f = find(fd);
  if (!f || !f->preopen.data) return Badf;
  if (length < f->preopen.length) return Nametoolong;
  copy(out, f->preopen.data, f->preopen.length);
  return Ok;
}

typedef struct { u64 next, inode; u32 length; u8 type; } entry_header;
typedef struct { u8 type; bytes name; } entry;

// The entry of the cookie that the stream is at; false at the end. The first two are the directory itself and the one around it.
static errno_t read_entry(file *f, u32 fd, entry *out, bool *is_there) {
  state *s = self();
  *is_there = true;
  if (f->cookie < 2) {
    u8 *dots = allocate(s, 1, 2);
    dots[0] = dots[1] = '.';
    *out = (entry){ TypeDirectory, { dots, (u32)f->cookie + 1 } };
    f->cookie++;
    return Ok;
  }
  if (!f->has_stream) {
    result_handle opened;
    node_entries(f->node, &opened);
    if (opened.is_error) return error(opened.code);
    f->stream = opened.value;
    f->has_stream = true;
  }
  if (s->pending_file == fd + 1 && s->pending_cookie == f->cookie) {
    *out = (entry){ s->pending_type, { s->pending_name, s->pending_length } };
    s->pending_file = 0;
    f->cookie++;
    return Ok;
  }
  result_entry result;
  next_entry(f->stream, &result);
  if (result.is_error) return error(result.code);
  *is_there = result.is_there;
  if (result.is_there) {
    *out = (entry){ file_type(result.type), result.name };
    f->cookie++;
  }
  return Ok;
}

// Makes the stream stand at a cookie.
static errno_t go_to(file *f, u32 fd, u64 cookie) {
  state *s = self();
  if (f->cookie == cookie && !(s->pending_file == fd + 1 && s->pending_cookie != cookie)) return Ok;
  if (s->pending_file == fd + 1 && s->pending_cookie == cookie && f->cookie == cookie + 1) {
    f->cookie = cookie;
    return Ok;
  }
  if (s->pending_file == fd + 1) s->pending_file = 0;
  close_stream(f);
  f->cookie = 0;
  while (f->cookie < cookie) {
    entry skipped;
    bool is_there;
    s->next = s->room;
    errno_t result = read_entry(f, fd, &skipped, &is_there);
    if (result) return result;
    if (!is_there) return Ok;
  }
  return Ok;
}

// Keeps an entry that did not fit, so that the directory need not be read again.
static void keep(u32 fd, u64 cookie, const entry *e) {
  state *s = self();
  if (e->name.length > NameBytes || cookie < 2) return;
  s->pending_file = fd + 1;
  s->pending_cookie = cookie;
  s->pending_type = e->type;
  s->pending_length = e->name.length;
  __builtin_memmove(s->pending_name, e->name.data, e->name.length);
}

EXPORT("fd_readdir") errno_t fd_readdir(u32 fd, u8 *out, u32 length, u64 cookie, u32 *used) {
  DIRECTORY(fd, f);
  if (cookie == 0) f->cookie = ~0ull; // from the start, and afresh
  errno_t result = go_to(f, fd, cookie);
  if (result) return result;
  u32 left = length;
  while (left) {
    state *s = self();
    s->next = s->room;
    u64 at = f->cookie;
    entry e;
    bool is_there;
    result = read_entry(f, fd, &e, &is_there);
    if (result) return result;
    if (!is_there) break;
    result_hash hash;
    if (at == 0) node_hash(f->node, &hash);
    else if (at == 1) hash = (result_hash){ .lower = 0 };
    else node_hash_at(f->node, 0, (char *)e.name.data, e.name.length, &hash);
    entry_header header = { at + 1, hash.is_error ? 0 : hash.lower, e.name.length, e.type };
    u32 part = left < sizeof header ? left : sizeof header;
    copy(out, &header, part);
    out += part;
    left -= part;
    u32 name = left < e.name.length ? left : e.name.length;
    copy(out, e.name.data, name);
    out += name;
    left -= name;
    if (!left) keep(fd, at, &e);
  }
  *used = length - left;
  return Ok;
}

// Paths

EXPORT("path_create_directory") errno_t path_create_directory(u32 fd, const char *path, u32 length) {
  DIRECTORY(fd, f);
  result_none result;
  node_create_directory(f->node, path, length, &result);
  return none(&result);
}

EXPORT("path_filestat_get") errno_t path_filestat_get(u32 fd, u32 flags, const char *path, u32 length, filestat *out) {
  DIRECTORY(fd, f);
  result_stat stat;
  result_hash hash;
  node_stat_at(f->node, flags & 1, path, length, &stat);
  node_hash_at(f->node, flags & 1, path, length, &hash);
  return fill_stat(out, &stat, &hash);
}

EXPORT("path_filestat_set_times")
errno_t path_filestat_set_times(u32 fd, u32 flags, const char *path, u32 length, u64 accessed, u64 modified, u32 time_flags) {
  DIRECTORY(fd, f);
  new_time a, m;
  errno_t wrong = new_times(accessed, modified, time_flags, &a, &m);
  if (wrong) return wrong;
  result_none result;
  node_set_times_at(f->node, flags & 1, path, length, a.kind, a.seconds, a.nanoseconds, m.kind, m.seconds, m.nanoseconds, &result);
  return none(&result);
}

EXPORT("path_link") errno_t path_link(u32 fd, u32 flags, const char *path, u32 length, u32 to_fd, const char *to, u32 to_length) {
  DIRECTORY(fd, f);
  DIRECTORY(to_fd, t);
  result_none result;
  node_link(f->node, flags & 1, path, length, t->node, to, to_length, &result);
  return none(&result);
}

static errno_t open_flags(u32 flags, u64 rights, u32 fd_flags, u32 *node_flags) {
  if (fd_flags > 31 || flags > 15) return Inval;
  *node_flags = (rights & (RightRead | RightReaddir) ? NodeRead : 0)
    | (rights & (RightWrite | RightAllocate | RightSetSize) || flags & OpenTruncate ? NodeWrite : 0)
    | (fd_flags & FlagDsync ? NodeDataSync : 0) | (fd_flags & FlagSync ? NodeSync : 0) | (fd_flags & FlagRsync ? NodeRequestedSync : 0);
  if (flags & OpenDirectory && *node_flags & NodeWrite) return Isdir;
  if (!(*node_flags & (NodeRead | NodeWrite))) *node_flags |= NodeRead;
  return Ok;
}

EXPORT("path_open")
errno_t path_open(u32 fd, u32 path_flags, const char *path, u32 length, u32 flags, u64 rights, u64 inheriting, u32 fd_flags, u32 *opened) {
  DIRECTORY(fd, f);
  u32 wanted;
  errno_t wrong = open_flags(flags, rights & f->inheriting, fd_flags, &wanted);
  if (wrong) return wrong;
  if (flags & OpenCreate && flags & OpenDirectory) return Inval;
  if (flags & OpenCreate && !(f->rights & RightCreateFile) || flags & OpenTruncate && !(f->rights & RightTruncate)) return Notcapable;
  result_handle result;
  node_open(f->node, path_flags & 1, path, length, flags, wanted, &result);
  if (result.is_error) return error(result.code);
  result_none type;
  node_type(result.value, &type);
  if (type.is_error) {
    drop_node(result.value);
    return error(type.code);
  }
  u64 granted = rights & f->inheriting;
  state *s = self();
  *opened = new_file(s);
  file *n = &s->files[*opened];
  n->kind = Node;
  n->type = file_type(type.code);
  n->flags = fd_flags;
  n->node = result.value;
  n->rights = granted & (n->type == TypeDirectory ? DirectoryRights : FileRights);
  n->inheriting = inheriting & self()->files[fd].inheriting;
  return Ok;
}

EXPORT("path_readlink") errno_t path_readlink(u32 fd, const char *path, u32 length, u8 *out, u32 out_length, u32 *used) {
  DIRECTORY(fd, f);
  result_text result;
  node_readlink(f->node, path, length, &result);
  if (result.is_error) return error(result.code);
  *used = result.text.length < out_length ? result.text.length : out_length;
  copy(out, result.text.data, *used);
  return Ok;
}

EXPORT("path_remove_directory") errno_t path_remove_directory(u32 fd, const char *path, u32 length) {
  DIRECTORY(fd, f);
  result_none result;
  node_remove_directory(f->node, path, length, &result);
  return none(&result);
}

EXPORT("path_rename") errno_t path_rename(u32 fd, const char *path, u32 length, u32 to_fd, const char *to, u32 to_length) {
  DIRECTORY(fd, f);
  DIRECTORY(to_fd, t);
  result_none result;
  node_rename(f->node, path, length, t->node, to, to_length, &result);
  return none(&result);
}

EXPORT("path_symlink") errno_t path_symlink(const char *target, u32 target_length, u32 fd, const char *path, u32 length) {
  DIRECTORY(fd, f);
  result_none result;
  node_symlink(f->node, target, target_length, path, length, &result);
  return none(&result);
}

EXPORT("path_unlink_file") errno_t path_unlink_file(u32 fd, const char *path, u32 length) {
  DIRECTORY(fd, f);
  result_none result;
  node_unlink(f->node, path, length, &result);
  return none(&result);
}
