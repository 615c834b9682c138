/** A capsule that asks the machine for all that differs elsewhere, and publishes the answers. It speaks with its host by itself. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

static char heap[1 << 17], out[1 << 17], padding[40000];
static uint32_t size;

static void take(void *to, size_t wanted) {
  for (size_t done = 0; done < wanted;) {
    ssize_t count = read(3, (char *)to + done, wanted - done);
    if (count <= 0) _exit(0);
    done += (size_t)count;
  }
}

static void put(const void *bytes, uint32_t count) {
  memcpy(out + size, bytes, count);
  size += count;
}

static void part(const char *text) {
  uint32_t length = (uint32_t)strlen(text);
  put(&length, 4);
  put(text, length);
}

static void publish(const char *text) {
  uint32_t nothing = 0xffffffff, length = (uint32_t)(1 + 4 + 6 + 4 + strlen(text) + 4);
  put(&length, 4);
  put("\1", 1);
  part("out.v1");
  part(text);
  put(&nothing, 4);
}

static uint64_t cpuid(void) {
  uint32_t a = 1, b, c = 0, d;
  __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  return (uint64_t)c << 32 | a;
}

/** Time passes: first by computing, over some ticks of the kernel's, then by waiting. */
static uint64_t later(void) {
  for (volatile int left = 3000000; left > 0; left--) {}
  int nobody = 0;
  syscall(SYS_futex, &nobody, FUTEX_WAIT, 0, &(struct timespec){0, 3000000}, 0, 0);
  return __rdtsc();
}

int main(void) {
  memset(padding, 'x', sizeof padding - 1);
  for (uint32_t head[2];;) {
    take(head, 8);
    take(heap, head[0] - 4);
    size = 4;
    put(&head[1], 4);
    if (heap[4] == 2) {
      struct timespec wall = {0}, steady = {0};
      uint64_t counter = __rdtsc(), then = later();
      int told = clock_gettime(CLOCK_REALTIME, &wall), more = clock_gettime(CLOCK_MONOTONIC, &steady);
      long random = syscall(SYS_getrandom, (char[8]){0}, 8, 0);
      const uint64_t *drawn = (const uint64_t *)getauxval(AT_RANDOM);
      static char text[41000];
      snprintf(text, sizeof text,
               "{\"counter\":\"%llx\",\"later\":\"%llx\",\"padding\":\"%s\",\"wall\":\"%d %lx.%lx\",\"steady\":\"%d %lx.%lx\",\"random\":%ld,\"drawn\":\"%llx %llx\","
               "\"stack\":\"%p\",\"memory\":\"%p\",\"code\":\"%p\",\"processor\":\"%llx\",\"process\":%d}",
               (unsigned long long)counter, (unsigned long long)then, padding, told, wall.tv_sec, wall.tv_nsec, more, steady.tv_sec, steady.tv_nsec,
               random < 0 ? -(long)errno : random, (unsigned long long)drawn[0], (unsigned long long)drawn[1], (void *)&told,
               malloc(100000), (void *)main, (unsigned long long)cpuid(), getpid());
      publish(text);
    }
    uint32_t length = 5, rest;
    put(&length, 4);
    put("\x14\0\0\0\0", 5);
    rest = size - 4;
    memcpy(out, &rest, 4);
    for (uint32_t done = 0; done < size;) {
      ssize_t count = write(3, out + done, size - done);
      if (count <= 0) _exit(9);
      done += (uint32_t)count;
    }
  }
}
