// WASI preview 1 on top of WASI 0.2: the core module that `component new --adapt` puts beside a program.
//
// It works in the program's memory, behind what the program has: pages that it adds when it starts hold its stack, its table of file descriptors and room for
// what comes back from calls. So it must have no data of its own, constant or not; the build sees to that. There is one thread.
#include "state.h"

u8 *add_pages(u32 count) {
  int page = __builtin_wasm_memory_grow(0, count);
  if (page < 0) __builtin_trap();
  return (u8 *)(page * Page);
}

EXPORT("_initialize") void initialize(void) {
  u8 *pages = add_pages(FirstPages);
  __asm__ volatile(".globaltype __stack_pointer, i32\nlocal.get %0\nglobal.set __stack_pointer" : : "r"(pages + StackBytes) : "memory");
  state *s = (state *)(pages + StackBytes);
  s->files = (file *)(s + 1); // fresh pages are zero
  s->capacity = FirstFiles;
  s->room = s->next = (u8 *)(s->files + FirstFiles);
  s->end = pages + FirstPages * Page;
}

void *allocate(state *s, u32 align, u32 size) {
  u8 *at = (u8 *)(((u32)s->next + align - 1) & -align);
  if (at > s->end || size > (u32)(s->end - at)) {
    u32 pages = 2 * (u32)(s->end - s->room) / Page + 1;
    u32 needed = size / Page + 1;
    if (pages < needed) pages = needed;
    at = s->room = add_pages(pages);
    s->end = at + pages * Page;
  }
  s->next = at + size;
  return at;
}

EXPORT("cabi_import_realloc") void *import_realloc(u8 *old, u32 old_size, u32 align, u32 size) {
  state *s = self();
  if (old_size && size <= old_size) return old;
  u8 *at = !old_size && align == 1 && s->direct && size <= s->direct_length ? s->direct : allocate(s, align, size);
  __builtin_memcpy(at, old, old_size);
  return at;
}

state *begin(void) {
  state *s = self();
  s->next = s->room;
  s->direct = 0;
  return s;
}

errno_t error(u8 code) {
  // Eight to a word, because a table would be data.
  u64 word = code < 8 ? 0x1413100a08070602ull // access would-block already bad-descriptor busy deadlock quota exist
    : code < 16 ? 0x201f1d1c1b1a1916ull // file-too-large illegal-byte-sequence in-progress interrupted invalid io is-directory loop
    : code < 24 ? 0x33302e2c2b252322ull // too-many-links message-size name-too-long no-device no-entry no-lock insufficient-memory insufficient-space
    : code < 32 ? 0x3f3d3c3b3a383736ull // not-directory not-empty not-recoverable unsupported no-tty no-such-device overflow not-permitted
    : 0x0000004b4a464540ull; // pipe read-only invalid-seek text-file-busy cross-device
  return word >> (code % 8 * 8) & 0xff;
}

u8 file_type(u8 type) { return type < 4 ? type : type == 5 ? TypeSymlink : type == 6 ? TypeRegular : TypeUnknown; }

// ---- File descriptors

u32 new_file(state *s) {
  u32 fd = 0;
  while (fd < s->capacity && s->files[fd].kind != Closed) fd++;
  if (fd == s->capacity) {
    u32 bytes = 2 * s->capacity * sizeof(file);
    file *larger = (file *)add_pages((bytes + Page - 1) / Page);
    copy(larger, s->files, s->capacity * sizeof(file));
    s->files = larger;
    s->capacity *= 2;
  }
  __builtin_memset(&s->files[fd], 0, sizeof(file));
  return fd;
}

static void open_preopens(state *s) {
  for (u32 fd = 0; fd < 3; fd++) {
    file *f = &s->files[fd];
    f->kind = fd ? Output : Input;
    f->type = TypeCharacter;
    f->number = fd;
    f->rights = RightPoll | RightStat | RightSetFlags | (fd ? RightWrite : RightRead);
  }
  bytes list;
  get_directories(&list);
  struct { handle node; bytes name; } *item = (void *)list.data;
  for (u32 i = 0; i < list.length; i++) {
    file *f = &s->files[new_file(s)];
    f->kind = Node;
    f->type = TypeDirectory;
    f->node = item[i].node;
    f->preopen = item[i].name;
    f->rights = DirectoryRights;
    f->inheriting = AllRights;
  }
  s->room = s->next; // the names stay
}

state *files(void) {
  state *s = begin();
  if (!s->is_ready) {
    s->is_ready = true;
    open_preopens(s);
  }
  return s;
}

file *find(u32 fd) {
  state *s = files();
  return fd < s->capacity && s->files[fd].kind != Closed ? &s->files[fd] : 0;
}

errno_t find_node(u32 fd, file **found) {
  *found = find(fd);
  return !*found ? Badf : (*found)->kind != Node ? Spipe : Ok;
}

errno_t find_directory(u32 fd, file **found) {
  *found = find(fd);
  return !*found ? Badf : (*found)->kind != Node || (*found)->type != TypeDirectory ? Notdir : Ok;
}

void close_stream(file *f) {
  if (f->kind == Node && f->has_stream) {
    drop_entries(f->stream);
    f->has_stream = false;
  }
}

handle standard_stream(file *f) {
  if (!f->has_stream) {
    f->has_stream = true;
    f->stream = f->number == 0 ? get_stdin() : f->number == 1 ? get_stdout() : get_stderr();
  }
  return f->stream;
}
