/* RFC 8259, strict: UTF-8 only, no duplicate names, no lone surrogates, bounded depth and number of values. */
#include "atoll.h"

typedef struct {
  const char *start, *p, *end;
  const char *why;
  uint32_t nodes;
} reader;

static void space(reader *r) {
  while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t')) r->p++;
}

static bool bad(reader *r, const char *why) {
  if (!r->why) r->why = why;
  return false;
}

static int hex4(const char *p) {
  int v = 0;
  for (int i = 0; i < 4; i++) {
    char c = p[i];
    int d = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
    if (d < 0) return -1;
    v = v << 4 | d;
  }
  return v;
}

static char *put_utf8(char *at, uint32_t c) {
  if (c < 0x80) { *at++ = (char)c; return at; }
  if (c < 0x800) { *at++ = (char)(0xc0 | c >> 6); }
  else {
    if (c < 0x10000) *at++ = (char)(0xe0 | c >> 12);
    else { *at++ = (char)(0xf0 | c >> 18); *at++ = (char)(0x80 | (c >> 12 & 0x3f)); }
    *at++ = (char)(0x80 | (c >> 6 & 0x3f));
  }
  *at++ = (char)(0x80 | (c & 0x3f));
  return at;
}

static bool escape(reader *r, char **at) {
  if (r->end - r->p < 2) return bad(r, "unfinished escape");
  char c = r->p[1];
  r->p += 2;
  switch (c) {
    case '"': case '\\': case '/': *(*at)++ = c; return true;
    case 'b': *(*at)++ = '\b'; return true;
    case 'f': *(*at)++ = '\f'; return true;
    case 'n': *(*at)++ = '\n'; return true;
    case 'r': *(*at)++ = '\r'; return true;
    case 't': *(*at)++ = '\t'; return true;
    case 'u': break;
    default: r->p -= 2; return bad(r, "unknown escape");
  }
  int unit = r->end - r->p < 4 ? -1 : hex4(r->p);
  if (unit < 0) return bad(r, "\\u needs four hexadecimal digits");
  r->p += 4;
  uint32_t c32 = (uint32_t)unit;
  if (unit >= 0xdc00 && unit <= 0xdfff) return bad(r, "lone surrogate");
  if (unit >= 0xd800 && unit <= 0xdbff) {
    int low = r->end - r->p < 6 || r->p[0] != '\\' || r->p[1] != 'u' ? -1 : hex4(r->p + 2);
    if (low < 0xdc00 || low > 0xdfff) return bad(r, "lone surrogate");
    r->p += 6;
    c32 = 0x10000 + ((uint32_t)(unit - 0xd800) << 10 | (uint32_t)(low - 0xdc00));
  }
  *at = put_utf8(*at, c32);
  return true;
}

/* Bytes that need no look: eight at a time, none below 0x20, none above 0x7e, no quote, no backslash. */
static const char *plain(const char *p, const char *end) {
  const uint64_t ones = 0x0101010101010101ull, highs = 0x8080808080808080ull;
  while (end - p >= 8) {
    uint64_t v;
    memcpy(&v, p, 8);
    uint64_t quote = v ^ ones * '"', slash = v ^ ones * '\\';
    if (((v - ones * 0x20) | (quote - ones) | (slash - ones) | v) & highs) break;
    p += 8;
  }
  while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' && *p != '\\') p++;
  return p;
}

static bool string(reader *r, str *text) {
  const char *start = ++r->p, *quote = start;
  bool escaped = false;
  /* First find the end, so that the decoded copy (only where there are escapes) is allocated once. */
  for (;;) {
    quote = plain(quote, r->end);
    if (quote >= r->end) { r->p = r->end; return bad(r, "unfinished string"); }
    if (*quote == '"') break;
    if (*quote == '\\') {
      escaped = true;
      if (r->end - quote < 2) { r->p = r->end; return bad(r, "unfinished string"); }
      quote += 2;
      continue;
    }
    if ((unsigned char)*quote < 0x20) { r->p = quote; return bad(r, "control character in a string"); }
    uint32_t size;
    utf8_next(quote, r->end, &size);
    if (size == 1) { r->p = quote; return bad(r, "not UTF-8"); }
    quote += size;
  }
  if (!escaped) {
    *text = (str){ start, (uint32_t)(quote - start) };
    r->p = quote + 1;
    return true;
  }
  char *to = arena((uint32_t)(quote - start)), *at = to;
  while (r->p < quote) {
    const char *slash = memchr(r->p, '\\', (size_t)(quote - r->p));
    uint32_t run = (uint32_t)((slash ? slash : quote) - r->p);
    memcpy(at, r->p, run);
    at += run;
    r->p += run;
    if (slash && !escape(r, &at)) return false;
  }
  *text = (str){ to, (uint32_t)(at - to) };
  r->p = quote + 1;
  return true;
}

