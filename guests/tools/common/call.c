/* One call: standard input to the frame and the input, the tool, the answer to standard output. */
#include "atoll.h"

call_frame frame;

static str read_request(void) {
  static char first[65536];                        /* most requests fit; no memory is grown for them */
  buf all = { first, 0, sizeof first };
  for (;;) {
    if (all.n == all.cap) {
      if (all.n >= REQUEST_MAX)
        fail(TOO_LARGE, "The request is larger than %d bytes: send less content in one call.", (int)REQUEST_MAX);
      buf_room(&all, all.cap);
    }
    __wasi_iovec_t piece = { (uint8_t *)all.p + all.n, all.cap - all.n };
    __wasi_size_t got;
    __wasi_errno_t error = __wasi_fd_read(0, &piece, 1, &got);
    if (error == __WASI_ERRNO_INTR || error == __WASI_ERRNO_AGAIN) continue;
    if (error) fail(IO_ERROR, "Standard input cannot be read (errno %d): start the tool with the request on its input.", (int)error);
    if (got == 0) return (str){ all.p, all.n };
    all.n += got;
  }
}

/* The frame comes back as it was applied: unknown members stay, dry_run may have been added by the input. */
static void w_context(void) {
  const json *context = frame.context;
  w_key(S("context_used"));
  if (!context) { w_raw(S("{}")); return; }
  if (!frame.dry_run_narrowed) { w_raw(context->raw); return; }
  bool had_flags = false;
  w_open('{');
  for (const json *m = context->child; m; m = m->next) {
    w_key(m->key);
    if (!str_eq(m->key, S("flags"))) { w_raw(m->raw); continue; }
    had_flags = true;
    w_open('{');
    for (const json *f = m->child; f; f = f->next)
      if (!str_eq(f->key, S("dry_run"))) { w_key(f->key); w_raw(f->raw); }
    w_kbool(S("dry_run"), true);
    w_close('}');
  }
  if (!had_flags) {
    w_key(S("flags"));
    w_open('{');
    w_kbool(S("dry_run"), true);
    w_close('}');
  }
  w_close('}');
}

static void send(void) {
  const char *p = out.p, *end = p + out.n;
  while (p < end) {
    __wasi_ciovec_t piece = { (const uint8_t *)p, (uint32_t)(end - p) };
    __wasi_size_t done;
    __wasi_errno_t error = __wasi_fd_write(1, &piece, 1, &done);
    if (error == __WASI_ERRNO_INTR || error == __WASI_ERRNO_AGAIN) continue;
    if (error || done == 0) __wasi_proc_exit(74);  /* nobody can be told any more; sysexits' EX_IOERR */
    p += done;
  }
}

_Noreturn void finish_error(const char *code, str message) {
  static char small[2 * CONTEXT_MAX + 16384];      /* an answer must be possible when memory is not */
  if (message.n > 8192) message.n = 8192;
  out = (buf){ small, 0, sizeof small };
  buf_str(&out, S("{\"ok\":false"));
  w_follow();
  w_key(S("error"));
  w_open('{');
  w_key(S("code"));
  w_string((str){ code, (uint32_t)strlen(code) });
  w_key(S("message"));
  w_string(message);
  w_close('}');
  w_context();
  buf_char(&out, '}');
  send();
  __wasi_proc_exit(0);
}

static bool flag(const json *flags, str name) {
  const json *value = json_member(flags, name);
  if (!value || value->type == J_FALSE) return false;
  if (value->type == J_TRUE) return true;
  fail(INVALID_INPUT, "context.flags.%v must be true or false.", name);
}

