/* fs.tree: a directory and what is below it, as a drawing or as a list. Links are shown and not followed. */
#include "atoll.h"

const char tool_name[] = "fs.tree";
const bool tool_writes = false;

static struct {
  uint32_t depth, most, seen, directories, files, denied;
  bool hidden, text, cut;
  glob *exclude[32];
  uint32_t exclude_count;
  buf drawing;
} walk;

static bool excluded(str relative) {
  for (uint32_t i = 0; i < walk.exclude_count; i++) if (glob_match(walk.exclude[i], relative)) return true;
  return false;
}

static void show(str lead, str relative, const dir_entry *e, bool last) {
  bool folder = e->type == __WASI_FILETYPE_DIRECTORY;
  if (folder) walk.directories++; else walk.files++;
  if (walk.text) {
    buf_format(&walk.drawing, "%v%v%v%s\n", lead, last ? S("└── ") : S("├── "), e->name, folder ? "/" : e->type == __WASI_FILETYPE_SYMBOLIC_LINK ? "@" : "");
    return;
  }
  w_open('{');
  w_kstr(S("path"), relative);
  w_kstr(S("type"), type_name(e->type));
  w_close('}');
}

static void visit(int dir, str lead, str prefix, str path, uint32_t depth) {
  dir_list list = read_dir(dir, path, WALK_ENTRIES_MAX);
  if (list.cut) walk.cut = true;
  uint32_t kept = 0;
  for (uint32_t i = 0; i < list.count; i++) {
    const dir_entry *e = &list.at[i];
    if ((!walk.hidden && e->name.p[0] == '.') || (walk.exclude_count && excluded(format("%v%v", prefix, e->name)))) continue;
    list.at[kept++] = *e;
  }
  for (uint32_t i = 0; i < kept; i++) {
    const dir_entry *e = &list.at[i];
    if (walk.seen == walk.most || out_full() || walk.drawing.n > PAYLOAD_MAX / 2) { walk.cut = true; return; }
    walk.seen++;
    bool last = i + 1 == kept;
    str relative = format("%v%v", prefix, e->name);
    show(lead, relative, e, last);
    if (e->type != __WASI_FILETYPE_DIRECTORY) continue;
    if (depth == walk.depth) continue;
    __wasi_errno_t error;
    int inner = open_dir(dir, e->name.p, false, &error);
    if (error) { walk.denied++; continue; }
    visit(inner, walk.text ? format("%v%v", lead, last ? S("    ") : S("│   ")) : lead, format("%v/", relative), relative, depth + 1);
    close_file(inner);
    if (walk.cut) return;
  }
}

void tool(void) {
  const json *in = frame.input;
  IN_ONLY(in, S("input"), S("path"), S("depth"), S("max_entries"), S("hidden"), S("exclude"), S("format"));
  walk.depth = (uint32_t)in_integer(in, S("depth"), 3, 1, WALK_DEPTH_MAX);
  walk.most = (uint32_t)in_integer(in, S("max_entries"), 1000, 1, 20000);
  walk.hidden = in_bool(in, S("hidden"), true);
  walk.text = IN_CHOICE(in, S("format"), 0, S("text"), S("entries")) == 0;
  const json *exclude = in_array(in, S("exclude"), 32);
  if (!exclude) {
    walk.exclude[walk.exclude_count++] = glob_compile(S(".git"), false, S("exclude"));
    walk.exclude[walk.exclude_count++] = glob_compile(S("node_modules"), false, S("exclude"));
  } else {
    for (const json *e = exclude->child; e; e = e->next) {
      if (e->type != J_STRING) fail(INVALID_INPUT, "'exclude' must be a list of strings.");
      walk.exclude[walk.exclude_count++] = glob_compile(e->text, false, S("exclude"));
    }
  }
  place p = resolve(in_string(in, S("path"), false, S(".")), "list");
  __wasi_errno_t error;
  int dir = open_dir(p.fd, p.rel, true, &error);
  if (error) fail_errno(error, "list", p.path);
  w_kstr(S("path"), p.path);
  if (!walk.text) { w_key(S("entries")); w_open('['); }
  visit(dir, S(""), S(""), p.path, 1);
  if (!walk.text) w_close(']');
  else w_kstr(S("tree"), (str){ walk.drawing.p, walk.drawing.n });
  w_kint(S("directories"), walk.directories);
  w_kint(S("files"), walk.files);
  w_kint(S("unreadable"), walk.denied);
  w_kbool(S("truncated"), walk.cut);
}
