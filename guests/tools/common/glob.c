/* Name patterns: * ? [a-z] {a,b} and ** for any number of folders. A pattern without '/' is matched against the last
 * name, one with '/' against the path below the searched folder. Matching steps a set of positions through the text, so
 * its cost is bounded by text × pattern whatever the pattern is. */
#include "atoll.h"

enum { TOKENS_MAX = 512, ALTERNATIVES_MAX = 64 };
typedef enum { LIT, ONE, STAR, ANY, FOLDERS, INSIDE, CLASS, END } kind;
typedef struct { kind kind; uint32_t c; const char *from, *to; } token;
typedef struct { token *at; uint32_t count; } alternative;
struct glob { alternative all[ALTERNATIVES_MAX]; uint32_t count; bool names, ignore_case; };

static void expand(glob *g, str pattern, str where, uint32_t depth);

static void compile(glob *g, str p, str where) {
  if (g->count == ALTERNATIVES_MAX) fail(INVALID_INPUT, "%v: the braces make more than %d patterns.", where, (int)ALTERNATIVES_MAX);
  alternative *a = &g->all[g->count++];
  a->at = arena((p.n + 2) * (uint32_t)sizeof(token));
  const char *s = p.p, *end = s + p.n;
  while (s < end) {
    token *t = &a->at[a->count++];
    *t = (token){ 0 };
    if (a->count >= TOKENS_MAX) fail(INVALID_INPUT, "%v: the pattern is longer than %d.", where, (int)TOKENS_MAX);
    if (*s == '*') {
      bool starts = s == p.p || s[-1] == '/', two = end - s > 1 && s[1] == '*';
      if (two && starts && end - s > 2 && s[2] == '/') {
        t->kind = FOLDERS;
        a->at[a->count++] = (token){ INSIDE, 0, NULL, NULL };
        s += 3;
        continue;
      }
      t->kind = two ? ANY : STAR;
      while (s < end && *s == '*') s++;
      continue;
    }
    if (*s == '?') { t->kind = ONE; s++; continue; }
    if (*s == '[') {
      const char *close = s + 1;
      if (close < end && (*close == '!' || *close == '^')) close++;
      if (close < end && *close == ']') close++;
      while (close < end && *close != ']') close++;
      if (close >= end) fail(INVALID_INPUT, "%v: '[' without ']'. Write [[] for a bracket.", where);
      *t = (token){ CLASS, 0, s + 1, close };
      s = close + 1;
      continue;
    }
    if (*s == '\\' && end - s > 1) s++;
    uint32_t size;
    t->c = utf8_next(s, end, &size);
    if (g->ignore_case) t->c = fold_case(t->c);
    s += size;
  }
  a->at[a->count++] = (token){ END, 0, NULL, NULL };
}

/* a{b,c}d becomes abd and acd; inner braces are expanded in turn. */
static void expand(glob *g, str p, str where, uint32_t depth) {
  uint32_t open = 0, level = 0, close = 0;
  while (open < p.n && p.p[open] != '{') open += p.p[open] == '\\' ? 2 : 1;
  if (open >= p.n) { compile(g, p, where); return; }
  if (depth > 8) fail(INVALID_INPUT, "%v: more than 8 pairs of braces.", where);
  for (close = open; close < p.n; close++) {
    if (p.p[close] == '\\') { close++; continue; }
    if (p.p[close] == '{') level++;
    if (p.p[close] == '}' && --level == 0) break;
  }
  if (close >= p.n) fail(INVALID_INPUT, "%v: '{' without '}'.", where);
  for (uint32_t from = open + 1, i = from; i <= close; i++) {
    char c = p.p[i];
    if (c == '\\' && i < close) { i++; continue; }
    if (c == '{') level++;
    if (c == '}' && i < close) level--;
    if (i == close || (c == ',' && level == 0)) {
      expand(g, format("%v%v%v", ((str){ p.p, open }), ((str){ p.p + from, i - from }), ((str){ p.p + close + 1, p.n - close - 1 })), where, depth + 1);
      from = i + 1;
    }
  }
}

glob *glob_compile(str pattern, bool ignore_case, str where) {
  if (pattern.n == 0 || pattern.n >= TOKENS_MAX) fail(INVALID_INPUT, "%v: a pattern has 1 to %d characters.", where, (int)TOKENS_MAX - 1);
  glob *g = arena(sizeof *g);
  g->ignore_case = ignore_case;
  while (pattern.n > 2 && pattern.p[0] == '.' && pattern.p[1] == '/') { pattern.p += 2; pattern.n -= 2; }
  g->names = !memchr(pattern.p, '/', pattern.n);
  if (pattern.p[0] == '/') { pattern.p++; pattern.n--; }
  expand(g, pattern, where, 0);
  return g;
}

static bool in_class(const token *t, uint32_t c, bool fold) {
  const char *p = t->from;
  bool not = *p == '!' || *p == '^', hit = false;
  if (not) p++;
  while (p < t->to) {
    uint32_t size, low = utf8_next(p, t->to, &size), high = low;
    p += size;
    if (t->to - p > 1 && *p == '-') { high = utf8_next(p + 1, t->to, &size); p += 1 + size; }
    if (c >= low && c <= high) hit = true;
    if (fold && fold_case(low) <= c && c <= fold_case(high)) hit = true;
  }
  return hit != not && c != '/';
}

static bool match(const alternative *a, str text, bool fold) {
  static uint8_t sets[2][TOKENS_MAX + 2];
  uint8_t *now = sets[0], *next = sets[1];
  memset(now, 0, a->count);
  now[0] = 1;
  for (const char *p = text.p, *end = p + text.n;; ) {
    /* Positions that need no character: tokens are in order, so one pass forward closes the set. */
    for (uint32_t i = 0; i < a->count; i++) {
      if (!now[i]) continue;
      kind k = a->at[i].kind;
      if (k == STAR || k == ANY) now[i + 1] = 1;
      if (k == FOLDERS) { now[i + 1] = 1; now[i + 2] = 1; }
    }
    if (p == end) return now[a->count - 1];
    uint32_t size, c = utf8_next(p, end, &size);
    if (fold) c = fold_case(c);
    p += size;
    memset(next, 0, a->count);
    bool alive = false;
    for (uint32_t i = 0; i < a->count; i++) {
      if (!now[i]) continue;
      const token *t = &a->at[i];
      switch (t->kind) {
        case LIT: if (c == t->c) next[i + 1] = 1, alive = true; break;
        case ONE: if (c != '/') next[i + 1] = 1, alive = true; break;
        case CLASS: if (in_class(t, c, fold)) next[i + 1] = 1, alive = true; break;
        case STAR: if (c != '/') next[i] = 1, alive = true; break;
        case ANY: next[i] = 1, alive = true; break;
        case INSIDE: next[i] = 1, alive = true; if (c == '/') next[i + 1] = 1; break;
        case FOLDERS: case END: break;
      }
    }
    if (!alive) return false;
    uint8_t *swap = now; now = next; next = swap;
  }
}

bool glob_match(const glob *g, str path) {
  if (g->names)
    for (uint32_t i = path.n; i > 0; i--)
      if (path.p[i - 1] == '/') { path = (str){ path.p + i, path.n - i }; break; }
  for (uint32_t i = 0; i < g->count; i++)
    if (match(&g->all[i], path, g->ignore_case)) return true;
  return false;
}
