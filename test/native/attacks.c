/** A capsule that does what the key of an event tells it to, and mostly what it should not; compiled in place of main.c. */
#define _GNU_SOURCE
#include "vnes.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static vnes_text OUT = VNES_TEXT("out.v1");
static unsigned asked;

static void raw(const void *bytes, size_t size) {
  if (write(3, bytes, size) < 0) _exit(9);
}

/** A frame of this number with these bytes as its messages. */
static void frame(uint32_t number, const char *messages, uint32_t size) {
  uint32_t head[] = {size + 4, number};
  raw(head, sizeof head);
  if (size > 0) raw(messages, size);
}

static void message(const char *bytes, uint32_t size) {
  char whole[100];
  memcpy(whole, &size, 4);
  memcpy(whole + 4, bytes, size);
  frame(asked, whole, size + 4);
  for (;;) pause();
}

static void publish(const char *text) {
  char json[300];
  snprintf(json, sizeof json, "\"%s\"", text);
  char *copy = vnes_alloc(strlen(json));
  memcpy(copy, json, strlen(json));
  vnes_publish(OUT, (vnes_text){copy, strlen(json)}, 0);
}

static int deep(volatile char *above) {
  volatile char here[4096];
  here[0] = above ? above[0] : 1;
  return deep(here) + here[0];
}

static void errno_of(long result) {
  char text[40];
  snprintf(text, sizeof text, "%s %d", result < 0 ? "denied" : "allowed", result < 0 ? errno : 0);
  publish(text);
}

extern char **environ;

vnes_result capsule_init(vnes_text config) {
  (void)config;
  asked++;
  return vnes_ok();
}

vnes_result capsule_serve(vnes_text method, vnes_text payload) {
  if (method.size == 5) vnes_trap(VNES_TEXT("a service gave up"));
  if (method.size == 4) return vnes_error(payload);
  return vnes_value(payload);
}

