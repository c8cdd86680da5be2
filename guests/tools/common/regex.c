/* Regular expressions without backtracking: a program of threads stepped through the line side by side (R. Cox,
 * "Regular Expression Matching: the Virtual Machine Approach", 2009). Cost is bounded by line × program for every
 * pattern, so a hostile one only is slow in proportion to its size.
 *
 * Syntax: . [a-z] [^a-z] \d \w \s \D \W \S \b \B ^ $ ( ) (?: ) | * + ? {m} {m,} {m,n} and the lazy forms; no
 * back-references and no look-around. The first alternative that leads to a match wins, as in Perl. */
#include "atoll.h"

enum { NODES_MAX = 4096, CODE_MAX = 8192, DEPTH_MAX = 48, REPEAT_MAX = 1000, NONE = -1 };
typedef enum { N_EMPTY, N_CHAR, N_ANY, N_CLASS, N_CAT, N_ALT, N_REPEAT, N_ASSERT } node_kind;
typedef struct { node_kind kind; int a, b, low, high; bool lazy; uint32_t c; } node;
typedef enum { I_CHAR, I_ANY, I_CLASS, I_SPLIT, I_JUMP, I_ASSERT, I_MATCH } code;
typedef struct { code code; uint32_t c; int x, y; } instruction;
typedef struct { uint32_t low, high; } span;
typedef struct { span *at; uint32_t count; bool not; } class;

struct regex {
  const char *start, *p, *end;
  bool fold, nullable;
  node nodes[NODES_MAX]; int node_count;
  instruction code[CODE_MAX]; int code_count;
  buf classes;                                     /* of class */
  bool first[256];                                 /* bytes a match can begin with */
  uint32_t mark[2][CODE_MAX], generation;
  struct thread { int pc; const char *from; } list[2][CODE_MAX];
  int stack[CODE_MAX * 2];
  int work;
};

static _Noreturn void bad(const regex *r, const char *why) {
  fail(INVALID_INPUT, "content is no valid regular expression: %s at byte %d. Set regex to false to search for the text itself.",
       why, (int)(r->p - r->start));
}

static int add(regex *r, node n) {
  if (r->node_count == NODES_MAX) bad(r, "too long");
  r->nodes[r->node_count] = n;
  return r->node_count++;
}

static void add_span(buf *to, uint32_t low, uint32_t high) {
  span s = { low, high };
  buf_put(to, &s, sizeof s);
}

