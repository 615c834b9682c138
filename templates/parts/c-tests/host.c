/** Stands in for vnes: hands the lines of standard input to the capsule as events, and prints what it publishes. */
#include "json.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_KEYS 100

static vnes_entry state[MOST_KEYS];
static size_t keys;
static uint64_t now;

static bool same(vnes_text a, vnes_text b) {
  return a.size == b.size && memcmp(a.at, b.at, a.size) == 0;
}

static vnes_entry *find(vnes_text key) {
  for (size_t at = 0; at < keys; at++)
    if (same(state[at].key, key)) return &state[at];
  return NULL;
}

vnes_result vnes_publish(vnes_text topic, vnes_text payload, const vnes_text *key) {
  json *event = json_set(json_object(), VNES_TEXT("topic"), json_text(topic));
  json_set(event, VNES_TEXT("key"), key ? json_text(*key) : json_null());
  json_set(event, VNES_TEXT("payload"), json_parse(payload));
  vnes_text line = json_write(event);
  printf("%.*s\n", (int)line.size, line.at);
  return vnes_ok();
}

bool vnes_get(vnes_text key, vnes_text *value) {
  vnes_entry *found = find(key);
  if (found) *value = found->value;
  return found != NULL;
}

vnes_entries vnes_scan(vnes_text prefix) {
  vnes_entry *found = vnes_alloc(sizeof state);
  size_t count = 0;
  for (size_t at = 0; at < keys; at++)
    if (state[at].key.size >= prefix.size && memcmp(state[at].key.at, prefix.at, prefix.size) == 0) found[count++] = state[at];
  return (vnes_entries){found, count};
}

vnes_result vnes_put(vnes_text key, vnes_text value) {
  vnes_entry *known = find(key);
  if (!known && keys == MOST_KEYS) abort();
  *(known ? known : &state[keys++]) = (vnes_entry){key, value};
  return vnes_ok();
}

vnes_result vnes_delete(vnes_text key) {
  vnes_entry *known = find(key);
  if (known) *known = state[--keys];
  return vnes_ok();
}

vnes_result vnes_call(vnes_text capability, vnes_text method, vnes_text payload) {
  (void)method, (void)payload;
  return vnes_error(vnes_join(capability, VNES_TEXT(" is not there in a test")));
}

uint64_t vnes_now(void) {
  return now;
}

vnes_text vnes_random(uint32_t length) {
  return (vnes_text){vnes_alloc(length), length};
}

void vnes_log(vnes_level level, vnes_text message) {
  fprintf(stderr, "%d %.*s\n", (int)level, (int)message.size, message.at);
}

_Noreturn void vnes_trap(vnes_text message) {
  vnes_log(VNES_ERROR, message);
  abort();
}

void *vnes_alloc(size_t size) {
  void *block = calloc(1, size + 1);
  if (!block) abort();
  return block;
}

vnes_text vnes_join(vnes_text first, vnes_text second) {
  char *joined = vnes_alloc(first.size + second.size);
  memcpy(joined, first.at, first.size);
  memcpy(joined + first.size, second.at, second.size);
  return (vnes_text){joined, first.size + second.size};
}

int main(void) {
  static char line[1 << 16];
  if (!capsule_init(VNES_TEXT("{}")).ok) return 1;
  for (uint64_t offset = 0; fgets(line, sizeof line, stdin); offset++) {
    json *input = json_parse((vnes_text){line, strlen(line)});
    const json *key = json_get(input, VNES_TEXT("key"));
    now = (uint64_t)json_as_number(json_get(input, VNES_TEXT("time")));
    vnes_event event = {.topic = json_as_text(json_get(input, VNES_TEXT("topic"))), .offset = offset, .time = now,
                        .key = key && key->kind == JSON_TEXT ? &key->text : NULL,
                        .payload = json_write(json_get(input, VNES_TEXT("payload")))};
    vnes_result result = capsule_handle(&event);
    if (!result.ok) fprintf(stderr, "error %.*s\n", (int)result.text.size, result.text.at);
  }
  return 0;
}
