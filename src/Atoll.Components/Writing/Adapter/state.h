// What the adapter keeps from call to call, and where.
#pragma once
#include "wasi02.h"

enum { Page = 65536, StackBytes = 32768, FirstPages = 2, FirstFiles = 256, NameBytes = 256, WriteBytes = 4096 };
enum { // errors
  Ok = 0, Badf = 8, Inval = 28, Io = 29, Isdir = 31, Nametoolong = 37, Nomem = 48, Notdir = 54,
  Notsock = 57, Notsup = 58, Pipe = 64, Spipe = 70, Notcapable = 76
};
enum { TypeUnknown = 0, TypeCharacter = 2, TypeDirectory = 3, TypeRegular = 4, TypeSymlink = 7 };
enum { FlagAppend = 1, FlagDsync = 2, FlagNonblock = 4, FlagRsync = 8, FlagSync = 16 };
enum { OpenCreate = 1, OpenDirectory = 2, OpenTruncate = 8 };
enum { NodeRead = 1, NodeWrite = 2, NodeSync = 4, NodeDataSync = 8, NodeRequestedSync = 16 };
enum {
  RightDatasync = 1, RightRead = 2, RightSeek = 4, RightSetFlags = 8, RightSync = 16, RightTell = 32, RightWrite = 64, RightAdvise = 128,
  RightAllocate = 256, RightCreateFile = 1 << 10, RightReaddir = 1 << 14, RightTruncate = 1 << 19, RightStat = 1 << 21, RightSetSize = 1 << 22, RightSetTimes = 1 << 23,
  RightPoll = 1 << 27, AllRights = (1 << 30) - 1,
  FileRights = RightDatasync | RightRead | RightSeek | RightSetFlags | RightSync | RightTell | RightWrite | RightAdvise | RightAllocate | RightStat
    | RightSetSize | RightSetTimes | RightPoll,
  DirectoryRights = AllRights & ~(RightSeek | RightTell | RightRead | RightWrite | RightSetSize | RightAllocate)
};
typedef enum { Closed, Input, Output, Node } kind;

typedef struct {
  u8 kind, type, flags, number; // number: which of the three standard streams
  bool has_stream;              // a standard stream that was opened, or the entries of a directory
  handle node, stream;
  u64 offset, cookie;           // cookie: of the entry that the stream gives next
  u64 rights, inheriting;
  bytes preopen;
} file;

typedef struct {
  bool is_ready;
  file *files;
  u32 capacity;
  u8 *room, *next, *end;   // for what comes back
  u8 *direct;              // where the next list of bytes goes, if it fits
  u32 direct_length;
  u32 pending_file;        // the entry that was read and did not fit: of which file, and what
  u64 pending_cookie;
  u32 pending_length;
  u8 pending_type, pending_name[NameBytes];
} state;

static inline u32 stack_pointer(void) {
  u32 value;
  __asm__ volatile(".globaltype __stack_pointer, i32\nglobal.get __stack_pointer\nlocal.set %0" : "=r"(value));
  return value;
}

// The stack lies at the start of the first page.
static inline state *self(void) { return (state *)((stack_pointer() - 1 & ~(u32)(Page - 1)) + StackBytes); }

static inline void copy(void *to, const void *from, u32 length) { __builtin_memcpy(to, from, length); }

typedef struct { u8 *data; u32 length; } vector; // of bytes that are read or written

// Adds pages to the program's memory. They are zero.
u8 *add_pages(u32 count);
// Room that stays until the next `begin`.
void *allocate(state *s, u32 align, u32 size);
// Forgets what came back from earlier calls.
state *begin(void);
errno_t error(u8 code);
u8 file_type(u8 type);
// A free file descriptor; its file is empty.
u32 new_file(state *s);
// Sees to it that the files are open that the program starts with.
state *files(void);
file *find(u32 fd);
errno_t find_node(u32 fd, file **found);
errno_t find_directory(u32 fd, file **found);
void close_stream(file *f);
handle standard_stream(file *f);

static inline errno_t none(result_none *result) { return result->is_error ? error(result->code) : Ok; }

#define NODE(fd, f) file *f; errno_t f##_error = find_node(fd, &f); if (f##_error) return f##_error
#define DIRECTORY(fd, f) file *f; errno_t f##_error = find_directory(fd, &f); if (f##_error) return f##_error
