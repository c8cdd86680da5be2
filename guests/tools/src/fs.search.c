/* fs.search: files by name, by what is in them, or both. */
#include "atoll.h"

const char tool_name[] = "fs.search";
const bool tool_writes = false;

enum { GLOBS_MAX = 32, LINE_SHOWN = 400, PATTERN_MAX = 1024, CONTEXT_LINES_MAX = 10 };
typedef struct { glob *at[GLOBS_MAX]; uint32_t count; } globs;

static struct {
  glob *name;
  globs include, exclude;
  str literal;                                     /* searched bytewise when there is no regex */
  regex *regex;
  uint32_t most, context, file_most, visited;
  bool content, cut;
  const char *why_cut;
  uint32_t results, searched, binary, large, denied;
  buf file, relative;
} s;

static bool any(const globs *g, str relative) {
  for (uint32_t i = 0; i < g->count; i++) if (glob_match(g->at[i], relative)) return true;
  return false;
}

static void read_globs(globs *to, str name, bool fold) {
  const json *list = in_array(frame.input, name, GLOBS_MAX);
  for (const json *e = list ? list->child : NULL; e; e = e->next) {
    if (e->type != J_STRING) fail(INVALID_INPUT, "'%v' must be a list of strings.", name);
    to->at[to->count++] = glob_compile(e->text, fold, name);
  }
}

static bool stop(const char *why) {
  s.cut = true;
  s.why_cut = why;
  return true;
}

static bool full(void) { return s.results == s.most ? stop("max_results") : out_full() ? stop("output size") : false; }

/* ---- lines of a file ---- */
static const char *line_end(const char *p, const char *end) {
  const char *feed = memchr(p, '\n', (size_t)(end - p));
  return feed ? feed : end;
}

static str bare(const char *p, const char *end) {
  if (end > p && end[-1] == '\r') end--;
  return (str){ p, (uint32_t)(end - p) };
}

/* At most LINE_SHOWN bytes, around what was found, cut between characters. */
static str excerpt(str line, uint32_t from) {
  if (line.n <= LINE_SHOWN) return line;
  uint32_t start = from > LINE_SHOWN / 4 ? from - LINE_SHOWN / 4 : 0;
  if (start > line.n - LINE_SHOWN) start = line.n - LINE_SHOWN;
  uint32_t stop_at = start + LINE_SHOWN;
  while (start < line.n && ((unsigned char)line.p[start] & 0xc0) == 0x80) start++;
  while (stop_at > start && stop_at < line.n && ((unsigned char)line.p[stop_at] & 0xc0) == 0x80) stop_at--;
  return (str){ line.p + start, stop_at - start };
}

static void w_around(str key, const char *text, const char *p, const char *end, bool before) {
  const char *starts[CONTEXT_LINES_MAX];
  uint32_t n = 0;
  if (before) {
    while (n < s.context && p > text) {
      const char *start = p - 1;
      while (start > text && start[-1] != '\n') start--;
      starts[n++] = p = start;
    }
  } else {
    while (n < s.context && p < end) {
      starts[n++] = p;
      p = line_end(p, end);
      if (p < end) p++;
    }
  }
  w_key(key);
  w_open('[');
  for (uint32_t i = 0; i < n; i++) {
    const char *start = starts[before ? n - 1 - i : i];
    w_string(excerpt(bare(start, line_end(start, end)), 0));
  }
  w_close(']');
}

static void w_match(str text, const char *line, const char *from, int64_t number) {
  const char *end = text.p + text.n, *stop_at = line_end(line, end);
  int64_t column = 1;
  for (const char *p = line; p < from; column++) {
    uint32_t size;
    utf8_next(p, from, &size);
    p += size;
  }
  w_open('{');
  w_kstr(S("path"), (str){ s.relative.p, s.relative.n });
  w_kint(S("line"), number);
  w_kint(S("column"), column);
  w_kstr(S("text"), excerpt(bare(line, stop_at), (uint32_t)(from - line)));
  if (s.context) {
    w_around(S("before"), text.p, line, end, true);
    w_around(S("after"), text.p, stop_at < end ? stop_at + 1 : end, end, false);
  }
  w_close('}');
  s.results++;
}

static const char *next_literal(const char *p, const char *end) {
  while ((uint32_t)(end - p) >= s.literal.n) {
    p = memchr(p, s.literal.p[0], (size_t)(end - p) - s.literal.n + 1);
    if (!p) return NULL;
    if (memcmp(p, s.literal.p, s.literal.n) == 0) return p;
    p++;
  }
  return NULL;
}

static bool scan(str text) {
  const char *p = text.p, *end = text.p + text.n, *counted = p;
  int64_t number = 1;
  while (p < end) {
    const char *line = p, *stop_at, *from = NULL, *to;
    if (!s.regex) {                                /* the whole file at once; lines only where something was found */
      from = next_literal(p, end);
      if (!from) return false;
      line = from;
      while (line > text.p && line[-1] != '\n') line--;
      stop_at = line_end(from, end);
    } else {
      stop_at = line_end(p, end);
      str l = bare(p, stop_at);
      if (!regex_find(s.regex, l.p, l.p + l.n, &from, &to)) from = NULL;
    }
    if (from) {
      if (full()) return true;
      for (; (counted = memchr(counted, '\n', (size_t)(line - counted))) != NULL; counted++) number++;
      counted = line;
      w_match(text, line, from, number);
    }
    p = stop_at < end ? stop_at + 1 : end;
  }
  return false;
}

