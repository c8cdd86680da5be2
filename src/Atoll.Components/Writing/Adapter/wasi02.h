// WASI 0.2 as the canonical ABI lowers it, and the memory that the adapter works in.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;
typedef u32 handle; // of a resource
typedef u32 errno_t; // of preview 1

#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name))) extern
#define FS "wasi:filesystem/types@0.2.12"
#define IO "wasi:io/streams@0.2.12"
#define MONOTONIC "wasi:clocks/monotonic-clock@0.2.12"
#define WALL "wasi:clocks/wall-clock@0.2.12"

// Results lie in memory as the ABI's "Storing" says: a tag, then the payload at its alignment.
typedef struct { u8 is_error, code; } result_none; // also result<descriptor-flags> and result<descriptor-type>: the value is in code
typedef struct { u8 is_error; union { handle value; u8 code; }; } result_handle;
typedef struct { u8 is_error; union { u64 value; u8 code; }; } result_size;
typedef struct { u8 *data; u32 length; } bytes;
typedef struct { u8 is_error; union { struct { bytes data; u8 at_end; }; u8 code; }; } result_read;
typedef struct { u8 is_error; union { bytes text; u8 code; }; } result_text;
typedef struct { u64 seconds; u32 nanoseconds; } datetime;
typedef struct { u8 is_there; datetime value; } optional_time;
typedef struct { u8 type; u64 links, size; optional_time accessed, modified, changed; } node_stat;
typedef struct { u8 is_error; union { node_stat value; u8 code; }; } result_stat;
typedef struct { u8 is_error; union { struct { u64 lower, upper; }; u8 code; }; } result_hash;
typedef struct { u8 is_error; union { struct { u8 is_there, pad[3], type; bytes name; }; u8 code; }; } result_entry;
typedef struct { u8 is_error; union { bytes data; struct { u8 is_closed; handle error; }; }; } result_stream;
typedef struct { u32 kind; u64 seconds; u32 nanoseconds; } new_time; // 0 no change, 1 now, 2 the time that follows

IMPORT("__main_module__", "_start") void main_start(void);

IMPORT("wasi:cli/environment@0.2.12", "get-environment") void get_environment(bytes *list);
IMPORT("wasi:cli/environment@0.2.12", "get-arguments") void get_arguments(bytes *list);
IMPORT("wasi:cli/exit@0.2.12", "exit-with-code") void exit_with_code(u32 code);
IMPORT("wasi:cli/stdin@0.2.12", "get-stdin") handle get_stdin(void);
IMPORT("wasi:cli/stdout@0.2.12", "get-stdout") handle get_stdout(void);
IMPORT("wasi:cli/stderr@0.2.12", "get-stderr") handle get_stderr(void);
IMPORT("wasi:random/random@0.2.12", "get-random-bytes") void get_random_bytes(u64 length, bytes *list);
IMPORT(MONOTONIC, "now") u64 monotonic_now(void);
IMPORT(MONOTONIC, "resolution") u64 monotonic_resolution(void);
IMPORT(MONOTONIC, "subscribe-instant") handle subscribe_instant(u64 when);
IMPORT(MONOTONIC, "subscribe-duration") handle subscribe_duration(u64 duration);
IMPORT(WALL, "now") void wall_now(datetime *now);
IMPORT(WALL, "resolution") void wall_resolution(datetime *resolution);

IMPORT("wasi:io/poll@0.2.12", "poll") void poll(const handle *list, u32 count, bytes *ready);
IMPORT("wasi:io/poll@0.2.12", "[resource-drop]pollable") void drop_pollable(handle pollable);
IMPORT("wasi:io/error@0.2.12", "[resource-drop]error") void drop_error(handle error);
IMPORT(IO, "[method]input-stream.blocking-read") void input_read(handle stream, u64 length, result_stream *result);
IMPORT(IO, "[method]input-stream.subscribe") handle input_subscribe(handle stream);
IMPORT(IO, "[method]output-stream.blocking-write-and-flush") void output_write(handle stream, const u8 *data, u32 length, result_stream *result);
IMPORT(IO, "[method]output-stream.subscribe") handle output_subscribe(handle stream);

