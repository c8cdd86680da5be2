/* fs.read: a file or a part of it, as text or base64. */
#include "atoll.h"

const char tool_name[] = "fs.read";
const bool tool_writes = false;

enum { MOST_DEFAULT = 256 << 10, MOST = 2 << 20, SCAN = 64 << 10 };
enum { AUTO, UTF8, BASE64 };
static const int64_t WHOLE = (1ll << 53) - 1;   /* what every JSON reader can hold */

typedef struct {
  str bytes;
  uint64_t offset;                                 /* of the first byte */
  bool eof, cut;                                   /* the end was reached; the limit cut what was asked for */
  int64_t first_line, last_line;                   /* 0 when not read by lines */
} part;

static uint32_t fill(int fd, char *to, uint32_t n, uint64_t offset, uint64_t size, str path) {
  uint32_t got = 0;
  while (got < n) {
    if (got && offset + got == size) break;        /* the known end: no call to see a zero */
    uint32_t more = read_at(fd, to + got, n - got, offset + got, path);
    if (more == 0) break;
    got += more;
  }
  return got;
}

static part read_bytes(int fd, const place *p, uint64_t size, int64_t offset, int64_t length, uint32_t most) {
  uint64_t rest = (uint64_t)offset < size ? size - (uint64_t)offset : 0;
  uint32_t want = (uint64_t)length < most ? (uint32_t)length : most;
  /* The size is a hint (0 under /proc, stale while a log grows); room for what it says, more only when more comes. */
  uint32_t room = size == 0 || rest > want ? want : (uint32_t)rest;
  char *to = arena(room + 1);
  uint32_t got = fill(fd, to, room, (uint64_t)offset, size, p->path);
  bool eof = (uint64_t)offset + got >= size && (size != 0 || got < room);
  return (part){ { to, got }, (uint64_t)offset, eof, !eof && length > most, 0, 0 };
}

/* Lines first..last (1-based). Reads in chunks; what lies before the first line is not kept. */
static part read_lines(int fd, const place *p, uint64_t size, int64_t first, int64_t last, uint32_t most) {
  static char chunk[SCAN];
  part result = { { 0 }, 0, false, false, first, first - 1 };
  buf kept = { 0 };
  int64_t line = 1;
  uint64_t at = 0;
  bool open = false;                               /* the current line has bytes */
  while (line <= last) {
    uint32_t got = read_at(fd, chunk, SCAN, at, p->path);
    if (got == 0) { result.eof = true; break; }
    const char *c = chunk, *end = chunk + got;
    while (c < end && line <= last) {
      const char *feed = memchr(c, '\n', (size_t)(end - c)), *next = feed ? feed + 1 : end;
      if (line >= first) {
        if (kept.n == 0) result.offset = at + (uint64_t)(c - chunk);
        uint32_t n = (uint32_t)(next - c);
        if (kept.n + n > most) {                   /* whole lines where there are some, else a piece of this one */
          result.cut = true;
          if (kept.n == 0 || (open && result.last_line < first)) { buf_put(&kept, c, most - kept.n); result.last_line = line; }
          else while (kept.n && kept.p[kept.n - 1] != '\n') kept.n--;
          result.bytes = (str){ kept.p, kept.n };
          return result;
        }
        buf_put(&kept, c, n);
        if (feed) result.last_line = line;
      }
      open = !feed;
      if (feed) line++;
      c = next;
    }
    at += (uint64_t)(c - chunk);
    if (at == size && c == end) { result.eof = true; break; }
  }
  if (open && line >= first && line <= last) result.last_line = line;
  result.bytes = (str){ kept.p, kept.n };
  if (kept.n == 0) result.offset = at;
  return result;
}

static bool as_text(part *r, int encoding, str path) {
  /* A range may begin or end inside a character: leave the pieces out, the offsets in the answer say so. */
  uint32_t skip = 0;
  while (r->offset && skip < 3 && skip < r->bytes.n && ((unsigned char)r->bytes.p[skip] & 0xc0) == 0x80) skip++;
  str text = { r->bytes.p + skip, r->bytes.n - skip };
  bool cut;
  uint32_t good = utf8_prefix(text.p, text.n, &cut);
  bool fine = good == text.n || (cut && !r->eof && good > 0);
  if (encoding == AUTO && (!fine || (text.n == 0 && skip) || memchr(text.p, 0, good))) return false;
  if (!fine || (text.n == 0 && skip))
    fail(INVALID_INPUT, "%v is no UTF-8 text at byte %D (or the range is shorter than one character). Read it with encoding base64.",
         path, (int64_t)(r->offset + skip + good));
  r->offset += skip;
  r->bytes = (str){ text.p, good };
  return true;
}

void tool(void) {
  const json *in = frame.input;
  IN_ONLY(in, S("input"), S("path"), S("encoding"), S("offset"), S("length"), S("start_line"), S("end_line"), S("max_bytes"));
  int encoding = IN_CHOICE(in, S("encoding"), AUTO, S("auto"), S("utf8"), S("base64"));
  int64_t offset = in_integer(in, S("offset"), 0, 0, WHOLE), length = in_integer(in, S("length"), WHOLE, 1, WHOLE);
  int64_t first = in_integer(in, S("start_line"), 1, 1, WHOLE), last = in_integer(in, S("end_line"), WHOLE, 1, WHOLE);
  uint32_t most = (uint32_t)in_integer(in, S("max_bytes"), MOST_DEFAULT, 1, MOST);
  bool by_bytes = json_member(in, S("offset")) || json_member(in, S("length"));
  bool by_lines = json_member(in, S("start_line")) || json_member(in, S("end_line"));
  if (by_bytes && by_lines) fail(INVALID_INPUT, "Give either offset/length (bytes) or start_line/end_line, not both.");
  if (last < first) fail(INVALID_INPUT, "end_line is before start_line.");
  place p = resolve(in_string(in, S("path"), true, S("")), "read");
  __wasi_filestat_t stat;
  int fd = open_file(&p, &stat);
  part r = by_lines ? read_lines(fd, &p, stat.size, first, last, most) : read_bytes(fd, &p, stat.size, offset, length, most);
  bool text = encoding != BASE64 && as_text(&r, encoding, p.path);
  uint32_t given = r.bytes.n;
  w_kstr(S("path"), p.path);
  w_kstr(S("encoding"), text ? S("utf8") : S("base64"));
  w_key(S("content"));
  if (text) {
    given = w_text_limited(r.bytes, PAYLOAD_MAX);  /* control characters take six bytes each in JSON */
  } else {
    buf_room(&out, r.bytes.n / 3 * 4 + 16);
    w_open('"');
    out.n += base64_encode(out.p + out.n, r.bytes.p, r.bytes.n);
    w_close('"');
  }
  if (given < r.bytes.n) { r.cut = true; r.eof = false; }
  uint64_t end = r.offset + given;
  w_kint(S("size"), (int64_t)(given == 0 || stat.size > end ? stat.size : end));
  w_kint(S("offset"), (int64_t)r.offset);
  w_kint(S("bytes"), given);
  w_kbool(S("truncated"), r.cut);
  w_kbool(S("eof"), r.eof);
  if (!r.eof) w_kint(S("next_offset"), (int64_t)end);
  if (by_lines) {
    w_kint(S("start_line"), r.first_line);
    w_kint(S("end_line"), r.last_line);
  }
}
