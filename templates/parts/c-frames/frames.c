/**
 * The program's end of the line to its host: frames on descriptor 3, each a length, a number and messages (docs/native.md). The host asks
 * with one frame; the last message of the answering frame is a question or the end, those before it are effects. The capsule's own code
 * is in main.c.
 */
#define _GNU_SOURCE
#include "vnes.h"
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { HOST = 3, BLOCK = 1 << 20, HEADER = 8 };
enum { ASKED_INIT = 1, ASKED_HANDLE, ASKED_SERVE, GRANTED = 10, REFUSED, DONE = 20, DECLINED, GAVE_UP };
enum { PUBLISH = 1, GET, SCAN, PUT, DELETE, CALL, NOW, RANDOM, LOG };
static const uint32_t NOTHING = 0xffffffff;

/** Memory until the end of a request: a list of blocks, which are kept. */
typedef struct block {
  struct block *next;
  size_t size, used;
} block;
static block *blocks;

/** What goes out with the next frame. */
static unsigned char out[1 << 24];
static size_t size = HEADER;
static uint32_t number;

/** A message that came in. */
typedef struct {
  unsigned kind;
  const unsigned char *at, *end;
} message;

static void release(void) {
  for (block *each = blocks; each; each = each->next) each->used = 0;
}

void *vnes_alloc(size_t wanted) {
  size_t room = (wanted + 15) & ~(size_t)15;
  if (room < wanted) vnes_trap(VNES_TEXT("memory ran out"));
  block *from = blocks;
  while (from && from->size - from->used < room) from = from->next;
  if (!from) {
    size_t whole = room + sizeof *from > BLOCK ? room + sizeof *from + 16 : BLOCK;
    from = mmap(0, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (whole < room || from == MAP_FAILED) vnes_trap(VNES_TEXT("memory ran out"));
    *from = (block){blocks, whole - 32, 0};
    blocks = from;
  }
  void *start = (char *)from + 32 + from->used;
  from->used += room;
  return memset(start, 0, room);
}

static void put_bytes(const void *bytes, size_t count) {
  if (sizeof out - size < count) {
    size = HEADER;
    vnes_trap(VNES_TEXT("more than 16 MiB for the host in one go"));
  }
  if (count > 0) memcpy(out + size, bytes, count);
  size += count;
}

static void put_word(uint32_t word) {
  unsigned char bytes[] = {word & 255, word >> 8 & 255, word >> 16 & 255, word >> 24};
  put_bytes(bytes, 4);
}

static uint32_t word_at(const unsigned char *at) {
  return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

/** Adds a message of so many parts to the frame. A part without a place is nothing. */
static void say(unsigned char kind, int count, const vnes_text *parts) {
  size_t whole = 1;
  for (int i = 0; i < count; i++) whole += 4 + (parts[i].at ? parts[i].size : 0);
  put_word((uint32_t)whole);
  put_bytes(&kind, 1);
  for (int i = 0; i < count; i++) {
    put_word(parts[i].at ? (uint32_t)parts[i].size : NOTHING);
    if (parts[i].at) put_bytes(parts[i].at, parts[i].size);
  }
}

static void send_frame(void) {
  size_t whole = size, done = 0;
  size = 0;
  put_word((uint32_t)(whole - 4));
  put_word(number);
  while (done < whole) {
    ssize_t count = write(HOST, out + done, whole - done);
    if (count <= 0) _exit(1);
    done += (size_t)count;
  }
  size = HEADER;
}

static void receive(void *to, size_t wanted) {
  for (size_t done = 0; done < wanted;) {
    ssize_t count = read(HOST, (char *)to + done, wanted - done);
    if (count <= 0) _exit(0);
    done += (size_t)count;
  }
}

/** The next frame of the host, which holds one message. */
static message next_message(void) {
  unsigned char head[HEADER];
  receive(head, sizeof head);
  number = word_at(head + 4);
  size_t length = word_at(head) - 4;
  unsigned char *body = vnes_alloc(length);
  receive(body, length);
  return (message){body[4], body + 5, body + length};
}

static bool next_part(message *from, vnes_text *part) {
  if (from->at >= from->end) return false;
  uint32_t length = word_at(from->at);
  from->at += 4;
  *part = (vnes_text){length == NOTHING ? 0 : (const char *)from->at, length == NOTHING ? 0 : length};
  from->at += part->size;
  return true;
}

static vnes_text part_of(message *from) {
  vnes_text part = {0, 0};
  next_part(from, &part);
  return part;
}

static message ask(unsigned char kind, int count, const vnes_text *parts) {
  say(kind, count, parts);
  send_frame();
  return next_message();
}

vnes_result vnes_publish(vnes_text topic, vnes_text payload, const vnes_text *key) {
  say(PUBLISH, 3, (vnes_text[]){topic, payload, key ? *key : (vnes_text){0, 0}});
  return vnes_ok();
}

bool vnes_get(vnes_text key, vnes_text *value) {
  message answer = ask(GET, 1, &key);
  *value = part_of(&answer);
  return value->at != 0;
}

vnes_entries vnes_scan(vnes_text prefix) {
  message answer = ask(SCAN, 1, &prefix), count = answer;
  vnes_text part;
  size_t parts = 0;
  while (next_part(&count, &part)) parts++;
  vnes_entry *entries = vnes_alloc(parts / 2 * sizeof *entries);
  for (size_t at = 0; at < parts / 2; at++) {
    entries[at].key = part_of(&answer);
    entries[at].value = part_of(&answer);
  }
  return (vnes_entries){entries, parts / 2};
}

vnes_result vnes_put(vnes_text key, vnes_text value) {
  say(PUT, 2, (vnes_text[]){key, value});
  return vnes_ok();
}

vnes_result vnes_delete(vnes_text key) {
  say(DELETE, 1, &key);
  return vnes_ok();
}

vnes_result vnes_call(vnes_text capability, vnes_text method, vnes_text payload) {
  message answer = ask(CALL, 3, (vnes_text[]){capability, method, payload});
  return (vnes_result){answer.kind == GRANTED, part_of(&answer)};
}

static uint64_t number_in(vnes_text digits) {
  uint64_t value = 0;
  for (size_t at = 0; at < digits.size; at++) value = value * 10 + (uint64_t)(digits.at[at] - '0');
  return value;
}

uint64_t vnes_now(void) {
  message answer = ask(NOW, 0, 0);
  return number_in(part_of(&answer));
}

vnes_text vnes_random(uint32_t length) {
  char digits[10];
  int at = sizeof digits;
  do digits[--at] = (char)('0' + length % 10);
  while (length /= 10);
  message answer = ask(RANDOM, 1, &(vnes_text){digits + at, sizeof digits - (size_t)at});
  return part_of(&answer);
}

void vnes_log(vnes_level level, vnes_text line) {
  static const vnes_text names[] = {{"debug", 5}, {"info", 4}, {"warn", 4}, {"error", 5}};
  say(LOG, 2, (vnes_text[]){names[level], line});
}

_Noreturn void vnes_trap(vnes_text reason) {
  say(GAVE_UP, 1, &reason);
  send_frame();
  _exit(0);
}

vnes_text vnes_join(vnes_text first, vnes_text second) {
  char *joined = vnes_alloc(first.size + second.size + 1);
  if (first.size > 0) memcpy(joined, first.at, first.size);
  if (second.size > 0) memcpy(joined + first.size, second.at, second.size);
  return (vnes_text){joined, first.size + second.size};
}

static vnes_result handle(message *from) {
  vnes_event event = {.topic = part_of(from)};
  event.partition = (uint32_t)number_in(part_of(from));
  event.offset = number_in(part_of(from));
  event.time = number_in(part_of(from));
  vnes_text key = part_of(from);
  event.key = key.at ? &key : 0;
  event.payload = part_of(from);
  return capsule_handle(&event);
}

static vnes_result serve(message *from) {
  vnes_text method = part_of(from);
  return capsule_serve(method, part_of(from));
}

/**
 * Time comes from the host. The kernel refuses its own clocks; what is left are the pages by which it tells the time without being asked, and the
 * processor's counter. Who reaches for either is ended from here on. The C library's allocator does so once, when it is first used.
 */
static void give_up_clocks(void) {
  free(malloc(1));
  const ElfW(Ehdr) *pages = (const void *)getauxval(AT_SYSINFO_EHDR);
  if (pages) munmap((void *)(uintptr_t)pages, pages->e_shoff + (size_t)pages->e_shnum * pages->e_shentsize);
#ifdef __x86_64__
  if (prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0) != 0) _exit(1);
#endif
}

int main(void) {
  give_up_clocks();
  for (;; release()) {
    message asked = next_message();
    vnes_result result = asked.kind == ASKED_INIT     ? capsule_init(part_of(&asked))
                         : asked.kind == ASKED_HANDLE ? handle(&asked)
                                                      : serve(&asked);
    vnes_text text = result.text.at ? result.text : VNES_TEXT("");
    say(result.ok ? DONE : DECLINED, 1, &text);
    send_frame();
  }
}
