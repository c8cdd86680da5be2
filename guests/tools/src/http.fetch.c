/* http.fetch: one request of HTTP and its answer. Whom it may reach is the host's decision, asked again for each redirect. */
#include "atoll.h"
#include "wasi_http.h"

const char tool_name[] = "http.fetch";
const bool tool_writes = false;

enum {
  REDIRECTS_MAX = 5,
  URL_MAX = 8192,
  HEADERS_MAX = 100,
  BODY_DEFAULT = 256 << 10,
  BODY_MOST = 2 << 20,      /* as base64 it still fits into an answer */
};

typedef struct { bool secure; str authority, path; } url;
typedef struct { str method, body; bool has_body, left_origin; const json *headers; } request;

static handle timer;

/* The host writes lists and strings into memory that it asks for here; nothing is ever given back. */
__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, uint32_t old_size, uint32_t align, uint32_t size) {
  (void)align;                                     /* the arena aligns for everything that the ABI has */
  void *at = arena(size);
  if (old_size) memcpy(at, old, old_size < size ? old_size : size);
  return at;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c | 32) : c; }

static bool same(str a, str b) {
  if (a.n != b.n) return false;
  for (uint32_t i = 0; i < a.n; i++) if (lower(a.p[i]) != lower(b.p[i])) return false;
  return true;
}

static bool starts(str text, str with) { return text.n >= with.n && same((str){ text.p, with.n }, with); }
static str from(str text, uint32_t start) { return (str){ text.p + start, text.n - start }; }

static uint32_t find_any(str text, const char *stops) {
  uint32_t i = 0;
  while (i < text.n && !strchr(stops, text.p[i])) i++;
  return i;
}

/* ---- addresses (RFC 3986) ---- */

static bool parse_url(str text, url *to) {
  for (uint32_t i = 0; i < text.n; i++) if ((unsigned char)text.p[i] <= ' ' || text.p[i] == 127 || text.p[i] == '\\') return false;
  to->secure = starts(text, S("https://"));
  if (!to->secure && !starts(text, S("http://"))) return false;
  str rest = from(text, to->secure ? 8 : 7);
  rest.n = find_any(rest, "#");
  uint32_t end = find_any(rest, "/?");
  to->authority = (str){ rest.p, end };
  to->path = from(rest, end);
  if (to->path.n == 0) to->path = S("/");
  if (to->path.p[0] == '?') to->path = format("/%v", to->path);
  return end > 0 && find_any(to->authority, "@") == end;
}

static str url_text(const url *u) { return format("%s://%v%v", u->secure ? "https" : "http", u->authority, u->path); }

/* Section 5.2.4: the parts "." and ".." of a path. */
static str without_dots(str path) {
  uint32_t end = find_any(path, "?");
  str query = from(path, end);
  buf to = { 0 };
  buf_room(&to, path.n + 1);
  for (uint32_t at = 0; at < end;) {
    str rest = from((str){ path.p, end }, at + 1);
    str part = { rest.p, find_any(rest, "/") };
    bool last = at + 1 + part.n >= end, up = str_eq(part, S("..")), here = up || str_eq(part, S("."));
    at += 1 + part.n;
    if (up) while (to.n && to.p[--to.n] != '/');
    if (!here || last) buf_char(&to, '/');
    if (!here) buf_str(&to, part);
  }
  buf_str(&to, query);
  return (str){ to.p, to.n };
}

static bool resolve_location(const url *base, str location, url *to) {
  location.n = find_any(location, "#");
  if (location.n == 0 || location.n > URL_MAX) return false;
  uint32_t colon = find_any(location, ":/?");
  if (colon < location.n && location.p[colon] == ':') return parse_url(location, to);
  if (starts(location, S("//"))) return parse_url(format("%s:%v", base->secure ? "https" : "http", location), to);
  str path = { base->path.p, find_any(base->path, "?") };
  if (location.p[0] == '/') path = location;
  else if (location.p[0] == '?') path = format("%v%v", path, location);
  else {
    while (path.n && path.p[path.n - 1] != '/') path.n--;
    path = format("%v%v", path, location);
  }
  return parse_url(format("%s://%v%v", base->secure ? "https" : "http", base->authority, without_dots(path)), to);
}

