/* What every file tool shares: memory, text, JSON, the call frame, paths and the result.
 *
 * A tool is a WASI preview 1 program that runs once in a fresh instance and then disappears. So memory is a bump arena
 * that is never freed, an error ends the program on the spot, and nothing of libc that needs start-up work is used:
 * the time to the first useful instruction is part of every call. */
#ifndef ATOLL_H
#define ATOLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wasi/api.h>   /* wasi-libc: types and imports of preview 1, nothing that starts up */

enum {
  REQUEST_MAX = 24 << 20,   /* bytes of standard input: base64 of 16 MiB and its frame */
  CONTENT_MAX = 16 << 20,   /* bytes a file may be written with */
  EDIT_MAX = 8 << 20,       /* bytes of a file that is edited or compared */
  OUTPUT_MAX = 4 << 20,     /* bytes of standard output, frame included */
  PAYLOAD_MAX = 3 << 20,    /* bytes a tool may fill with data; the rest is for the frame */
  CONTEXT_MAX = 64 << 10,   /* bytes of the context frame */
  DIFF_MAX = 64 << 10,      /* bytes of a diff before it is cut */
  JSON_DEPTH_MAX = 32,
  JSON_NODES_MAX = 65536,
  JSON_MEMBERS_MAX = 256,
  PATH_MAX_BYTES = 4096,
  WALK_DEPTH_MAX = 64,
  WALK_ENTRIES_MAX = 200000,
};

typedef struct { const char *p; uint32_t n; } str;
#define S(literal) ((str){ "" literal, sizeof(literal) - 1 })
static inline bool str_eq(str a, str b) { return a.n == b.n && memcmp(a.p, b.p, a.n) == 0; }

/* ---- memory ---- */
void *arena(uint32_t bytes);                       /* 8-aligned and zero, because nothing is ever given back */
typedef struct { char *p; uint32_t n, cap; } buf;
void buf_room(buf *b, uint32_t more);
void buf_put(buf *b, const void *p, uint32_t n);
static inline void buf_char(buf *b, char c) { if (b->n == b->cap) buf_room(b, 1); b->p[b->n++] = c; }
static inline void buf_str(buf *b, str s) { buf_put(b, s.p, s.n); }
void buf_int(buf *b, int64_t value);
/* %s C string, %v str by value, %d int, %D int64_t; nothing else. */
void buf_format(buf *b, const char *format, ...);
str format(const char *format, ...);

/* ---- text ---- */
/* Length of the valid UTF-8 prefix; *cut says that only the end of a character is missing after it. */
uint32_t utf8_prefix(const char *p, uint32_t n, bool *cut);
static inline bool utf8_valid(const char *p, uint32_t n) { bool cut; return utf8_prefix(p, n, &cut) == n; }
/* Next code point; *size is 1 and the result U+FFFD where the bytes are no UTF-8. */
uint32_t utf8_next(const char *p, const char *end, uint32_t *size);
uint32_t fold_case(uint32_t c);                    /* simple lower case: ASCII, Latin-1, Greek, Cyrillic */
uint32_t base64_encode(char *to, const char *p, uint32_t n);
bool base64_decode(buf *to, str from);

/* ---- JSON in ---- */
typedef enum { J_NULL, J_FALSE, J_TRUE, J_NUMBER, J_STRING, J_ARRAY, J_OBJECT } json_type;
typedef struct json {
  json_type type;
  uint32_t count;                                  /* members or elements */
  str key, text, raw;                              /* member name; decoded string; source text */
  struct json *child, *next;
} json;
/* NULL on failure, with *why and *at (byte offset) set. */
json *json_parse(str text, const char **why, uint32_t *at);
json *json_member(const json *object, str key);
bool json_integer(const json *value, int64_t *out);

/* ---- JSON out: the answer is built in one buffer and written with one fd_write ---- */
extern buf out;
void w_follow(void);                               /* what comes next needs a comma */
void w_open(char bracket);                         /* { or [ */
void w_close(char bracket);
void w_key(str key);
void w_string(str text);                           /* bytes that are no UTF-8 become U+FFFD */
uint32_t w_text_limited(str text, uint32_t limit); /* valid UTF-8 only; how many bytes fitted into limit bytes of JSON */
void w_int(int64_t value);
void w_bool(bool value);
void w_raw(str text);
static inline void w_kstr(str key, str text) { w_key(key); w_string(text); }
static inline void w_kint(str key, int64_t value) { w_key(key); w_int(value); }
static inline void w_kbool(str key, bool value) { w_key(key); w_bool(value); }
void w_time(str key, uint64_t nanoseconds);        /* RFC 3339, UTC, milliseconds */
static inline bool out_full(void) { return out.n > PAYLOAD_MAX; }