static bool search_file(int dir, const char *name) {
  int fd;
  if (__wasi_path_open(dir, 0, name, 0, READ_RIGHTS, 0, 0, &fd) != 0) { s.denied++; return false; }
  __wasi_filestat_t stat;
  bool done = false;
  if (__wasi_fd_filestat_get(fd, &stat) != 0 || stat.filetype != __WASI_FILETYPE_REGULAR_FILE) s.denied++;
  else if (stat.size > s.file_most) s.large++;
  else {
    s.file.n = 0;
    buf_room(&s.file, (uint32_t)stat.size + 1);
    bool failed = false;
    while (s.file.n < s.file.cap && !(s.file.n && s.file.n == stat.size)) {
      __wasi_iovec_t piece = { (uint8_t *)s.file.p + s.file.n, s.file.cap - s.file.n };
      __wasi_size_t got;
      __wasi_errno_t error = __wasi_fd_read(fd, &piece, 1, &got);
      if (error == __WASI_ERRNO_INTR || error == __WASI_ERRNO_AGAIN) continue;
      failed = error != 0;
      if (error || got == 0) break;
      s.file.n += got;
    }
    if (failed) s.denied++;
    else if (s.file.n && memchr(s.file.p, 0, s.file.n)) s.binary++;
    else {
      s.searched++;
      done = scan((str){ s.file.p, s.file.n });
    }
  }
  close_file(fd);
  return done;
}

/* True when enough was found. The relative path of what is looked at is in s.relative. */
static bool visit(int dir, str path, uint32_t depth) {
  dir_list list = read_dir(dir, path, WALK_ENTRIES_MAX);
  if (list.cut) stop("too many entries");
  uint32_t base = s.relative.n;
  for (uint32_t i = 0; i < list.count; i++, s.relative.n = base) {
    const dir_entry *e = &list.at[i];
    if (++s.visited > WALK_ENTRIES_MAX) return stop("too many entries");
    buf_str(&s.relative, e->name);
    str relative = { s.relative.p, s.relative.n };
    if (any(&s.exclude, relative)) continue;
    bool folder = e->type == __WASI_FILETYPE_DIRECTORY;
    bool wanted = (!s.name || glob_match(s.name, relative)) && (s.include.count == 0 || any(&s.include, relative));
    if (wanted && !s.content) {
      if (full()) return true;
      w_open('{');
      w_kstr(S("path"), relative);
      w_kstr(S("type"), type_name(e->type));
      w_close('}');
      s.results++;
    }
    if (wanted && s.content && e->type == __WASI_FILETYPE_REGULAR_FILE && search_file(dir, e->name.p)) return true;
    if (!folder) continue;
    if (depth == WALK_DEPTH_MAX) { stop("too deep"); continue; }
    __wasi_errno_t error;
    int inner = open_dir(dir, e->name.p, false, &error);
    if (error) { s.denied++; continue; }
    buf_char(&s.relative, '/');
    bool done = visit(inner, relative, depth + 1);
    close_file(inner);
    if (done) return true;
  }
  return false;
}

static void read_content(bool fold) {
  const json *in = frame.input;
  str content = in_string(in, S("content"), false, S(""));
  bool is_regex = in_bool(in, S("regex"), false);
  s.content = json_member(in, S("content")) != NULL;
  if (!s.content) {
    if (!s.name && s.include.count == 0) fail(INVALID_INPUT, "Give 'name' (a pattern for file names), 'content' (what to find in files) or both.");
    return;
  }
  if (content.n == 0 || content.n > PATTERN_MAX) fail(INVALID_INPUT, "'content' must have 1 to %d bytes.", (int)PATTERN_MAX);
  if (memchr(content.p, '\n', content.n)) fail(INVALID_INPUT, "'content' holds a line feed, but the search goes line by line. Search for one of the lines.");
  if (is_regex || fold) s.regex = regex_compile(content, !is_regex, fold);
  s.literal = content;
}

void tool(void) {
  const json *in = frame.input;
  IN_ONLY(in, S("input"), S("path"), S("name"), S("content"), S("regex"), S("ignore_case"), S("include"), S("exclude"),
          S("max_results"), S("context_lines"), S("max_file_bytes"));
  bool fold = in_bool(in, S("ignore_case"), false);
  str name = in_string(in, S("name"), false, S(""));
  if (json_member(in, S("name"))) s.name = glob_compile(name, fold, S("name"));
  read_globs(&s.include, S("include"), fold);
  read_globs(&s.exclude, S("exclude"), fold);
  if (!json_member(in, S("exclude"))) {
    s.exclude.at[s.exclude.count++] = glob_compile(S(".git"), false, S("exclude"));
    s.exclude.at[s.exclude.count++] = glob_compile(S("node_modules"), false, S("exclude"));
  }
  s.most = (uint32_t)in_integer(in, S("max_results"), 100, 1, 5000);
  s.context = (uint32_t)in_integer(in, S("context_lines"), 0, 0, CONTEXT_LINES_MAX);
  s.file_most = (uint32_t)in_integer(in, S("max_file_bytes"), 4 << 20, 1, 16 << 20);
  read_content(fold);
  place p = resolve(in_string(in, S("path"), false, S(".")), "search");
  __wasi_errno_t error;
  int dir = open_dir(p.fd, p.rel, true, &error);
  if (error) fail_errno(error, "search", p.path);
  buf_room(&out, 65536);
  w_kstr(S("path"), p.path);
  w_key(s.content ? S("matches") : S("files"));
  w_open('[');
  visit(dir, p.path, 1);
  w_close(']');
  w_kint(S("results"), s.results);
  if (s.content) {
    w_kint(S("files_searched"), s.searched);
    w_kint(S("skipped_binary"), s.binary);
    w_kint(S("skipped_large"), s.large);
  }
  w_kint(S("unreadable"), s.denied);
  w_kbool(S("truncated"), s.cut);
  if (s.cut) w_kstr(S("truncated_by"), (str){ s.why_cut, (uint32_t)strlen(s.why_cut) });
}