/* ---- waiting ---- */

static _Noreturn void fail_late(const url *u) { fail("timeout", "%v did not answer in time: raise timeout_ms, or try again later.", url_text(u)); }

static void wait_for(handle pollable, const url *u) {
  handle both[2] = { pollable, timer };
  index_list ready;
  poll_any(both, 2, &ready);
  pollable_drop(pollable);
  if (ready.count == 1 && ready.at[0] == 1) fail_late(u);
}

static _Noreturn void fail_code(uint8_t code, const url *u) {
  static const char *const names[] = {
    "the name server did not answer", "the name is not known", "the host was not found", "the host cannot be reached", "the address is not permitted",
    "the address cannot be routed to", "the connection was refused", "the connection was ended", "connecting took too long", "the answer took too long",
    "sending took too long", "too many connections", "TLS failed", "its certificate is not trusted", "TLS failed", "it is not granted",
  };
  str where = url_text(u);
  if (code == ERROR_REQUEST_DENIED || code == ERROR_IP_PROHIBITED) fail(DENIED, "%v cannot be fetched: %s.", where, names[code]);
  fail("unreachable", "%v cannot be fetched: %s.", where, code < sizeof names / sizeof names[0] ? names[code] : "it does not speak HTTP as expected");
}

/* ---- the request ---- */

static bool is_one_of(str name, const str *names, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) if (same(name, names[i])) return true;
  return false;
}
#define IS_ONE_OF(name, ...) is_one_of(name, (const str[]){ __VA_ARGS__ }, sizeof((const str[]){ __VA_ARGS__ }) / sizeof(str))

static void append(handle fields, str name, str value) {
  plain_result result;
  fields_append(fields, name.p, name.n, value.p, value.n, &result);
  if (result.is_error) fail(INVALID_INPUT, "The header '%v' cannot be sent: %s.", name, result.code ? "the host sets it" : "it is no header of HTTP");
}

static handle headers_of(const request *r) {
  handle fields = fields_new();
  for (const json *h = r->headers ? r->headers->child : NULL; h; h = h->next) {
    if (h->type != J_STRING) fail(INVALID_INPUT, "The header '%v' must be a string.", h->key);
    if (IS_ONE_OF(h->key, S("Content-Length"))) continue;
    if (!r->has_body && starts(h->key, S("Content-"))) continue;

    /* What was meant for one server is not for the next one. */
    if (r->left_origin && IS_ONE_OF(h->key, S("Authorization"), S("Cookie"), S("Proxy-Authorization"))) continue;
    append(fields, h->key, h->text);
  }
  if (r->has_body) append(fields, S("Content-Length"), format("%d", (int)r->body.n));
  return fields;
}

static void write_body(handle body, str content, const url *u) {
  handle_result stream;
  send_result done;
  body_write(body, &stream);
  while (content.n) {
    room_result room;
    read_result wrote;
    stream_room(stream.value, &room);
    if (room.is_error) break;                      /* the answer says why */
    if (room.room == 0) { wait_for(output_subscribe(stream.value), u); continue; }
    uint32_t n = room.room < content.n ? (uint32_t)room.room : content.n;
    stream_write(stream.value, content.p, n, &wrote);
    content = from(content, n);
    if (wrote.is_error) break;
    if (content.n) stream_flush(stream.value, &wrote);
  }
  output_drop(stream.value);
  if (content.n == 0) body_finish(body, 0, 0, &done);
}