static void read_frame(str request) {
  const char *why;
  uint32_t at;
  json *root = json_parse(request, &why, &at);
  if (!root) fail(INVALID_INPUT, "The request is not valid JSON: %s at byte %d. Send one object {\"input\":{...},\"context\":{...}}.", why, (int)at);
  if (root->type != J_OBJECT) fail(INVALID_INPUT, "The request must be one JSON object {\"input\":{...},\"context\":{...}}.");
  json *context = json_member(root, S("context"));
  if (context && context->type != J_OBJECT) fail(INVALID_INPUT, "context must be an object.");
  if (context && context->raw.n > CONTEXT_MAX)
    fail(INVALID_INPUT, "context is larger than %d bytes.", (int)CONTEXT_MAX);
  frame.context = context;
  frame.input = json_member(root, S("input"));
  if (!frame.input || frame.input->type != J_OBJECT) fail(INVALID_INPUT, "input is missing or no object.");
  const json *flags = json_member(context, S("flags"));
  if (flags && flags->type != J_OBJECT) fail(INVALID_INPUT, "context.flags must be an object.");
  frame.read_only = flag(flags, S("read_only"));
  frame.dry_run = flag(flags, S("dry_run"));
  const json *workspace = json_member(context, S("workspace"));
  if (workspace && workspace->type != J_STRING && workspace->type != J_NULL)
    fail(INVALID_INPUT, "context.workspace must be a string.");
  if (workspace) frame.workspace = workspace->text;
  if (tool_writes && frame.read_only)
    fail(READ_ONLY, "%s changes files and this call is read-only (context.flags.read_only): ask the operator for a call that may write.", tool_name);
}

__attribute__((export_name("_start"))) void _start(void) {
  read_frame(read_request());
  buf_room(&out, 16384);
  buf_str(&out, S("{\"ok\":true"));
  w_follow();
  w_key(S("data"));
  w_open('{');
  tool();
  w_close('}');
  w_context();
  buf_char(&out, '}');
  if (out.n > OUTPUT_MAX)
    fail(TOO_LARGE, "The answer would be larger than %d bytes: ask for less (a smaller range, depth or number of results).", (int)OUTPUT_MAX);
  send();                                          /* returning from _start is exit code 0 without an exit call */
}

/* ---- input members ---- */
void in_only(const json *object, str where, const str *names, uint32_t count) {
  if (object->type != J_OBJECT) fail(INVALID_INPUT, "%v must be an object.", where);
  for (const json *m = object->child; m; m = m->next) {
    bool known = false;
    for (uint32_t i = 0; i < count && !known; i++) known = str_eq(names[i], m->key);
    if (known) continue;
    buf list = { 0 };
    for (uint32_t i = 0; i < count; i++) buf_format(&list, i ? ", %v" : "%v", names[i]);
    str key = m->key;
    if (key.n > 100) key.n = 100;
    fail(INVALID_INPUT, "%v has an unknown member '%v'. Known: %v.", where, key, ((str){ list.p, list.n }));
  }
}

str in_string(const json *object, str name, bool required, str fallback) {
  const json *v = json_member(object, name);
  if (!v && required) fail(INVALID_INPUT, "'%v' is missing.", name);
  if (!v) return fallback;
  if (v->type != J_STRING) fail(INVALID_INPUT, "'%v' must be a string.", name);
  return v->text;
}

int64_t in_integer(const json *object, str name, int64_t fallback, int64_t low, int64_t high) {
  const json *v = json_member(object, name);
  int64_t value;
  if (!v) return fallback;
  if (!json_integer(v, &value) || value < low || value > high)
    fail(INVALID_INPUT, "'%v' must be a whole number from %D to %D.", name, low, high);
  return value;
}

bool in_bool(const json *object, str name, bool fallback) {
  const json *v = json_member(object, name);
  if (!v) return fallback;
  if (v->type != J_TRUE && v->type != J_FALSE) fail(INVALID_INPUT, "'%v' must be true or false.", name);
  return v->type == J_TRUE;
}

int in_choice(const json *object, str name, const str *choices, int count, int fallback) {
  const json *v = json_member(object, name);
  if (!v) return fallback;
  if (v->type == J_STRING)
    for (int i = 0; i < count; i++) if (str_eq(v->text, choices[i])) return i;
  buf list = { 0 };
  for (int i = 0; i < count; i++) buf_format(&list, i ? ", %v" : "%v", choices[i]);
  fail(INVALID_INPUT, "'%v' must be one of: %v.", name, ((str){ list.p, list.n }));
}

const json *in_array(const json *object, str name, uint32_t most) {
  const json *v = json_member(object, name);
  if (!v) return NULL;
  if (v->type != J_ARRAY || v->count > most) fail(INVALID_INPUT, "'%v' must be a list of at most %d items.", name, (int)most);
  return v;
}

void apply_dry_run(void) {
  if (in_bool(frame.input, S("dry_run"), false) && !frame.dry_run) {
    frame.dry_run = true;
    frame.dry_run_narrowed = true;
  }
}