IMPORT("wasi:filesystem/preopens@0.2.12", "get-directories") void get_directories(bytes *list);
IMPORT(FS, "[resource-drop]descriptor") void drop_node(handle node);
IMPORT(FS, "[resource-drop]directory-entry-stream") void drop_entries(handle stream);
IMPORT(FS, "[method]descriptor.advise") void node_advise(handle node, u64 offset, u64 length, u32 advice, result_none *result);
IMPORT(FS, "[method]descriptor.sync-data") void node_sync_data(handle node, result_none *result);
IMPORT(FS, "[method]descriptor.sync") void node_sync(handle node, result_none *result);
IMPORT(FS, "[method]descriptor.get-flags") void node_flags(handle node, result_none *result);
IMPORT(FS, "[method]descriptor.get-type") void node_type(handle node, result_none *result);
IMPORT(FS, "[method]descriptor.set-size") void node_set_size(handle node, u64 size, result_none *result);
IMPORT(FS, "[method]descriptor.set-times") void node_set_times(handle node, u32 accessed, u64 a_seconds, u32 a_nanoseconds, u32 modified, u64 m_seconds, u32 m_nanoseconds, result_none *result);
IMPORT(FS, "[method]descriptor.read") void node_read(handle node, u64 length, u64 offset, result_read *result);
IMPORT(FS, "[method]descriptor.write") void node_write(handle node, const u8 *data, u32 length, u64 offset, result_size *result);
IMPORT(FS, "[method]descriptor.read-directory") void node_entries(handle node, result_handle *result);
IMPORT(FS, "[method]directory-entry-stream.read-directory-entry") void next_entry(handle stream, result_entry *result);
IMPORT(FS, "[method]descriptor.create-directory-at") void node_create_directory(handle node, const char *path, u32 length, result_none *result);
IMPORT(FS, "[method]descriptor.stat") void node_get_stat(handle node, result_stat *result);
IMPORT(FS, "[method]descriptor.stat-at") void node_stat_at(handle node, u32 flags, const char *path, u32 length, result_stat *result);
IMPORT(FS, "[method]descriptor.set-times-at") void node_set_times_at(handle node, u32 flags, const char *path, u32 length, u32 accessed, u64 a_seconds, u32 a_nanoseconds, u32 modified, u64 m_seconds, u32 m_nanoseconds, result_none *result);
IMPORT(FS, "[method]descriptor.link-at") void node_link(handle node, u32 flags, const char *path, u32 length, handle other, const char *to, u32 to_length, result_none *result);
IMPORT(FS, "[method]descriptor.open-at") void node_open(handle node, u32 path_flags, const char *path, u32 length, u32 open_flags, u32 flags, result_handle *result);
IMPORT(FS, "[method]descriptor.readlink-at") void node_readlink(handle node, const char *path, u32 length, result_text *result);
IMPORT(FS, "[method]descriptor.remove-directory-at") void node_remove_directory(handle node, const char *path, u32 length, result_none *result);
IMPORT(FS, "[method]descriptor.rename-at") void node_rename(handle node, const char *path, u32 length, handle other, const char *to, u32 to_length, result_none *result);
IMPORT(FS, "[method]descriptor.symlink-at") void node_symlink(handle node, const char *target, u32 target_length, const char *path, u32 length, result_none *result);
IMPORT(FS, "[method]descriptor.unlink-file-at") void node_unlink(handle node, const char *path, u32 length, result_none *result);
IMPORT(FS, "[method]descriptor.metadata-hash") void node_hash(handle node, result_hash *result);
IMPORT(FS, "[method]descriptor.metadata-hash-at") void node_hash_at(handle node, u32 flags, const char *path, u32 length, result_hash *result);