static handle exchange(const request *r, const url *u) {
  static const str methods[] = { S("GET"), S("HEAD"), S("POST"), S("PUT"), S("DELETE"), S("CONNECT"), S("OPTIONS"), S("TRACE"), S("PATCH") };
  int32_t method = 0;
  while (method < METHOD_OTHER && !str_eq(r->method, methods[method])) method++;
  handle made = request_new(headers_of(r));
  handle_result body = { 1, 0 };
  if (request_set_method(made, method, r->method.p, method == METHOD_OTHER ? r->method.n : 0) != 0)
    fail(INVALID_INPUT, "'%v' is no method of HTTP.", r->method);
  if (request_set_scheme(made, 1, u->secure, NULL, 0) || request_set_authority(made, 1, u->authority.p, u->authority.n) ||
      request_set_path(made, 1, u->path.p, u->path.n))
    fail(INVALID_INPUT, "%v is no address that can be fetched.", url_text(u));
  if (r->has_body) request_body(made, &body);
  send_result sent;
  send_request(made, 0, 0, &sent);
  if (sent.is_error) fail_code(sent.error.code, u);
  if (r->has_body) write_body(body.value, r->body, u);
  for (;;) {
    response_option got;
    future_get(sent.value, &got);
    if (!got.is_there) { wait_for(future_subscribe(sent.value), u); continue; }
    if (got.outer.result.is_error) fail_code(got.outer.result.error.code, u);
    return got.outer.result.value;
  }
}

/* ---- the answer ---- */

static str header(const field_list *headers, str name) {
  for (uint32_t i = 0; i < headers->count; i++)
    if (same((str){ headers->at[i].name.p, headers->at[i].name.n }, name)) return (str){ headers->at[i].value.p, headers->at[i].value.n };
  return (str){ NULL, 0 };
}

/* Whether the answer sends us on; changes the request as browsers do. */
static bool redirected(int32_t status, const field_list *headers, request *r, url *u) {
  if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308) return false;
  url next;
  str location = header(headers, S("location"));
  if (!location.p || !resolve_location(u, location, &next) || (u->secure && !next.secure)) return false;
  if ((status == 303 && !str_eq(r->method, S("HEAD"))) || (status < 303 && str_eq(r->method, S("POST")))) {
    r->method = S("GET");
    r->has_body = false;
  }
  r->left_origin |= next.secure != u->secure || !same(next.authority, u->authority);
  *u = next;
  return true;
}

/* Names are lower case; values of one name stand in one string, as RFC 9110 has it, but cookies on lines of their own. */
static void w_headers(const field_list *headers) {
  w_key(S("headers"));
  w_open('{');
  for (uint32_t i = 0; i < headers->count; i++) {
    str name = { headers->at[i].name.p, headers->at[i].name.n };
    char *small = arena(name.n);
    for (uint32_t k = 0; k < name.n; k++) small[k] = lower(name.p[k]);
    bool seen = false;
    for (uint32_t k = 0; k < i && !seen; k++) seen = same(name, (str){ headers->at[k].name.p, headers->at[k].name.n });
    if (seen) continue;
    buf value = { 0 };
    for (uint32_t k = i; k < headers->count; k++) {
      if (!same(name, (str){ headers->at[k].name.p, headers->at[k].name.n })) continue;
      if (value.n) buf_str(&value, same(name, S("set-cookie")) ? S("\n") : S(", "));
      buf_put(&value, headers->at[k].value.p, headers->at[k].value.n);
    }
    w_kstr((str){ small, name.n }, (str){ value.p, value.n });
  }
  w_close('}');
}

