// 12 KB less: a counter has no need of the library's allocator.
#define COUNTER_SMALL_ALLOCATOR
#include "counter.h"
#include <stdlib.h>
#include <string.h>

enum { MAX_NAME = 64, MAX_LIST = 1000 };

typedef counter_exports_counters_error_t error_t;
typedef counter_key_value_own_bucket_t bucket_t;

static bool is_name_part(const counter_string_t *text) {
  if (text->len > MAX_NAME) return false;
  for (size_t i = 0; i < text->len; i++) {
    char c = text->ptr[i];
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c && strchr("-_./", c)))) return false;
  }
  return true;
}

// What is wrong goes to the caller: the text is not ours any more.
static bool is_name(counter_string_t *name, size_t least, error_t *error) {
  if (name->len >= least && is_name_part(name)) return true;
  *error = (error_t){.tag = COUNTER_EXPORTS_COUNTERS_ERROR_INVALID_NAME, .val.invalid_name = *name};
  *name = (counter_string_t){0};
  return false;
}

static bool fail(const counter_types_error_t *cause, error_t *error) {
  *error = (error_t){.tag = COUNTER_EXPORTS_COUNTERS_ERROR_STORE, .val.store = *cause};
  return false;
}

static bool open_bucket(bucket_t *bucket, error_t *error) {
  counter_string_t name;
  counter_string_set(&name, "counters");
  counter_result_key_value_own_bucket_types_error_t opened;
  counter_key_value_open(&name, &opened);
  if (opened.is_err) return fail(&opened.val.err, error);
  *bucket = opened.val.ok;
  return true;
}

// The store keeps numbers as decimal digits.
static bool read_number(const counter_list_u8_t *digits, const counter_string_t *name, uint64_t *number, error_t *error) {
  bool is_number = digits->len > 0;
  *number = 0;
  for (size_t i = 0; i < digits->len && is_number; i++) {
    uint8_t digit = (uint8_t)(digits->ptr[i] - '0');
    is_number = digit <= 9 && *number <= (UINT64_MAX - digit) / 10;
    *number = *number * 10 + digit;
  }
  if (!is_number) {
    error->tag = COUNTER_EXPORTS_COUNTERS_ERROR_NOT_A_COUNTER;
    counter_string_dup_n(&error->val.not_a_counter, name->ptr, name->len);
  }
  return is_number;
}

static bool add(counter_string_t *name, uint32_t amount, uint64_t *sum, error_t *error) {
  bucket_t bucket;
  if (!is_name(name, 1, error) || !open_bucket(&bucket, error)) return false;
  counter_result_u64_types_error_t added;
  counter_key_value_bucket_increment(counter_key_value_bucket_borrow(bucket), name, amount, &added);
  counter_key_value_bucket_drop(bucket);
  if (added.is_err) return fail(&added.val.err, error);
  *sum = added.val.ok;
  return true;
}

static bool read(counter_string_t *name, uint64_t *value, error_t *error) {
  bucket_t bucket;
  if (!is_name(name, 1, error) || !open_bucket(&bucket, error)) return false;
  counter_result_option_key_value_entry_types_error_t found;
  counter_key_value_bucket_get(counter_key_value_bucket_borrow(bucket), name, &found);
  counter_key_value_bucket_drop(bucket);
  if (found.is_err) return fail(&found.val.err, error);
  *value = 0;
  bool is_fine = !found.val.ok.is_some || read_number(&found.val.ok.val.value, name, value, error);
  counter_result_option_key_value_entry_types_error_free(&found);
  return is_fine;
}

static bool reset(counter_string_t *name, error_t *error) {
  bucket_t bucket;
  if (!is_name(name, 1, error) || !open_bucket(&bucket, error)) return false;
  counter_result_void_types_error_t deleted;
  counter_key_value_bucket_delete(counter_key_value_bucket_borrow(bucket), name, &deleted);
  counter_key_value_bucket_drop(bucket);
  return !deleted.is_err || fail(&deleted.val.err, error);
}

static bool list(counter_string_t *prefix, uint32_t limit, counter_list_exports_counters_counter_t *counters, error_t *error) {
  if (limit > MAX_LIST) {
    *error = (error_t){.tag = COUNTER_EXPORTS_COUNTERS_ERROR_TOO_MANY, .val.too_many = MAX_LIST};
    return false;
  }
  bucket_t bucket;
  if (!is_name(prefix, 0, error) || !open_bucket(&bucket, error)) return false;
  counter_result_key_value_page_types_error_t scanned;
  counter_option_string_t after = {.is_some = false};
  counter_key_value_bucket_scan(counter_key_value_bucket_borrow(bucket), prefix, &after, limit, &scanned);
  counter_key_value_bucket_drop(bucket);
  if (scanned.is_err) return fail(&scanned.val.err, error);
  counter_list_key_value_pair_t *pairs = &scanned.val.ok.pairs;
  counter_list_exports_counters_counter_t made = {.ptr = calloc(pairs->len + 1, sizeof *made.ptr)};
  if (!made.ptr) abort();
  bool is_fine = true;
  for (size_t i = 0; i < pairs->len && is_fine; i++) {
    counter_exports_counters_counter_t *counter = &made.ptr[made.len];
    is_fine = read_number(&pairs->ptr[i].value, &pairs->ptr[i].key, &counter->value, error);
    if (is_fine) {
      // The name moves from the page into the answer.
      counter->name = pairs->ptr[i].key;
      pairs->ptr[i].key = (counter_string_t){0};
      made.len++;
    }
  }
  counter_key_value_page_free(&scanned.val.ok);
  if (is_fine && made.len > 0) {
    *counters = made;
    return true;
  }
  // Empty lists own nothing.
  for (size_t i = 0; i < made.len; i++) counter_exports_counters_counter_free(&made.ptr[i]);
  free(made.ptr);
  if (is_fine) *counters = (counter_list_exports_counters_counter_t){0};
  return is_fine;
}

void counter_exports_counters_add(counter_string_t *name, uint32_t amount, counter_result_u64_exports_counters_error_t *ret) {
  ret->is_err = !add(name, amount, &ret->val.ok, &ret->val.err);
  counter_string_free(name);
}

void counter_exports_counters_read(counter_string_t *name, counter_result_u64_exports_counters_error_t *ret) {
  uint64_t value;
  ret->is_err = !read(name, &value, &ret->val.err);
  if (!ret->is_err) ret->val.ok = value;
  counter_string_free(name);
}

void counter_exports_counters_reset(counter_string_t *name, counter_result_void_exports_counters_error_t *ret) {
  ret->is_err = !reset(name, &ret->val.err);
  counter_string_free(name);
}

void counter_exports_counters_list(counter_string_t *prefix, uint32_t limit, counter_result_list_exports_counters_counter_exports_counters_error_t *ret) {
  ret->is_err = !list(prefix, limit, &ret->val.ok, &ret->val.err);
  counter_string_free(prefix);
}