static bool digits(reader *r) {
  const char *from = r->p;
  while (r->p < r->end && *r->p >= '0' && *r->p <= '9') r->p++;
  return r->p > from || bad(r, "digit expected");
}

static bool number(reader *r) {
  if (*r->p == '-') r->p++;
  if (r->p < r->end && *r->p == '0') {
    r->p++;
    if (r->p < r->end && *r->p >= '0' && *r->p <= '9') return bad(r, "number with a leading zero");
  } else if (!digits(r)) return false;
  if (r->p < r->end && *r->p == '.') { r->p++; if (!digits(r)) return false; }
  if (r->p < r->end && (*r->p | 32) == 'e') {
    r->p++;
    if (r->p < r->end && (*r->p == '+' || *r->p == '-')) r->p++;
    if (!digits(r)) return false;
  }
  return true;
}

static bool word(reader *r, const char *text, uint32_t n) {
  if ((uint32_t)(r->end - r->p) < n || memcmp(r->p, text, n) != 0) return bad(r, "value expected");
  r->p += n;
  return true;
}

static json *value(reader *r, uint32_t depth);

static bool container(reader *r, json *node, uint32_t depth) {
  bool object = node->type == J_OBJECT;
  char close = object ? '}' : ']';
  json **link = &node->child;
  if (depth >= JSON_DEPTH_MAX) return bad(r, "nested too deeply (limit 32)");
  r->p++;
  space(r);
  if (r->p < r->end && *r->p == close) { r->p++; return true; }
  for (;;) {
    str key = { 0 };
    if (object) {
      space(r);
      if (r->p >= r->end || *r->p != '"') return bad(r, "member name expected");
      const char *at = r->p;
      if (!string(r, &key)) return false;
      if (json_member(node, key)) { r->p = at; return bad(r, "member name occurs twice"); }
      if (node->count == JSON_MEMBERS_MAX) return bad(r, "too many members in an object (limit 256)");
      space(r);
      if (r->p >= r->end || *r->p != ':') return bad(r, "':' expected");
      r->p++;
    }
    json *item = value(r, depth + 1);
    if (!item) return false;
    item->key = key;
    *link = item;
    link = &item->next;
    node->count++;
    space(r);
    if (r->p < r->end && *r->p == ',') { r->p++; continue; }
    if (r->p < r->end && *r->p == close) { r->p++; return true; }
    return bad(r, object ? "',' or '}' expected" : "',' or ']' expected");
  }
}

static json *value(reader *r, uint32_t depth) {
  space(r);
  if (r->p >= r->end) { bad(r, "text ends too early"); return NULL; }
  if (++r->nodes > JSON_NODES_MAX) { bad(r, "too many values (limit 65536)"); return NULL; }
  json *node = arena(sizeof *node);
  const char *from = r->p;
  bool fine;
  switch (*from) {
    case '{': node->type = J_OBJECT; fine = container(r, node, depth); break;
    case '[': node->type = J_ARRAY; fine = container(r, node, depth); break;
    case '"': node->type = J_STRING; fine = string(r, &node->text); break;
    case 't': node->type = J_TRUE; fine = word(r, "true", 4); break;
    case 'f': node->type = J_FALSE; fine = word(r, "false", 5); break;
    case 'n': node->type = J_NULL; fine = word(r, "null", 4); break;
    case '-': case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9': node->type = J_NUMBER; fine = number(r); break;
    default: fine = bad(r, "value expected"); break;
  }
  if (!fine) return NULL;
  node->raw = (str){ from, (uint32_t)(r->p - from) };
  return node;
}

json *json_parse(str text, const char **why, uint32_t *at) {
  reader r = { text.p, text.p, text.p + text.n, NULL, 0 };
  json *root = value(&r, 0);
  if (root) {
    space(&r);
    if (r.p != r.end) { bad(&r, "something follows the JSON value"); root = NULL; }
  }
  *why = r.why;
  *at = (uint32_t)(r.p - r.start);
  return root;
}

json *json_member(const json *object, str key) {
  if (!object || object->type != J_OBJECT) return NULL;
  for (json *m = object->child; m; m = m->next)
    if (str_eq(m->key, key)) return m;
  return NULL;
}

