// Functions on everything but files.
#include "state.h"

// Arguments, clocks, random numbers, the end

static errno_t put_strings(const bytes *strings, u32 count, u32 stride, u8 **pointers, u8 *out) {
  // Of pairs, the two parts are joined by "=".
  for (u32 i = 0; i < count; i++) {
    pointers[i] = out;
    for (u32 part = 0; part < stride; part++, strings++) {
      if (part) *out++ = '=';
      copy(out, strings->data, strings->length);
      out += strings->length;
    }
    *out++ = 0;
  }
  return Ok;
}

static errno_t string_sizes(const bytes *strings, u32 count, u32 stride, u32 *number, u32 *size) {
  u32 total = count * stride; // an equals sign between two, a zero at the end
  for (u32 i = 0; i < count * stride; i++) total += strings[i].length;
  *number = count;
  *size = total;
  return Ok;
}

EXPORT("args_get") errno_t args_get(u8 **pointers, u8 *out) {
  begin();
  bytes list;
  get_arguments(&list);
  return put_strings((bytes *)list.data, list.length, 1, pointers, out);
}

EXPORT("args_sizes_get") errno_t args_sizes_get(u32 *number, u32 *size) {
  begin();
  bytes list;
  get_arguments(&list);
  return string_sizes((bytes *)list.data, list.length, 1, number, size);
}

EXPORT("environ_get") errno_t environ_get(u8 **pointers, u8 *out) {
  begin();
  bytes list;
  get_environment(&list);
  return put_strings((bytes *)list.data, list.length, 2, pointers, out);
}

EXPORT("environ_sizes_get") errno_t environ_sizes_get(u32 *number, u32 *size) {
  begin();
  bytes list;
  get_environment(&list);
  return string_sizes((bytes *)list.data, list.length, 2, number, size);
}

static u64 wall_time(void) {
  datetime now;
  wall_now(&now);
  return now.seconds * 1000000000 + now.nanoseconds;
}

EXPORT("clock_res_get") errno_t clock_res_get(u32 clock, u64 *out) {
  if (clock > 1) return Notsup;
  if (clock == 1) {
    *out = monotonic_resolution();
    return Ok;
  }
  datetime resolution;
  wall_resolution(&resolution);
  *out = resolution.seconds * 1000000000 + resolution.nanoseconds;
  return Ok;
}

EXPORT("clock_time_get") errno_t clock_time_get(u32 clock, u64 precision, u64 *out) {
  if (clock > 1) return Notsup;
  *out = clock == 1 ? monotonic_now() : wall_time();
  return Ok;
}

EXPORT("random_get") errno_t random_get(u8 *out, u32 length) {
  state *s = begin();
  if (!length) return Ok;
  s->direct = out;
  s->direct_length = length;
  bytes list;
  get_random_bytes(length, &list);
  s->direct = 0;
  if (list.data != out) copy(out, list.data, list.length < length ? list.length : length);
  return Ok;
}

EXPORT("sched_yield") errno_t sched_yield(void) { return Ok; }

EXPORT("proc_exit") _Noreturn void proc_exit(u32 code) {
  exit_with_code(code > 255 ? 255 : code);
  __builtin_trap();
}

EXPORT("proc_raise") errno_t proc_raise(u32 signal) { return Notsup; }
EXPORT("sock_accept") errno_t sock_accept(u32 fd, u32 flags, u32 *out) { return find(fd) ? Notsock : Badf; }
EXPORT("sock_recv") errno_t sock_recv(u32 fd, const vector *data, u32 count, u32 flags, u32 *size, u16 *out) { return find(fd) ? Notsock : Badf; }
EXPORT("sock_send") errno_t sock_send(u32 fd, const vector *data, u32 count, u32 flags, u32 *size) { return find(fd) ? Notsock : Badf; }
EXPORT("sock_shutdown") errno_t sock_shutdown(u32 fd, u32 how) { return find(fd) ? Notsock : Badf; }

// Waiting

typedef struct { u64 user; u8 tag; union { struct { u32 clock; u64 timeout, precision; u16 flags; }; u32 fd; }; } subscription;
typedef struct { u64 user; u16 error; u8 type; u64 bytes; u16 flags; } event;

static handle clock_pollable(const subscription *want, event *out) {
  u64 timeout = want->timeout;
  if (want->clock > 1) {
    out->error = Notsup;
    timeout = 0;
  } else if (want->flags & 1) {
    if (want->clock == 1) return subscribe_instant(timeout);
    u64 now = wall_time();
    timeout = timeout > now ? timeout - now : 0;
  }
  return subscribe_duration(timeout);
}

static handle file_pollable(const subscription *want, event *out) {
  state *s = self();
  file *f = want->fd < s->capacity ? &s->files[want->fd] : 0;
  if (!f || f->kind == Closed || f->kind == (want->tag == 1 ? Output : Input)) {
    out->error = Badf;
  } else if (f->kind == Input) {
    return input_subscribe(standard_stream(f));
  } else if (f->kind == Output) {
    return output_subscribe(standard_stream(f));
  } else {
    out->bytes = 1; // files never keep anybody waiting
    if (want->tag == 1) {
      result_stat stat;
      node_get_stat(f->node, &stat);
      out->bytes = stat.is_error || stat.value.size < f->offset ? 0 : stat.value.size - f->offset;
    }
  }
  return subscribe_duration(0);
}

EXPORT("poll_oneoff") errno_t poll_oneoff(const subscription *in, event *out, u32 count, u32 *number) {
  if (!count) return Inval;
  state *s = files();
  if (count > (1u << 20)) return Nomem;
  handle *pollables = allocate(s, 4, count * sizeof(handle));
  event *events = allocate(s, 8, count * sizeof(event));
  for (u32 i = 0; i < count; i++) {
    events[i] = (event){ in[i].user, Ok, in[i].tag, 0, 0 };
    pollables[i] = in[i].tag == 0 ? clock_pollable(&in[i], &events[i]) : file_pollable(&in[i], &events[i]);
  }
  bytes ready;
  poll(pollables, count, &ready);
  const u32 *indices = (const u32 *)ready.data;
  for (u32 i = 0; i < ready.length; i++) out[i] = events[indices[i]];
  *number = ready.length;
  for (u32 i = 0; i < count; i++) drop_pollable(pollables[i]);
  return Ok;
}

// The program

EXPORT("wasi:cli/run@0.2.12#run") u32 run(void) {
  main_start();
  return 0;
}
