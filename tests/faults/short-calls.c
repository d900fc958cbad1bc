/*
 * Preloaded into a process, for the files under SHORT_CALLS_UNDER: the system reads and writes less than it is asked for, as it may, and is interrupted before it does anything. What a file
 * system does under a signal, a full pipe or a network below it; a program that takes one call for the whole is found out.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

typedef ssize_t (*reader)(int, void *, size_t, off_t);
typedef ssize_t (*writer)(int, const void *, size_t, off_t);

static __thread uint32_t state = 2463534242u;

static uint32_t next(void) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

static int chosen(int fd) {
  char link[32], path[512];
  const char *under = getenv("SHORT_CALLS_UNDER");
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path);
  return under && length > 0 && (size_t)length > strlen(under) && memcmp(path, under, strlen(under)) == 0;
}

/* One call in eight is interrupted, one in two is short. */
static int interrupted(void) {
  if (next() % 8 != 0) return 0;
  errno = EINTR;
  return 1;
}
static size_t some(size_t count) { return count > 1 && next() % 2 == 0 ? 1 + next() % (count - 1) : count; }

ssize_t pread64(int fd, void *bytes, size_t count, off_t offset) {
  static reader real;
  if (!real) real = (reader)dlsym(RTLD_NEXT, "pread64");
  if (!chosen(fd)) return real(fd, bytes, count, offset);
  return interrupted() ? -1 : real(fd, bytes, some(count), offset);
}
ssize_t pread(int fd, void *bytes, size_t count, off_t offset) { return pread64(fd, bytes, count, offset); }

ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t offset) {
  static writer real;
  if (!real) real = (writer)dlsym(RTLD_NEXT, "pwrite64");
  if (!chosen(fd)) return real(fd, bytes, count, offset);
  return interrupted() ? -1 : real(fd, bytes, some(count), offset);
}
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) { return pwrite64(fd, bytes, count, offset); }
