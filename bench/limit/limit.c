/* The least that the machine can do: the same bytes by the bare system calls, timed inside. Built by limit.ts. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now_ns(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

/* Writes and syncs; returns what that took in nanoseconds, or -1. */
double limit_commit(int fd, const void *bytes, uint64_t length, int64_t offset) {
  double start = now_ns();
  if (pwrite(fd, bytes, length, offset) != (ssize_t)length) return -1;
  if (fdatasync(fd) != 0) return -1;
  return now_ns() - start;
}

/* Copies the same bytes `count` times to places that follow each other in a ring; returns the nanoseconds of one copy. */
double limit_copy(char *ring, uint64_t capacity, const void *bytes, uint64_t length, uint64_t count) {
  uint64_t at = 0;
  double start = now_ns();
  for (uint64_t i = 0; i < count; i += 1) {
    if (at + length > capacity) at = 0;
    memcpy(ring + at, bytes, length);
    at += length;
  }
  return (now_ns() - start) / (double)count;
}