/* Reads at most that many bytes; more says that there are more. */
static buf read_body(handle response, uint32_t most, bool *more, const url *u) {
  buf all = { 0 };
  handle_result body, stream;
  *more = false;
  response_consume(response, &body);
  body_stream(body.value, &stream);
  for (;;) {
    read_result got;
    stream_read(stream.value, 65536, &got);
    if (got.is_error) {
      if (!got.stream.is_closed) fail("unreachable", "%v broke off in the middle of its answer: try again.", url_text(u));
      return all;
    }
    if (got.bytes.n == 0) { wait_for(input_subscribe(stream.value), u); continue; }
    uint32_t n = got.bytes.n < most - all.n ? got.bytes.n : most - all.n;
    buf_put(&all, got.bytes.p, n);
    if (n < got.bytes.n) { *more = true; return all; }
  }
}

static void w_body(buf body, bool more) {
  bool cut;
  uint32_t valid = utf8_prefix(body.p, body.n, &cut);
  bool is_text = valid == body.n || (more && cut);
  for (uint32_t i = 0; i < valid && is_text; i++) is_text = body.p[i] != 0;
  w_kint(S("bytes"), body.n);
  w_kstr(S("encoding"), is_text ? S("utf8") : S("base64"));
  w_key(S("body"));
  if (is_text) {
    more |= w_text_limited((str){ body.p, valid }, PAYLOAD_MAX - 64 * 1024) < valid;
  } else {
    char *encoded = arena((body.n + 2) / 3 * 4);
    w_string((str){ encoded, base64_encode(encoded, body.p, body.n) });
  }
  w_kbool(S("truncated"), more);
}

static request read_input(url *u) {
  const json *in = frame.input;
  IN_ONLY(in, S("input"), S("url"), S("method"), S("headers"), S("body"), S("body_base64"), S("timeout_ms"), S("max_bytes"), S("dry_run"));
  apply_dry_run();
  str address = in_string(in, S("url"), true, S(""));
  if (address.n > URL_MAX || !parse_url(address, u))
    fail(INVALID_INPUT, "'url' must be http://HOST/PATH or https://HOST/PATH without a user name, at most %d bytes.", (int)URL_MAX);
  request r = { in_string(in, S("method"), false, S("GET")), in_string(in, S("body"), false, S("")), false, false, json_member(in, S("headers")) };
  r.has_body = json_member(in, S("body")) != NULL;
  if (json_member(in, S("body_base64"))) {
    buf decoded = { 0 };
    if (r.has_body) fail(INVALID_INPUT, "Give 'body' or 'body_base64', not both.");
    if (!base64_decode(&decoded, in_string(in, S("body_base64"), true, S("")))) fail(INVALID_INPUT, "'body_base64' is no base64 (RFC 4648, with padding).");
    r.body = (str){ decoded.p, decoded.n };
    r.has_body = true;
  }
  if (r.headers && (r.headers->type != J_OBJECT || r.headers->count > HEADERS_MAX)) fail(INVALID_INPUT, "'headers' must be an object with at most %d members.", (int)HEADERS_MAX);
  return r;
}

void tool(void) {
  url u;
  request r = read_input(&u);
  int64_t most = in_integer(frame.input, S("max_bytes"), BODY_DEFAULT, 0, BODY_MOST);
  timer = after(in_integer(frame.input, S("timeout_ms"), 20000, 1, 600000) * 1000000);
  if (frame.dry_run) {
    w_kstr(S("url"), url_text(&u));
    w_kbool(S("dry_run"), true);
    return;
  }
  handle response;
  field_list headers;
  int32_t status;
  int redirects = 0;
  for (;; redirects++) {
    response = exchange(&r, &u);
    status = response_status(response);
    fields_entries(response_headers(response), &headers);
    url before = u;
    if (!redirected(status, &headers, &r, &u)) break;
    if (redirects == REDIRECTS_MAX) fail("too_many_redirects", "%v leads on after %d redirects: fetch another address.", url_text(&before), REDIRECTS_MAX);
  }
  w_kint(S("status"), status);
  w_kstr(S("url"), url_text(&u));
  w_kint(S("redirects"), redirects);
  w_headers(&headers);
  bool more;
  buf body = read_body(response, (uint32_t)most, &more, &u);
  w_body(body, more);
}
