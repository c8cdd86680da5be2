/* fs.edit: replaces exact pieces of a text file; all of them or none. */
#include "atoll.h"

const char tool_name[] = "fs.edit";
const bool tool_writes = true;

enum { EDITS_MAX = 200, LINES_SHOWN = 5 };

static const char *find(str text, uint32_t from, str what) {
  const char *p = text.p + from, *end = text.p + text.n;
  while ((uint32_t)(end - p) >= what.n) {
    p = memchr(p, what.p[0], (size_t)(end - p) - what.n + 1);
    if (!p) return NULL;
    if (memcmp(p, what.p, what.n) == 0) return p;
    p++;
  }
  return NULL;
}

static int line_of(str text, const char *at) {
  int line = 1;
  for (const char *p = text.p; (p = memchr(p, '\n', (size_t)(at - p))) != NULL; p++) line++;
  return line;
}

static str trimmed(str s) {
  while (s.n && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '\r' || s.p[0] == '\n')) { s.p++; s.n--; }
  while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r' || s.p[s.n - 1] == '\n')) s.n--;
  return s;
}

/* What most often is wrong, told so that the next try can be right. */
static _Noreturn void no_match(str text, str old, int index, str path) {
  str first = old;
  const char *feed = memchr(old.p, '\n', old.n);
  if (feed && find(text, 0, S("\r\n")) && !memchr(old.p, '\r', old.n))
    fail(NO_MATCH, "edits[%d].old is not in %v: the file's lines end in \\r\\n and old's in \\n. Write \\r\\n in old and new.", index, path);
  if (feed) first = (str){ old.p, (uint32_t)(feed - old.p) };
  first = trimmed(first);
  const char *near = first.n ? find(text, 0, first) : NULL;
  if (near)
    fail(NO_MATCH, "edits[%d].old is not in %v. Its first line is at line %d, so white space or a later line differs: read the file there again and copy the text exactly.",
         index, path, line_of(text, near));
  fail(NO_MATCH, "edits[%d].old is not in %v%s. Read the file again and copy the text exactly.", index, path,
       index ? " (after the edits before it)" : "");
}

static _Noreturn void ambiguous(str text, str old, int index, str path) {
  buf lines = { 0 };
  int count = 0;
  for (const char *at = find(text, 0, old); at; at = find(text, (uint32_t)(at - text.p) + 1, old), count++)
    if (count < LINES_SHOWN) buf_format(&lines, count ? ", %d" : "%d", line_of(text, at));
  fail(AMBIGUOUS_MATCH, "edits[%d].old occurs %d times in %v (lines %v%s). Add surrounding lines to old so that it is unique, or set replace_all.",
       index, count, path, ((str){ lines.p, lines.n }), count > LINES_SHOWN ? ", ..." : "");
}

void tool(void) {
  const json *in = frame.input;
  IN_ONLY(in, S("input"), S("path"), S("edits"), S("atomic"), S("dry_run"));
  apply_dry_run();
  bool keep = !in_bool(in, S("atomic"), true), atomic = false;
  const json *edits = in_array(in, S("edits"), EDITS_MAX);
  if (!edits || edits->count == 0) fail(INVALID_INPUT, "'edits' must be a list of at least one {\"old\":...,\"new\":...}.");
  place p = resolve(in_string(in, S("path"), true, S("")), "edit");
  buf file = { 0 };
  if (!read_whole(&p, &file, EDIT_MAX)) fail_errno(__WASI_ERRNO_NOENT, "edit", p.path);
  str before = { file.p, file.n }, text = before;
  if (!utf8_valid(text.p, text.n) || (text.n && memchr(text.p, 0, text.n)))
    fail(INVALID_INPUT, "%v is no UTF-8 text. Replace it with fs.write and encoding base64.", p.path);

  int index = 0;
  int64_t total = 0;
  buf turns[2] = { { 0 }, { 0 } };                 /* each edit copies from one to the other */
  for (const json *e = edits->child; e; e = e->next, index++) {
    IN_ONLY(e, format("edits[%d]", index), S("old"), S("new"), S("replace_all"));
    str old = in_string(e, S("old"), true, S("")), new = in_string(e, S("new"), true, S(""));
    bool all = in_bool(e, S("replace_all"), false);
    if (old.n == 0) fail(INVALID_INPUT, "edits[%d].old is empty. Use fs.write to create a file or to append.", index);
    if (str_eq(old, new)) fail(INVALID_INPUT, "edits[%d]: old and new are the same.", index);
    const char *at = find(text, 0, old);
    if (!at) no_match(text, old, index, p.path);
    if (!all && find(text, (uint32_t)(at - text.p) + 1, old)) ambiguous(text, old, index, p.path);
    buf next = turns[index & 1];
    next.n = 0;
    const char *done = text.p, *end = text.p + text.n;
    for (; at; at = find(text, (uint32_t)(done - text.p), old)) {
      buf_put(&next, done, (uint32_t)(at - done));
      buf_str(&next, new);
      done = at + old.n;
      total++;
      if (next.n > EDIT_MAX) fail(TOO_LARGE, "%v would grow above %d bytes.", p.path, (int)EDIT_MAX);
    }
    buf_put(&next, done, (uint32_t)(end - done));
    if (next.n > EDIT_MAX) fail(TOO_LARGE, "%v would grow above %d bytes.", p.path, (int)EDIT_MAX);
    turns[index & 1] = next;
    text = (str){ next.p, next.n };
  }
  bool changed = !str_eq(before, text);
  if (!frame.dry_run && changed) atomic = replace_file(&p, text, keep).atomic;
  w_kstr(S("path"), p.path);
  w_kint(S("replacements"), total);
  w_kbool(S("changed"), changed);
  w_kint(S("size"), text.n);
  w_kbool(S("atomic"), atomic);
  w_kbool(S("dry_run"), frame.dry_run);
  w_diff(p.path, before, text, false);
}