/* ---- the call ---- */
typedef struct {
  json *input, *context;
  str workspace;
  bool read_only, dry_run;                         /* what the frame asks for; dry_run may be set by the input too */
  bool dry_run_narrowed;                           /* the input asked for a dry run that the frame did not */
} call_frame;
extern call_frame frame;
extern const char tool_name[];                     /* each tool defines these three */
extern const bool tool_writes;
void tool(void);                                   /* fills out with the members of "data" */

#define INVALID_INPUT "invalid_input"
#define NOT_FOUND "not_found"
#define DENIED "denied"
#define EXISTS "exists"
#define NOT_A_FILE "not_a_file"
#define NOT_A_DIRECTORY "not_a_directory"
#define TOO_LARGE "too_large"
#define NO_MATCH "no_match"
#define AMBIGUOUS_MATCH "ambiguous_match"
#define READ_ONLY "read_only"
#define IO_ERROR "io_error"
_Noreturn void fail(const char *code, const char *message, ...);
/* verb: what was tried, as in "read"; a refusal names the capability that is missing. */
_Noreturn void fail_errno(__wasi_errno_t error, const char *verb, str path);

/* ---- input members; each fails the call with invalid_input ---- */
void in_only(const json *object, str where, const str *names, uint32_t count);
#define IN_ONLY(object, where, ...) \
  in_only(object, where, (const str[]){ __VA_ARGS__ }, sizeof((const str[]){ __VA_ARGS__ }) / sizeof(str))
str in_string(const json *object, str name, bool required, str fallback);
int64_t in_integer(const json *object, str name, int64_t fallback, int64_t low, int64_t high);
bool in_bool(const json *object, str name, bool fallback);
int in_choice(const json *object, str name, const str *choices, int count, int fallback);
#define IN_CHOICE(object, name, fallback, ...) \
  in_choice(object, name, (const str[]){ __VA_ARGS__ }, sizeof((const str[]){ __VA_ARGS__ }) / sizeof(str), fallback)
const json *in_array(const json *object, str name, uint32_t most);
void apply_dry_run(void);                          /* reads input.dry_run and narrows the frame */

/* ---- paths ---- */
typedef struct {
  int fd;                                          /* preopened folder */
  const char *rel;                                 /* below it, NUL terminated, "." for the folder itself */
  str path;                                        /* absolute guest path */
} place;
place resolve(str path, const char *verb);
/* The folder that holds the place, opened, and the last name: a rename next to the target cannot be led elsewhere. */
typedef struct { int fd; const char *name; } parent_of;
parent_of open_parent(const place *p, bool writable, const char *verb);
uint32_t make_parents(const place *p);             /* creates missing folders; how many */

/* ---- files ---- */
#define READ_RIGHTS (__WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL | __WASI_RIGHTS_FD_FILESTAT_GET)
#define WALK_RIGHTS (__WASI_RIGHTS_FD_READDIR | __WASI_RIGHTS_PATH_OPEN | __WASI_RIGHTS_PATH_FILESTAT_GET | \
                     __WASI_RIGHTS_FD_FILESTAT_GET | __WASI_RIGHTS_PATH_READLINK)
int open_file(const place *p, __wasi_filestat_t *stat);            /* a regular file for reading, or the call fails */
uint32_t read_at(int fd, char *to, uint32_t n, uint64_t offset, str path);
/* Whole file; false when there is none. Larger than limit fails the call with too_large. */
bool read_whole(const place *p, buf *to, uint32_t limit);
typedef struct { bool atomic; } write_result;
write_result replace_file(const place *p, str content, bool in_place);
void create_file(const place *p, str content);
void append_file(const place *p, str content);
void write_all(int fd, str content, str path);

typedef struct { str name; uint8_t type; } dir_entry;
typedef struct { dir_entry *at; uint32_t count; bool cut; } dir_list;
/* Of something that was only read: there is nothing left to lose when it fails. */
static inline void close_file(int fd) { if (__wasi_fd_close(fd) != 0) return; }
int open_dir(int fd, const char *rel, bool follow, __wasi_errno_t *error);
dir_list read_dir(int fd, str path, uint32_t most);                /* sorted by name, bytewise */
str type_name(uint8_t filetype);

/* ---- matching ---- */
typedef struct glob glob;
glob *glob_compile(str pattern, bool ignore_case, str where);      /* fails the call on a bad pattern */
bool glob_match(const glob *g, str relative_path);
typedef struct regex regex;
regex *regex_compile(str pattern, bool literal, bool ignore_case);
bool regex_find(regex *r, const char *line, const char *end, const char **from, const char **to);

/* ---- diff ---- */
/* Writes "diff", "diff_truncated" and, where there can be none, "diff_omitted" into the answer. */
void w_diff(str path, str before, str after, bool created);

#endif
