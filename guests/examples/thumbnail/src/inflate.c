// zlib's format (RFC 1950) around deflate (RFC 1951). Every read and write is held to the lengths of the buffers.
#include "inflate.h"

enum { MAX_CODE_BITS = 15, MAX_LITERALS = 288, MAX_DISTANCES = 30 };

typedef struct {
  const uint8_t *in;
  size_t in_len, in_pos;
  uint32_t bits;
  unsigned bit_count;
  bool ended; // more bits were asked for than there are
  uint8_t *out;
  size_t out_len, out_pos;
} stream_t;

// A canonical Huffman code: how many codes there are of each length, and the symbols in the order of their codes.
typedef struct {
  uint16_t count[MAX_CODE_BITS + 1];
  uint16_t symbols[MAX_LITERALS];
} code_t;

static const uint16_t length_base[] = {3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
static const uint8_t length_extra[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};

static uint32_t take(stream_t *s, unsigned count) {
  while (s->bit_count < count) {
    if (s->in_pos == s->in_len) {
      s->ended = true;
      return 0;
    }
    s->bits |= (uint32_t)s->in[s->in_pos++] << s->bit_count;
    s->bit_count += 8;
  }
  uint32_t value = s->bits & ((1u << count) - 1);
  s->bits >>= count;
  s->bit_count -= count;
  return value;
}

// Section 3.2.2. A code that has more words than fit is refused; one with fewer is not, but words that stand for nothing are.
static bool make_code(code_t *code, const uint8_t *lengths, unsigned symbols) {
  uint16_t next[MAX_CODE_BITS + 2] = {0};
  for (unsigned i = 0; i <= MAX_CODE_BITS; i++) code->count[i] = 0;
  for (unsigned i = 0; i < symbols; i++) code->count[lengths[i]]++;
  code->count[0] = 0;
  int room = 1;
  for (unsigned bits = 1; bits <= MAX_CODE_BITS; bits++) {
    room = room * 2 - code->count[bits];
    if (room < 0) return false;
    next[bits + 1] = (uint16_t)(next[bits] + code->count[bits]);
  }
  for (unsigned i = 0; i < symbols; i++) {
    if (lengths[i]) code->symbols[next[lengths[i]]++] = (uint16_t)i;
  }
  return true;
}

// The next symbol, or -1.
static int read_symbol(stream_t *s, const code_t *code) {
  int word = 0, first = 0, index = 0;
  for (unsigned bits = 1; bits <= MAX_CODE_BITS; bits++) {
    word |= (int)take(s, 1);
    if (s->ended) return -1;
    int count = code->count[bits];
    if (word - first < count) return code->symbols[index + word - first];
    index += count;
    first = (first + count) << 1;
    word <<= 1;
  }
  return -1;
}

static const char *copy_stored(stream_t *s) {
  s->bits = s->bit_count = 0;
  if (s->in_len - s->in_pos < 4) return "the compressed data ends early";
  const uint8_t *head = s->in + s->in_pos;
  size_t length = head[0] | head[1] << 8;
  if ((length ^ 0xffff) != (size_t)(head[2] | head[3] << 8)) return "a stored block contradicts itself";
  s->in_pos += 4;
  if (length > s->in_len - s->in_pos) return "the compressed data ends early";
  if (length > s->out_len - s->out_pos) return "there is more data than the header says";
  __builtin_memcpy(s->out + s->out_pos, s->in + s->in_pos, length);
  s->in_pos += length;
  s->out_pos += length;
  return NULL;
}

static const char *copy_match(stream_t *s, int symbol, const code_t *distances) {
  if (symbol > 28) return "a length does not exist";
  size_t length = length_base[symbol] + take(s, length_extra[symbol]);
  int kind = read_symbol(s, distances);
  if (kind < 0 || kind >= MAX_DISTANCES) return "a distance does not exist";
  unsigned extra = kind < 2 ? 0 : (unsigned)kind / 2 - 1;
  size_t distance = (kind < 2 ? (size_t)kind : (size_t)(2 + kind % 2) << extra) + 1 + take(s, extra);
  if (s->ended) return "the compressed data ends early";
  if (distance > s->out_pos) return "a distance leads before the beginning";
  if (length > s->out_len - s->out_pos) return "there is more data than the header says";
  // Source and target may overlap: then the bytes repeat.
  for (size_t i = 0; i < length; i++, s->out_pos++) s->out[s->out_pos] = s->out[s->out_pos - distance];
  return NULL;
}

static const char *read_block(stream_t *s, const code_t *literals, const code_t *distances) {
  for (;;) {
    int symbol = read_symbol(s, literals);
    if (symbol < 0) return s->ended ? "the compressed data ends early" : "a code word stands for nothing";
    if (symbol == 256) return NULL;
    if (symbol > 256) {
      const char *problem = copy_match(s, symbol - 257, distances);
      if (problem) return problem;
    } else if (s->out_pos == s->out_len) {
      return "there is more data than the header says";
    } else {
      s->out[s->out_pos++] = (uint8_t)symbol;
    }
  }
}

// Section 3.2.6.
static void fixed_codes(code_t *literals, code_t *distances) {
  uint8_t lengths[MAX_LITERALS];
  for (unsigned i = 0; i < MAX_LITERALS; i++) lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
  make_code(literals, lengths, MAX_LITERALS);
  for (unsigned i = 0; i < MAX_DISTANCES; i++) lengths[i] = 5;
  make_code(distances, lengths, MAX_DISTANCES);
}

// Section 3.2.7.
static const char *read_codes(stream_t *s, code_t *literals, code_t *distances) {
  static const uint8_t order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
  unsigned literal_count = take(s, 5) + 257, distance_count = take(s, 5) + 1, length_count = take(s, 4) + 4;
  if (literal_count > 286 || distance_count > MAX_DISTANCES) return "a block has too many codes";
  uint8_t lengths[286 + MAX_DISTANCES] = {0};
  for (unsigned i = 0; i < length_count; i++) lengths[order[i]] = (uint8_t)take(s, 3);
  if (!make_code(literals, lengths, 19)) return "a code is impossible";
  __builtin_memset(lengths, 0, sizeof lengths);
  for (unsigned i = 0, end = literal_count + distance_count; i < end;) {
    int symbol = read_symbol(s, literals);
    if (symbol < 0 || (symbol == 16 && i == 0)) return "the lengths of the codes are damaged";
    if (symbol < 16) {
      lengths[i++] = (uint8_t)symbol;
      continue;
    }
    unsigned repeat = symbol == 16 ? 3 + take(s, 2) : symbol == 17 ? 3 + take(s, 3) : 11 + take(s, 7);
    uint8_t value = symbol == 16 ? lengths[i - 1] : 0;
    if (repeat > end - i) return "the lengths of the codes are damaged";
    while (repeat--) lengths[i++] = value;
  }
  if (lengths[256] == 0) return "a block has no end";
  return make_code(literals, lengths, literal_count) && make_code(distances, lengths + literal_count, distance_count) ? NULL : "a code is impossible";
}

uint32_t adler32(const uint8_t *data, size_t len) {
  uint32_t a = 1, b = 0;
  while (len > 0) {
    // So many that b cannot overflow before the remainder is taken.
    size_t part = len < 5552 ? len : 5552;
    len -= part;
    while (part--) {
      a += *data++;
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return b << 16 | a;
}

const char *inflate_zlib(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len) {
  if (in_len < 6 || (in[0] & 15) != 8 || in[0] >> 4 > 7 || (in[0] << 8 | in[1]) % 31 != 0 || in[1] & 0x20) {
    return "the compressed data does not begin as zlib's do";
  }
  const uint8_t *sum = in + in_len - 4;
  stream_t s = {.in = in, .in_len = in_len - 4, .in_pos = 2, .out = out, .out_len = out_len};
  code_t literals, distances;
  bool is_last;
  do {
    is_last = take(&s, 1);
    const char *problem = NULL;
    switch (take(&s, 2)) {
      case 0: problem = copy_stored(&s); break;
      case 1: fixed_codes(&literals, &distances); problem = read_block(&s, &literals, &distances); break;
      case 2:
        problem = read_codes(&s, &literals, &distances);
        if (!problem) problem = read_block(&s, &literals, &distances);
        break;
      default: problem = "a block is of no known kind";
    }
    if (s.ended) return "the compressed data ends early";
    if (problem) return problem;
  } while (!is_last);
  if (s.out_pos != out_len) return "there is less data than the header says";
  uint32_t expected = (uint32_t)sum[0] << 24 | (uint32_t)sum[1] << 16 | (uint32_t)sum[2] << 8 | sum[3];
  return adler32(out, out_len) == expected ? NULL : "the checksum of the data is wrong";
}
