/**
 * The component's boundary, by hand (Component Model, canonical ABI): what a capsule asks of its host goes out as pointers and
 * lengths, and answers come into a block. Memory is one stack of blocks that is emptied after each call; the host takes from it too.
 * The capsule's own code is in main.c.
 */
#include "vnes.h"

#define IMPORT(interface, function) \
  __attribute__((import_module("vnes:capsule/" interface "@1.0.0"), import_name(function)))
#define EXPORT(name) __attribute__((export_name(name)))
#define PAGE 65536

/** Pointer and length, or tag, pointer and length: what the host writes its answers to. */
typedef struct {
  uint32_t a, b, c;
} area;

typedef struct {
  uint32_t ok;
  const char *at;
  size_t size;
} lowered;

IMPORT("bus", "publish")
void host_publish(const char *, size_t, const char *, size_t, int, const char *, size_t, area *);
IMPORT("state", "get") void host_get(const char *, size_t, area *);
IMPORT("state", "scan") void host_scan(const char *, size_t, area *);
IMPORT("state", "put") void host_put(const char *, size_t, const char *, size_t, area *);
IMPORT("state", "delete") void host_delete(const char *, size_t, area *);
IMPORT("rpc", "call") void host_call(const char *, size_t, const char *, size_t, const char *, size_t, area *);
IMPORT("clock", "now") uint64_t host_now(void);
IMPORT("entropy", "random") void host_random(uint32_t, area *);
IMPORT("log", "write") void host_log(int, const char *, size_t);

/** Where the linker says that free memory begins. */
extern unsigned char __heap_base;
static uintptr_t top;

static void *take(size_t align, size_t size) {
  if (top == 0) top = (uintptr_t)&__heap_base;
  uintptr_t start = (top + align - 1) & ~(uintptr_t)(align - 1);
  size_t room = __builtin_wasm_memory_size(0) * PAGE;
  if (start > UINT32_MAX - size - PAGE) __builtin_trap();
  if (start + size > room && __builtin_wasm_memory_grow(0, (start + size - room + PAGE - 1) / PAGE) == SIZE_MAX)
    __builtin_trap();
  top = start + size;
  return (void *)start;
}

static vnes_text text_at(uint32_t start, uint32_t size) {
  return (vnes_text){(const char *)(uintptr_t)start, size};
}

static vnes_result result_of(const area *out, bool has_value) {
  bool ok = (out->a & 0xff) == 0;
  return (vnes_result){ok, ok && !has_value ? VNES_TEXT("") : text_at(out->b, out->c)};
}

EXPORT("cabi_realloc") void *cabi_realloc(void *block, size_t old_size, size_t align, size_t size) {
  char *moved = take(align, size);
  for (size_t at = 0; at < old_size && at < size; at++) moved[at] = ((const char *)block)[at];
  return moved;
}

static lowered *lower(vnes_result result, bool has_value) {
  lowered *out = take(sizeof(uint32_t), sizeof *out);
  vnes_text text = result.ok && !has_value ? VNES_TEXT("") : result.text;
  *out = (lowered){result.ok ? 0 : 1, text.at, text.size};
  return out;
}

EXPORT("init") lowered *abi_init(const char *config, size_t size) {
  return lower(capsule_init((vnes_text){config, size}), false);
}

EXPORT("handle")
lowered *abi_handle(const char *topic, size_t topic_size, uint32_t partition, uint64_t offset, uint64_t time, int has_key,
                    const char *key, size_t key_size, const char *payload, size_t payload_size) {
  vnes_text name = {key, key_size};
  vnes_event event = {.topic = {topic, topic_size}, .partition = partition, .offset = offset, .time = time,
                      .key = has_key ? &name : 0, .payload = {payload, payload_size}};
  return lower(capsule_handle(&event), false);
}

EXPORT("serve") lowered *abi_serve(const char *method, size_t method_size, const char *payload, size_t payload_size) {
  return lower(capsule_serve((vnes_text){method, method_size}, (vnes_text){payload, payload_size}), true);
}

/** The host has read the result, so nothing of the call is needed any more. */
static void release(void) {
  top = (uintptr_t)&__heap_base;
}

EXPORT("cabi_post_init") void after_init(lowered *result) {
  (void)result;
  release();
}

EXPORT("cabi_post_handle") void after_handle(lowered *result) {
  (void)result;
  release();
}

EXPORT("cabi_post_serve") void after_serve(lowered *result) {
  (void)result;
  release();
}

vnes_result vnes_publish(vnes_text topic, vnes_text payload, const vnes_text *key) {
  area out;
  host_publish(topic.at, topic.size, payload.at, payload.size, key != 0, key ? key->at : 0, key ? key->size : 0, &out);
  return result_of(&out, false);
}

bool vnes_get(vnes_text key, vnes_text *value) {
  area out;
  host_get(key.at, key.size, &out);
  if ((out.a & 0xff) == 0) return false;
  *value = text_at(out.b, out.c);
  return true;
}

vnes_entries vnes_scan(vnes_text prefix) {
  area out;
  host_scan(prefix.at, prefix.size, &out);
  return (vnes_entries){(const vnes_entry *)(uintptr_t)out.a, out.b};
}

vnes_result vnes_put(vnes_text key, vnes_text value) {
  area out;
  host_put(key.at, key.size, value.at, value.size, &out);
  return result_of(&out, false);
}

vnes_result vnes_delete(vnes_text key) {
  area out;
  host_delete(key.at, key.size, &out);
  return result_of(&out, false);
}

vnes_result vnes_call(vnes_text capability, vnes_text method, vnes_text payload) {
  area out;
  host_call(capability.at, capability.size, method.at, method.size, payload.at, payload.size, &out);
  return result_of(&out, true);
}

uint64_t vnes_now(void) {
  return host_now();
}

vnes_text vnes_random(uint32_t length) {
  area out;
  host_random(length, &out);
  return text_at(out.a, out.b);
}

void vnes_log(vnes_level level, vnes_text message) {
  host_log((int)level, message.at, message.size);
}

_Noreturn void vnes_trap(vnes_text message) {
  vnes_log(VNES_ERROR, message);
  __builtin_trap();
}

void *vnes_alloc(size_t size) {
  char *block = take(16, size);
  for (size_t at = 0; at < size; at++) block[at] = 0;
  return block;
}

vnes_text vnes_join(vnes_text first, vnes_text second) {
  char *joined = vnes_alloc(first.size + second.size);
  for (size_t at = 0; at < first.size; at++) joined[at] = first.at[at];
  for (size_t at = 0; at < second.size; at++) joined[first.size + at] = second.at[at];
  return (vnes_text){joined, first.size + second.size};
}