/* Any spelling of a whole number up to 2^53 (1000, 1e3, 10.0): JSON Schema's "integer" looks at the value. */
bool json_integer(const json *v, int64_t *result) {
  if (!v || v->type != J_NUMBER) return false;
  const int64_t most = 1ll << 53;
  const char *p = v->raw.p, *end = p + v->raw.n;
  bool negative = *p == '-', dot = false;
  int64_t mantissa = 0, exponent = 0, zeros = 0;
  if (negative) p++;
  for (; p < end && (*p | 32) != 'e'; p++) {
    if (*p == '.') { dot = true; continue; }
    if (dot) exponent--;
    if (*p == '0') { zeros++; continue; }          /* zeros count only when another digit follows */
    for (; zeros; zeros--) {
      if (mantissa == 0) { zeros = 0; break; }
      if ((mantissa *= 10) > most) return false;
    }
    if ((mantissa = mantissa * 10 + (*p - '0')) > most) return false;
  }
  exponent += zeros;
  if (p < end) {
    bool down = p[1] == '-';
    int64_t e = 0;
    for (p += 1 + (p[1] == '-' || p[1] == '+'); p < end; p++) if (e < 100000000) e = e * 10 + (*p - '0');
    exponent += down ? -e : e;
  }
  if (mantissa == 0) { *result = 0; return true; }
  for (; exponent > 0; exponent--) if ((mantissa *= 10) > most) return false;
  if (exponent < 0) return false;                  /* trailing zeros were never multiplied in: a fraction is left */
  *result = negative ? -mantissa : mantissa;
  return true;
}

/* ---- out ---- */
buf out;
static bool comma;

static void separate(void) {
  if (comma) buf_char(&out, ',');
  comma = true;
}

void w_follow(void) { comma = true; }
void w_open(char bracket) { separate(); buf_char(&out, bracket); comma = false; }
void w_close(char bracket) { buf_char(&out, bracket); comma = true; }
void w_raw(str text) { separate(); buf_str(&out, text); }
void w_int(int64_t v) { separate(); buf_int(&out, v); }
void w_bool(bool v) { w_raw(v ? S("true") : S("false")); }

static uint32_t escape_to(char *to, unsigned char c) {
  static const char hex[] = "0123456789abcdef";
  char letter = c == '"' || c == '\\' ? (char)c : c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : 0;
  to[0] = '\\';
  if (letter) { to[1] = letter; return 2; }
  to[1] = 'u'; to[2] = '0'; to[3] = '0'; to[4] = hex[c >> 4]; to[5] = hex[c & 15];
  return 6;
}

uint32_t w_text_limited(str text, uint32_t limit) {
  const char *p = text.p, *end = p + text.n;
  separate();
  buf_char(&out, '"');
  uint32_t start = out.n;
  while (p < end) {
    const char *run = plain(p, end);
    while (run < end && (unsigned char)*run >= 0x80) run = plain(run + 1, end);
    uint32_t n = (uint32_t)(run - p), room = limit - (out.n - start);
    if (n > room) {                                /* cut before a character, never inside one */
      n = room;
      while (n && ((unsigned char)p[n] & 0xc0) == 0x80) n--;
      buf_put(&out, p, n);
      p += n;
      break;
    }
    buf_put(&out, p, n);
    p = run;
    if (p == end) break;
    char e[6];
    n = escape_to(e, (unsigned char)*p);
    if (n > limit - (out.n - start)) break;
    buf_put(&out, e, n);
    p++;
  }
  buf_char(&out, '"');
  return (uint32_t)(p - text.p);
}

void w_string(str text) {
  if (utf8_valid(text.p, text.n)) { w_text_limited(text, UINT32_MAX); return; }
  buf clean = { 0 };
  for (const char *p = text.p, *end = p + text.n; p < end;) {
    uint32_t size, c = utf8_next(p, end, &size);
    if (c == 0xfffd) buf_str(&clean, S("\xef\xbf\xbd")); else buf_put(&clean, p, size);
    p += size;
  }
  w_text_limited((str){ clean.p, clean.n }, UINT32_MAX);
}

void w_key(str key) {
  w_string(key);
  buf_char(&out, ':');
  comma = false;
}

/* Days to a civil date in the proleptic Gregorian calendar, by counting from 1 March 0000. */
void w_time(str key, uint64_t ns) {
  uint64_t ms = ns / 1000000, s = ms / 1000;
  uint64_t days = s / 86400 + 719468, era = days / 146097, doe = days % 146097;
  uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  uint64_t mp = (5 * doy + 2) / 153, day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
  uint64_t part[] = { yoe + era * 400 + (month <= 2), month, day, s / 3600 % 24, s / 60 % 60, s % 60, ms % 1000 };
  static const char after[] = "--T::.Z";
  static const char width[] = { 4, 2, 2, 2, 2, 2, 3 };
  w_key(key);
  separate();
  buf_char(&out, '"');
  for (int i = 0; i < 7; i++) {
    char text[4];
    for (int k = width[i] - 1; k >= 0; k--) { text[k] = (char)('0' + part[i] % 10); part[i] /= 10; }
    buf_put(&out, text, (uint32_t)width[i]);
    buf_char(&out, after[i]);
  }
  buf_char(&out, '"');
}
