/* Unified diff of two texts: E. W. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), the greedy form,
 * after the common head and tail are taken off. Beyond EDITS_MAX differences the middle counts as replaced as a whole:
 * still a correct diff, only not the shortest, and both time and memory stay bounded. */
#include "atoll.h"

enum { EDITS_MAX = 800, STEPS_MAX = 40000000, CONTEXT_LINES = 3, LINES_MAX = 400000 };

typedef struct { const char *p; uint32_t n, hash; } line;
typedef struct { line *at; int count; } lines;

static lines split(str text) {
  lines result = { 0 };
  uint32_t count = 0;
  for (const char *p = text.p, *end = p + text.n; p < end; count++) {
    const char *feed = memchr(p, '\n', (size_t)(end - p));
    p = feed ? feed + 1 : end;
  }
  if (count > LINES_MAX) { result.count = -1; return result; }
  result.at = arena(count * (uint32_t)sizeof(line));
  for (const char *p = text.p, *end = p + text.n; p < end;) {
    const char *feed = memchr(p, '\n', (size_t)(end - p)), *next = feed ? feed + 1 : end;
    uint32_t hash = 2166136261u;
    for (const char *c = p; c < next; c++) hash = (hash ^ (unsigned char)*c) * 16777619u;
    result.at[result.count++] = (line){ p, (uint32_t)(next - p), hash };
    p = next;
  }
  return result;
}

static bool same(const line *a, const line *b) {
  return a->hash == b->hash && a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
}

/* Marks what is deleted in a and inserted in b. */
static void compare(const line *a, int n, const line *b, int m, bool *gone, bool *come) {
  int most = n + m < EDITS_MAX ? n + m : EDITS_MAX;
  if ((int64_t)most * (n + m) > STEPS_MAX) most = (int)(STEPS_MAX / (n + m));
  int32_t *v = arena((uint32_t)(2 * most + 3) * 4), **trace = arena((uint32_t)(most + 1) * sizeof *trace);
  v += most + 1;
  v[1] = 0;
  for (int d = 0; d <= most; d++) {
    trace[d] = arena((uint32_t)(2 * d + 1) * 4);
    for (int k = -d; k <= d; k += 2) {
      int x = k == -d || (k != d && v[k - 1] < v[k + 1]) ? v[k + 1] : v[k - 1] + 1, y = x - k;
      while (x < n && y < m && same(&a[x], &b[y])) { x++; y++; }
      v[k] = x;
      if (x < n || y < m) continue;
      for (; d > 0; d--) {                         /* walk back along the stored frontiers */
        int32_t *w = trace[d - 1] + (d - 1);
        bool down = k == -d || (k != d && w[k - 1] < w[k + 1]);
        int from = down ? w[k + 1] : w[k - 1];
        if (down) come[from - (k + 1)] = true; else gone[from] = true;
        k += down ? 1 : -1;
      }
      return;
    }
    memcpy(trace[d], v - d, (uint32_t)(2 * d + 1) * 4);
  }
  memset(gone, 1, (size_t)n);
  memset(come, 1, (size_t)m);
}

static bool w_line(buf *to, char mark, const line *l) {
  if (to->n + l->n > DIFF_MAX) return false;
  buf_char(to, mark);
  buf_put(to, l->p, l->n);
  if (l->p[l->n - 1] != '\n') buf_str(to, S("\n\\ No newline at end of file\n"));
  return true;
}

static void range(buf *to, int start, int count) {
  buf_format(to, count == 1 ? "%d" : "%d,%d", count == 0 ? start : start + 1, count);
}

static bool hunks(buf *to, lines a, lines b, const bool *gone, const bool *come) {
  int i = 0, j = 0;
  for (;;) {
    while (i < a.count && j < b.count && !gone[i] && !come[j]) { i++; j++; }
    if (i == a.count && j == b.count) return true;
    int lead = i < CONTEXT_LINES ? i : CONTEXT_LINES, x = i, y = j, calm = 0;
    while (x < a.count || y < b.count) {           /* to the end of the hunk: more than two contexts without a change */
      if (x < a.count && gone[x]) { x++; calm = 0; }
      else if (y < b.count && come[y]) { y++; calm = 0; }
      else if (++calm > 2 * CONTEXT_LINES) break;
      else { x++; y++; }
    }
    if (calm > CONTEXT_LINES) {
      int back = (calm > 2 * CONTEXT_LINES ? 2 * CONTEXT_LINES : calm) - CONTEXT_LINES;
      x -= back;
      y -= back;
    }
    i -= lead;
    j -= lead;
    buf_str(to, S("@@ -"));
    range(to, i, x - i);
    buf_str(to, S(" +"));
    range(to, j, y - j);
    buf_str(to, S(" @@\n"));
    while (i < x || j < y) {
      if (i < x && gone[i]) { if (!w_line(to, '-', &a.at[i++])) return false; }
      else if (j < y && come[j]) { if (!w_line(to, '+', &b.at[j++])) return false; }
      else { if (!w_line(to, ' ', &a.at[i++])) return false; j++; }
    }
  }
}

void w_diff(str path, str before, str after, bool created) {
  const char *why = NULL;
  if (!utf8_valid(before.p, before.n) || !utf8_valid(after.p, after.n) ||
      (before.n && memchr(before.p, 0, before.n)) || (after.n && memchr(after.p, 0, after.n))) why = "binary";
  lines a = { 0 }, b = { 0 };
  if (!why) {
    a = split(before);
    b = split(after);
    if (a.count < 0 || b.count < 0) why = "too many lines";
  }
  if (why) {
    w_kstr(S("diff"), S(""));
    w_kbool(S("diff_truncated"), false);
    w_kstr(S("diff_omitted"), (str){ why, (uint32_t)strlen(why) });
    return;
  }
  bool *gone = arena((uint32_t)a.count + 1), *come = arena((uint32_t)b.count + 1);
  int head = 0, tail = 0, least = a.count < b.count ? a.count : b.count;
  while (head < least && same(&a.at[head], &b.at[head])) head++;
  while (tail < least - head && same(&a.at[a.count - 1 - tail], &b.at[b.count - 1 - tail])) tail++;
  compare(a.at + head, a.count - head - tail, b.at + head, b.count - head - tail, gone + head, come + head);
  buf text = { 0 };
  bool whole = true;
  if (!str_eq(before, after)) {
    if (created) buf_str(&text, S("--- /dev/null\n")); else buf_format(&text, "--- %v\n", path);
    buf_format(&text, "+++ %v\n", path);
    whole = hunks(&text, a, b, gone, come);
  }
  w_kstr(S("diff"), (str){ text.p, text.n });
  w_kbool(S("diff_truncated"), !whole);
}
