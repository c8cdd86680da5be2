/* The functions of WASI 0.2 that a tool needs to send a request, as the canonical ABI has them in a core module: handles are numbers, an option or
 * result is a number before its value, and what is larger than one number comes back through the last pointer, in the layouts below. */
#ifndef ATOLL_WASI_HTTP_H
#define ATOLL_WASI_HTTP_H

#include <stdint.h>

typedef int32_t handle;

#define IMPORT(interface, name) __attribute__((import_module("wasi:" interface "@0.2.12"), import_name(name))) extern

typedef struct { uint8_t is_error, code; } plain_result;                            /* result<_, enum> */
typedef struct { uint8_t is_error; int32_t value; } handle_result;                  /* result<handle> */
typedef struct { const char *p; uint32_t n; } text;
typedef struct { text name, value; } field;
typedef struct { const field *at; uint32_t count; } field_list;
typedef struct { const uint32_t *at; uint32_t count; } index_list;
typedef struct { uint8_t is_error; union { text bytes; struct { uint8_t is_closed; handle error; } stream; }; } read_result;
typedef struct { uint8_t is_error; union { uint64_t room; struct { uint8_t is_closed; handle error; } stream; }; } room_result;
typedef struct { uint8_t code; uint64_t more[3]; } error_code;                      /* its payload is not read */
typedef struct { uint8_t is_error; union { handle value; error_code error; } __attribute__((aligned(8))); } send_result;
typedef struct { uint8_t is_there; struct { uint8_t was_taken; send_result result; } outer; } response_option;
_Static_assert(sizeof(send_result) == 40 && sizeof(response_option) == 56 && sizeof(room_result) == 16, "layouts of the canonical ABI");

enum { ERROR_IP_PROHIBITED = 4, ERROR_REQUEST_DENIED = 15 };                        /* cases of error-code */
enum { METHOD_OTHER = 9 };                                                          /* case of method */

IMPORT("http/types", "[constructor]fields") handle fields_new(void);
IMPORT("http/types", "[method]fields.append") void fields_append(handle self, const char *name, uint32_t name_n, const char *value, uint32_t value_n, plain_result *result);
IMPORT("http/types", "[method]fields.entries") void fields_entries(handle self, field_list *result);
IMPORT("http/types", "[constructor]outgoing-request") handle request_new(handle headers);
IMPORT("http/types", "[method]outgoing-request.set-method") int32_t request_set_method(handle self, int32_t method, const char *name, uint32_t name_n);
IMPORT("http/types", "[method]outgoing-request.set-path-with-query") int32_t request_set_path(handle self, int32_t some, const char *path, uint32_t path_n);
IMPORT("http/types", "[method]outgoing-request.set-scheme") int32_t request_set_scheme(handle self, int32_t some, int32_t scheme, const char *other, uint32_t other_n);
IMPORT("http/types", "[method]outgoing-request.set-authority") int32_t request_set_authority(handle self, int32_t some, const char *authority, uint32_t authority_n);
IMPORT("http/types", "[method]outgoing-request.body") void request_body(handle self, handle_result *result);
IMPORT("http/types", "[method]outgoing-body.write") void body_write(handle self, handle_result *result);
IMPORT("http/types", "[static]outgoing-body.finish") void body_finish(handle body, int32_t some_trailers, handle trailers, send_result *result);
IMPORT("http/outgoing-handler", "handle") void send_request(handle request, int32_t some_options, handle options, send_result *result);
IMPORT("http/types", "[method]future-incoming-response.subscribe") handle future_subscribe(handle self);
IMPORT("http/types", "[method]future-incoming-response.get") void future_get(handle self, response_option *result);
IMPORT("http/types", "[method]incoming-response.status") int32_t response_status(handle self);
IMPORT("http/types", "[method]incoming-response.headers") handle response_headers(handle self);
IMPORT("http/types", "[method]incoming-response.consume") void response_consume(handle self, handle_result *result);
IMPORT("http/types", "[method]incoming-body.stream") void body_stream(handle self, handle_result *result);
IMPORT("io/streams", "[method]input-stream.read") void stream_read(handle self, uint64_t most, read_result *result);
IMPORT("io/streams", "[method]input-stream.subscribe") handle input_subscribe(handle self);
IMPORT("io/streams", "[method]output-stream.check-write") void stream_room(handle self, room_result *result);
IMPORT("io/streams", "[method]output-stream.write") void stream_write(handle self, const char *p, uint32_t n, read_result *result);
IMPORT("io/streams", "[method]output-stream.flush") void stream_flush(handle self, read_result *result);
IMPORT("io/streams", "[method]output-stream.subscribe") handle output_subscribe(handle self);
IMPORT("io/streams", "[resource-drop]output-stream") void output_drop(handle self);
IMPORT("io/poll", "poll") void poll_any(const handle *pollables, uint32_t count, index_list *ready);
IMPORT("io/poll", "[resource-drop]pollable") void pollable_drop(handle self);
IMPORT("clocks/monotonic-clock", "subscribe-duration") handle after(int64_t nanoseconds);

#endif