static void shorthand(buf *to, char letter) {
  static const span word[] = { { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' } };
  static const span blank[] = { { 9, 13 }, { 32, 32 }, { 0xa0, 0xa0 }, { 0x2000, 0x200a }, { 0x2028, 0x2029 }, { 0x3000, 0x3000 } };
  const span *set = (letter | 32) == 'd' ? word : (letter | 32) == 'w' ? word : blank;
  uint32_t count = (letter | 32) == 'd' ? 1 : (letter | 32) == 'w' ? 4 : 6, next = 0;
  bool not = letter < 'a';
  for (uint32_t i = 0; i < count; i++) {
    if (!not) add_span(to, set[i].low, set[i].high);
    else if (set[i].low > next) add_span(to, next, set[i].low - 1);
    next = set[i].high + 1;
  }
  if (not) add_span(to, next, 0x10ffff);
}

static bool is_shorthand(char c) { return c && memchr("dwsDWS", c, 6); }

static uint32_t literal_escape(regex *r) {
  uint32_t size, c = utf8_next(r->p, r->end, &size);
  switch (c) {
    case 'n': c = '\n'; break;
    case 't': c = '\t'; break;
    case 'r': c = '\r'; break;
    case 'f': c = '\f'; break;
    case 'v': c = '\v'; break;
    default:
      if ((c | 32) - 'a' < 26 || c - '0' < 10) bad(r, "unknown escape");
  }
  r->p += size;
  return c;
}

static int add_class(regex *r, buf spans, bool not) {
  class c = { (span *)(void *)spans.p, spans.n / (uint32_t)sizeof(span), not };
  buf_put(&r->classes, &c, sizeof c);
  return add(r, (node){ .kind = N_CLASS, .c = r->classes.n / (uint32_t)sizeof c - 1 });
}

static int parse_class(regex *r) {
  buf spans = { 0 };
  bool not = r->p < r->end && *r->p == '^', first = true;
  if (not) r->p++;
  for (;; first = false) {
    if (r->p >= r->end) bad(r, "'[' without ']'");
    if (*r->p == ']' && !first) { r->p++; break; }
    uint32_t size, low, high;
    if (*r->p == '\\') {
      if (++r->p >= r->end) bad(r, "unfinished escape");
      if (is_shorthand(*r->p)) { shorthand(&spans, *r->p++); continue; }
      low = *r->p == 'b' ? (r->p++, 8u) : literal_escape(r);
    } else { low = utf8_next(r->p, r->end, &size); r->p += size; }
    high = low;
    if (r->end - r->p > 1 && r->p[0] == '-' && r->p[1] != ']') {
      r->p++;
      if (*r->p == '\\') {
        if (++r->p >= r->end) bad(r, "unfinished escape");
        high = literal_escape(r);
      } else { high = utf8_next(r->p, r->end, &size); r->p += size; }
      if (high < low) bad(r, "range is the wrong way round");
    }
    add_span(&spans, low, high);
  }
  return add_class(r, spans, not);
}

static int parse_alternatives(regex *r, int depth);

static int parse_atom(regex *r, int depth) {
  char c = *r->p;
  uint32_t size;
  if (c == '(') {
    r->p++;
    if (r->end - r->p > 1 && *r->p == '?') {
      if (r->p[1] != ':') bad(r, "only (?: ) groups are known");
      r->p += 2;
    }
    int inner = parse_alternatives(r, depth + 1);
    if (r->p >= r->end) bad(r, "'(' without ')'");
    r->p++;
    return inner;
  }
  if (c == '[') { r->p++; return parse_class(r); }
  if (c == '.') { r->p++; return add(r, (node){ .kind = N_ANY }); }
  if (c == '^' || c == '$') { r->p++; return add(r, (node){ .kind = N_ASSERT, .c = (uint32_t)c }); }
  if (c == '*' || c == '+' || c == '?') bad(r, "nothing to repeat");
  if (c == '\\') {
    if (++r->p >= r->end) bad(r, "unfinished escape");
    if (*r->p == 'b' || *r->p == 'B') return add(r, (node){ .kind = N_ASSERT, .c = (uint32_t)*r->p++ });
    if (is_shorthand(*r->p)) {
      buf spans = { 0 };
      shorthand(&spans, *r->p++);
      return add_class(r, spans, false);
    }
    return add(r, (node){ .kind = N_CHAR, .c = literal_escape(r) });
  }
  uint32_t code = utf8_next(r->p, r->end, &size);
  r->p += size;
  return add(r, (node){ .kind = N_CHAR, .c = code });
}

static int count(regex *r) {
  if (r->p >= r->end || *r->p < '0' || *r->p > '9') return NONE;
  int n = 0;
  while (r->p < r->end && *r->p >= '0' && *r->p <= '9' && n <= REPEAT_MAX) n = n * 10 + (*r->p++ - '0');
  if (n > REPEAT_MAX) bad(r, "repeat count above 1000");
  return n;
}

static int parse_repeat(regex *r, int depth) {
  int atom = parse_atom(r, depth);
  for (int layers = 0; r->p < r->end; layers++) {
    int low, high = NONE;
    const char *at = r->p;
    if (*at == '*') { low = 0; r->p++; }
    else if (*at == '+') { low = 1; r->p++; }
    else if (*at == '?') { low = 0; high = 1; r->p++; }
    else if (*at == '{') {
      r->p++;
      low = count(r);
      if (low == NONE) bad(r, "'{' needs a count; write \\{ for the character");
      high = low;
      if (r->p < r->end && *r->p == ',') { r->p++; high = count(r); }
      if (r->p >= r->end || *r->p != '}') bad(r, "'{' without '}'");
      r->p++;
      if (high != NONE && high < low) bad(r, "repeat counts are the wrong way round");
    } else break;
    if (layers) bad(r, "two repeats in a row");
    bool lazy = r->p < r->end && *r->p == '?';
    if (lazy) r->p++;
    atom = add(r, (node){ .kind = N_REPEAT, .a = atom, .low = low, .high = high, .lazy = lazy });
  }
  return atom;
}

static int parse_alternatives(regex *r, int depth) {
  if (depth > DEPTH_MAX) bad(r, "nested too deeply");
  int all = NONE;
  for (;;) {
    int sequence = NONE;
    while (r->p < r->end && *r->p != '|' && *r->p != ')') {
      int next = parse_repeat(r, depth);
      sequence = sequence == NONE ? next : add(r, (node){ .kind = N_CAT, .a = sequence, .b = next });
    }
    if (sequence == NONE) sequence = add(r, (node){ .kind = N_EMPTY });
    all = all == NONE ? sequence : add(r, (node){ .kind = N_ALT, .a = all, .b = sequence });
    if (r->p >= r->end || *r->p != '|') return all;
    r->p++;
  }
}

static int put(regex *r, instruction i) {
  if (r->code_count == CODE_MAX) bad(r, "it becomes too large; lower the repeat counts");
  r->code[r->code_count] = i;
  return r->code_count++;
}

static void split_to(regex *r, int at, bool lazy, int take, int skip) {
  r->code[at].x = lazy ? skip : take;
  r->code[at].y = lazy ? take : skip;
}

/* CAT and ALT lean to the left and are walked down to their first element with an explicit chain, so the recursion here
 * is as deep as the pattern's brackets and no deeper. */
static void emit(regex *r, int at) {
  if (++r->work > 8 * CODE_MAX) bad(r, "it becomes too large; lower the repeat counts");   /* (){999}{999} emits nothing */
  node n = r->nodes[at];
  switch (n.kind) {
    case N_EMPTY: return;
    case N_CHAR: put(r, (instruction){ I_CHAR, r->fold ? fold_case(n.c) : n.c, 0, 0 }); return;
    case N_ANY: put(r, (instruction){ I_ANY, 0, 0, 0 }); return;
    case N_CLASS: put(r, (instruction){ I_CLASS, n.c, 0, 0 }); return;
    case N_ASSERT: put(r, (instruction){ I_ASSERT, n.c, 0, 0 }); return;
    case N_CAT: case N_ALT: break;
    case N_REPEAT: {
      for (int i = 0; i < n.low; i++) emit(r, n.a);
      if (n.high == NONE) {
        int split = put(r, (instruction){ I_SPLIT, 0, 0, 0 });
        emit(r, n.a);
        put(r, (instruction){ I_JUMP, 0, split, 0 });
        split_to(r, split, n.lazy, split + 1, r->code_count);
        return;
      }
      int chain = NONE;                            /* the optional rest: each may leave to the common end */
      for (int i = n.low; i < n.high; i++) {
        int split = put(r, (instruction){ I_SPLIT, 0, chain, 0 });
        chain = split;
        emit(r, n.a);
      }
      while (chain != NONE) {
        int before = r->code[chain].x;
        split_to(r, chain, n.lazy, chain + 1, r->code_count);
        chain = before;
      }
      return;
    }
  }
  uint32_t parts = 0;
  for (int i = at; ; i = r->nodes[i].a, parts++) if (r->nodes[i].kind != n.kind) break;
  int *part = arena((parts + 1) * sizeof(int)), *jump = arena((parts + 1) * sizeof(int));
  uint32_t k = parts;
  for (int i = at; r->nodes[i].kind == n.kind; i = r->nodes[i].a, k--) { part[k] = r->nodes[i].b; part[k - 1] = r->nodes[i].a; }
  for (k = 0; k <= parts; k++) {
    if (n.kind == N_CAT) { emit(r, part[k]); continue; }
    int split = k < parts ? put(r, (instruction){ I_SPLIT, 0, 0, 0 }) : NONE;
    emit(r, part[k]);
    if (split == NONE) break;
    jump[k] = put(r, (instruction){ I_JUMP, 0, 0, 0 });
    split_to(r, split, false, split + 1, r->code_count);
  }
  if (n.kind == N_ALT) for (k = 0; k < parts; k++) r->code[jump[k]].x = r->code_count;
}

static bool in_class(const regex *r, uint32_t index, uint32_t c) {
  const class *k = (const class *)(const void *)r->classes.p + index;
  bool hit = false;
  uint32_t other = c;
  if (r->fold) {                                   /* the one other spelling that folds to the same */
    other = fold_case(c);
    if (other == c)
      for (uint32_t d = 32; d <= 80; d += 48) if (c > d && fold_case(c - d) == c) { other = c - d; break; }
  }
  for (uint32_t i = 0; i < k->count && !hit; i++)
    hit = (c >= k->at[i].low && c <= k->at[i].high) || (other >= k->at[i].low && other <= k->at[i].high);
  return hit != k->not;
}

static bool accepts(const regex *r, const instruction *i, uint32_t c) {
  switch (i->code) {
    case I_CHAR: return (r->fold ? fold_case(c) : c) == i->c;
    case I_ANY: return true;
    case I_CLASS: return in_class(r, i->c, c);
    default: return false;
  }
}

/* Which bytes can a match begin with? Assertions are taken as passed; a match of nothing switches the filter off. */
static void find_first(regex *r) {
  uint32_t generation = ++r->generation;
  int depth = 0;
  r->stack[depth++] = 0;
  while (depth) {
    int pc = r->stack[--depth];
    if (r->mark[0][pc] == generation) continue;
    r->mark[0][pc] = generation;
    const instruction *i = &r->code[pc];
    switch (i->code) {
      case I_MATCH: r->nullable = true; break;
      case I_JUMP: r->stack[depth++] = i->x; break;
      case I_SPLIT: r->stack[depth++] = i->x; r->stack[depth++] = i->y; break;
      case I_ASSERT: r->stack[depth++] = pc + 1; break;
      default:
        for (uint32_t c = 0; c < 128; c++) if (accepts(r, i, c)) r->first[c] = true;
        for (uint32_t c = 128; c < 256; c++) r->first[c] = true;
    }
  }
}

regex *regex_compile(str pattern, bool literal, bool ignore_case) {
  regex *r = arena(sizeof *r);
  r->start = r->p = pattern.p;
  r->end = pattern.p + pattern.n;
  r->fold = ignore_case;
  if (literal) {
    while (r->p < r->end) {
      uint32_t size, c = utf8_next(r->p, r->end, &size);
      put(r, (instruction){ I_CHAR, ignore_case ? fold_case(c) : c, 0, 0 });
      r->p += size;
    }
  } else {
    int root = parse_alternatives(r, 0);
    if (r->p < r->end) bad(r, "')' without '('");
    emit(r, root);
  }
  put(r, (instruction){ I_MATCH, 0, 0, 0 });
  find_first(r);
  return r;
}

static bool is_word(uint32_t c) { return c == '_' || c - '0' < 10 || (c | 32) - 'a' < 26; }

static bool holds(uint32_t what, const char *line, const char *p, const char *end) {
  if (what == '^') return p == line;
  if (what == '$') return p == end;
  bool left = p > line && is_word((unsigned char)p[-1]), right = p < end && is_word((unsigned char)*p);
  return (left != right) == (what == 'b');
}

/* Follows everything that needs no character, in order of preference, into the list. */
static void follow(regex *r, int which, int *count, int pc, const char *from, const char *line, const char *p, const char *end) {
  int depth = 0;
  r->stack[depth++] = pc;
  while (depth) {
    pc = r->stack[--depth];
    if (r->mark[which][pc] == r->generation) continue;
    r->mark[which][pc] = r->generation;
    const instruction *i = &r->code[pc];
    switch (i->code) {
      case I_JUMP: r->stack[depth++] = i->x; break;
      case I_SPLIT: r->stack[depth++] = i->y; r->stack[depth++] = i->x; break;
      case I_ASSERT: if (holds(i->c, line, p, end)) r->stack[depth++] = pc + 1; break;
      default: r->list[which][(*count)++] = (struct thread){ pc, from }; break;
    }
  }
}

bool regex_find(regex *r, const char *line, const char *end, const char **from, const char **to) {
  int now = 0, count = 0;
  bool found = false;
  r->generation++;
  for (const char *p = line;;) {
    if (!found) {
      if (count == 0 && !r->nullable) {
        const char *at = p;
        while (p < end && !r->first[(unsigned char)*p]) p++;
        if (p == end) return false;
        if (p != at) r->generation++;              /* what was ruled out, was ruled out at another place */
      }
      follow(r, now, &count, 0, p, line, p, end);
    }
    if (count == 0 && (found || p >= end)) return found;
    uint32_t size = 1, c = p < end ? utf8_next(p, end, &size) : 0;
    int next = 1 - now, next_count = 0;
    r->generation++;
    for (int t = 0; t < count; t++) {
      struct thread thread = r->list[now][t];
      const instruction *i = &r->code[thread.pc];
      if (i->code == I_MATCH) {                    /* threads behind this one are less preferred */
        *from = thread.from;
        *to = p;
        found = true;
        break;
      }
      if (p < end && accepts(r, i, c)) follow(r, next, &next_count, thread.pc + 1, thread.from, line, p + size, end);
    }
    if (p >= end) return found;
    p += size;
    now = next;
    count = next_count;
  }
}