vnes_result capsule_handle(const vnes_event *event) {
  char name[40] = {0};
  memcpy(name, event->key->at, event->key->size < 39 ? event->key->size : 39);
  asked++;
#define IS(text) (strcmp(name, text) == 0)
  if (IS("garbage")) raw("GET / HTTP/1.1\r\n", 16), pause();
  if (IS("zero")) raw("\0\0\0\0\0\0\0\0", 8), pause();
  if (IS("oversize")) raw("\xff\xff\xff\xff\1\0\0\0", 8), pause();
  if (IS("truncated")) frame(asked, "\0\0", 0), _exit(0);
  if (IS("half")) raw("\x40\0\0\0", 4), _exit(4);
  if (IS("stale")) frame(asked - 1, "\6\0\0\0\x14\0\0\0\0", 9), pause();
  if (IS("twice")) frame(asked, "\5\0\0\0\x14\0\0\0\0", 9), frame(asked, "\5\0\0\0\x14\0\0\0\0", 9), pause();
  if (IS("empty")) frame(asked, "", 0), pause();
  if (IS("long part")) message("\x14\xff\0\0\0x", 6);
  if (IS("cut part")) message("\x14\1\0", 3);
  if (IS("no utf8")) message("\x14\2\0\0\0\xc3\x28", 7);
  if (IS("surrogate")) message("\x14\3\0\0\0\xed\xa0\x80", 8);
  if (IS("parts")) message("\x14\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 37);
  if (IS("no result")) message("\x14", 1);
  if (IS("unknown end")) message("\x63\0\0\0\0", 5);
  if (IS("unknown question")) message("\x0f", 1);
  if (IS("host's kind")) message("\x0a", 1);
  if (IS("bad level")) message("\x09\4\0\0\0loud\0\0\0\0", 13);
  if (IS("bad length")) message("\x08\1\0\0\0x", 6);
  if (IS("no topic")) message("\1", 1);
  if (IS("question first")) frame(asked, "\1\0\0\0\7\5\0\0\0\x14\0\0\0\0", 14), pause();
  if (IS("undeclared")) vnes_publish(VNES_TEXT("none.v1"), VNES_TEXT("1"), 0);
  if (IS("not json")) vnes_publish(OUT, VNES_TEXT("{"), 0);
  if (IS("foreign")) vnes_put(VNES_TEXT("other/c"), VNES_TEXT("1"));
  if (IS("peek")) vnes_get(VNES_TEXT("secret/x"), &(vnes_text){0, 0});
  if (IS("greedy")) vnes_random(70000);
  if (IS("no service")) vnes_call(VNES_TEXT("none"), VNES_TEXT("x"), VNES_TEXT("1"));
  if (IS("publishes"))
    for (int i = 0; i < 10001; i++) vnes_publish(OUT, VNES_TEXT("1"), 0);
  if (IS("messages"))
    for (int i = 0; i < 30000; i++) vnes_publish(OUT, VNES_TEXT("1"), 0);
  if (IS("megabytes"))
    for (int i = 0; i < 30; i++) vnes_log(VNES_INFO, (vnes_text){vnes_alloc(1 << 20), 1 << 20});
  if (IS("questions"))
    for (;;) vnes_now();
  if (IS("flood")) {
    static char zeros[1 << 16];
    memset(zeros, 1, sizeof zeros);
    for (;;) raw(zeros, sizeof zeros);
  }
  if (IS("whole flood")) {
    static char zeros[1 << 16];
    uint32_t head[] = {32 << 20, asked};
    raw(head, sizeof head);
    for (;;) raw(zeros, sizeof zeros);
  }
  if (IS("shouts")) {
    static char line[1 << 16];
    for (int i = 0; i < 400; i++)
      if (write(2, line, sizeof line) < 0) break;
    publish("heard");
  }
  if (IS("prints")) {
    for (int i = 0; i < 100000; i++) puts("a line that nobody reads");
    publish("printed");
  }
  if (IS("loops"))
    for (volatile int i = 0;; i++) {}
  if (IS("segv")) *(volatile int *)0 = 1;
  if (IS("fpe")) publish((char[]){(char)('0' + 1 / (int)(event->time - event->time)), 0});
  if (IS("trap")) __builtin_trap();
  if (IS("abort")) abort();
  if (IS("deep")) deep(0);
  if (IS("exits")) _exit(7);
  if (IS("leaves")) exit(0);
  if (IS("gives up")) vnes_trap(VNES_TEXT("no more"));
  if (IS("clock")) errno_of(clock_gettime(CLOCK_MONOTONIC, &(struct timespec){0}));
  if (IS("time")) errno_of(time(0));
#ifdef __x86_64__
  if (IS("rdtsc")) __builtin_ia32_rdtsc(), publish("told");
#endif
  if (IS("clock call")) errno_of(syscall(SYS_clock_gettime, 0, &(struct timespec){0}));
  if (IS("getrandom")) errno_of(syscall(SYS_getrandom, (char[8]){0}, 8, 0));
  if (IS("fork")) fork(), publish("forked");
  if (IS("exec")) execve("/bin/sh", (char *[]){"sh", 0}, 0), errno_of(-1);
  if (IS("thread")) syscall(SYS_clone, 0x10f00, 0, 0, 0, 0), publish("cloned");
  if (IS("socket")) socket(AF_INET, SOCK_STREAM, 0), publish("made");
  if (IS("parent")) kill(getppid(), SIGKILL), publish("killed");
  if (IS("itself")) kill(getpid(), SIGKILL), publish("killed");
  if (IS("passwd")) errno_of(open("/etc/passwd", O_RDONLY));
  if (IS("writes")) errno_of(open("/file", O_CREAT | O_WRONLY, 0600));
  if (IS("own file")) errno_of(open("/bin/program", O_WRONLY));
  if (IS("proc")) errno_of(open("/proc/self/environ", O_RDONLY));
  if (IS("granted")) {
    char text[40] = {0};
    int file = open("/granted/data/words", O_RDONLY);
    if (file < 0 || read(file, text, 39) < 0) errno_of(-1); else publish(text);
  }
  if (IS("scratch")) {
    char text[8] = {0};
    int file = open("/scratch/a", O_CREAT | O_EXCL | O_RDWR, 0600);
    if (file < 0) return errno_of(-1), vnes_ok();
    write(file, "kept", 4);
    rename("/scratch/a", "/scratch/b");
    file = open("/scratch/b", O_RDONLY);
    read(file, text, 7);
    unlink("/scratch/b");
    publish(text);
  }
  if (IS("scratch keep")) errno_of(open("/scratch/kept", O_CREAT | O_EXCL | O_RDWR, 0600));
  if (IS("scratch much")) {
    static char block[65536];
    int file = open("/scratch/much", O_CREAT | O_WRONLY, 0600);
    while (write(file, block, sizeof block) > 0);
    errno_of(-1);
  }
  if (IS("scratch out")) errno_of(open("/scratch/../x", O_CREAT | O_WRONLY, 0600));
  if (IS("granted write")) errno_of(open("/granted/data/words", O_WRONLY));
  if (IS("sleep")) sleep(1), publish("slept");
  if (IS("memory")) {
    size_t room = 0;
    while (malloc(1 << 20)) room++;
    publish(room < 128 ? "ran out" : "too much");
  }
  if (IS("arena"))
    for (;;) vnes_alloc(1 << 20);
  if (IS("environment")) publish(environ && environ[0] && strcmp(environ[0], "PWD=/") ? environ[0] : "empty");
  if (IS("where")) {
    char text[60];
    snprintf(text, sizeof text, "%p %p", (void *)name, malloc(8));
    publish(text);
  }
  if (IS("refuses")) return vnes_error(VNES_TEXT("not today"));
  if (IS("count")) {
    static int count;
    publish((char[]){(char)('0' + ++count), 0});
  }
  if (IS("calls")) {
    vnes_result first = vnes_call(VNES_TEXT("geo"), VNES_TEXT("x"), VNES_TEXT("{\"a\":[1]}"));
    vnes_result second = vnes_call(VNES_TEXT("geo"), VNES_TEXT("fail"), VNES_TEXT("\"sorry\""));
    vnes_result third = vnes_call(VNES_TEXT("geo"), VNES_TEXT("traps"), VNES_TEXT("1"));
    vnes_publish(OUT, first.text, 0);
    vnes_log(VNES_INFO, second.text);
    vnes_log(VNES_INFO, third.text);
    if (!first.ok || second.ok || third.ok) abort();
  }
  if (IS("wasm")) {
    vnes_result counted = vnes_call(VNES_TEXT("geo"), VNES_TEXT("count"), VNES_TEXT("null"));
    if (!counted.ok) vnes_trap(counted.text);
    vnes_publish(OUT, counted.text, 0);
  }
  return vnes_ok();
}
