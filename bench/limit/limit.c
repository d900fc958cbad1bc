/* The least that the machine can do: the same bytes by the bare system calls, timed inside. Built by limit.ts. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
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

/* XXH64 with seed 0, little-endian: the checksum of pages and headers. */

#define P1 0x9E3779B185EBCA87ULL
#define P2 0xC2B2AE3D27D4EB4FULL
#define P3 0x165667B19E3779F9ULL
#define P4 0x85EBCA77C2B2AE63ULL
#define P5 0x27D4EB2F165667C5ULL

static inline uint64_t word_at(const uint8_t *bytes) {
  uint64_t word;
  memcpy(&word, bytes, sizeof word);
  return word;
}

static inline uint64_t turn(uint64_t value, int bits) { return (value << bits) | (value >> (64 - bits)); }

static inline uint64_t lane(uint64_t sum, uint64_t word) { return turn(sum + word * P2, 31) * P1; }

static inline uint64_t merge(uint64_t hash, uint64_t sum) { return (hash ^ lane(0, sum)) * P1 + P4; }

/* Of whole 8-byte words: pages and headers have no others. */
uint64_t limit_xxh64(const uint8_t *bytes, uint64_t length) {
  const uint8_t *end = bytes + length;
  uint64_t hash = P5;
  if (length >= 32) {
    uint64_t a = P1 + P2, b = P2, c = 0, d = 0 - P1;
    for (; bytes + 32 <= end; bytes += 32) {
      a = lane(a, word_at(bytes));
      b = lane(b, word_at(bytes + 8));
      c = lane(c, word_at(bytes + 16));
      d = lane(d, word_at(bytes + 24));
    }
    hash = merge(merge(merge(merge(turn(a, 1) + turn(b, 7) + turn(c, 12) + turn(d, 18), a), b), c), d);
  }
  hash += length;
  for (; bytes + 8 <= end; bytes += 8) hash = turn(hash ^ lane(0, word_at(bytes)), 27) * P1 + P4;
  hash = (hash ^ (hash >> 33)) * P2;
  hash = (hash ^ (hash >> 29)) * P3;
  return hash ^ (hash >> 32);
}

/* Maps a file for writing; NULL where that fails. */
uint8_t *limit_map(int fd, uint64_t length) {
  void *mapping = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return mapping == MAP_FAILED ? NULL : mapping;
}

int limit_unmap(uint8_t *mapping, uint64_t length) { return munmap(mapping, length); }

enum { PAGE = 4096, SLOTS_AT = 8192, PAGES_AT = 16384, HEADER = 72, ROOT_AT = 40 };

/*
 * A checkpoint as L1 takes it: hashes the pages that changed and keeps the root, copies the pages that the slot lacks into it, its header
 * last. The header comes filled but for the checksum and the root. Returns nanoseconds.
 */
double limit_checkpoint(uint8_t *mapping, uint8_t *image, uint64_t *root, uint32_t slot, const uint32_t *changed, uint32_t changed_count,
                        const uint32_t *lacking, uint32_t lacking_count, uint8_t *header) {
  double start = now_ns();
  for (uint32_t i = 0; i < changed_count; i++) {
    uint8_t *page = image + (uint64_t)changed[i] * PAGE;
    uint64_t hash = limit_xxh64(page + 8, PAGE - 8);
    *root += hash - word_at(page);
    memcpy(page, &hash, sizeof hash);
  }
  for (uint32_t i = 0; i < lacking_count; i++) {
    uint64_t page = lacking[i];
    memcpy(mapping + PAGES_AT + PAGE * (2 * page + slot), image + page * PAGE, PAGE);
  }
  memcpy(header + ROOT_AT, root, sizeof *root);
  uint64_t checksum = limit_xxh64(header + 8, HEADER - 8);
  memcpy(header, &checksum, sizeof checksum);
  memcpy(mapping + SLOTS_AT + PAGE * slot, header, HEADER);
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

enum { PAGE_BYTES = 4096, PAGE_HEADER = 32, SEGMENT_HEADER = 4096, FRAME_HEADER = 80, FRAME_MAGIC = 0x4d524652, RECORD_HEADER = 24 };
enum { CHANGE_CLEAR = 1, CHANGE_PAGE = 2 };

static inline uint32_t quad_at(const uint8_t *bytes) {
  uint32_t quad;
  memcpy(&quad, bytes, sizeof quad);
  return quad;
}

/* `changed` is a list of pages behind its length. */
static uint64_t hash_changed(const uint8_t *image, uint8_t *is_changed, uint32_t *changed) {
  uint64_t sum = 0;
  for (uint32_t i = 1; i <= changed[0]; i += 1) {
    is_changed[changed[i]] = 0;
    sum += limit_xxh64(image + (uint64_t)changed[i] * PAGE_BYTES + 8, PAGE_BYTES - 8);
  }
  changed[0] = 0;
  return sum;
}

/* Copies the after-images of one record; `geometry` has per table its first page, rows a page, bytes a row. */
static void copy_record(const uint8_t *record, uint8_t *image, uint8_t *is_changed, uint32_t *changed, const uint32_t *geometry) {
  const uint8_t *change = record + RECORD_HEADER + ((quad_at(record + 16) + 7) & ~7u);
  for (uint32_t left = quad_at(record + 20); left > 0; left -= 1) {
    uint32_t row = quad_at(change), bytes = change[7] * 8u;
    const uint32_t *table = geometry + change[4] * 3;
    if (change[5] != CHANGE_PAGE) {
      uint32_t index = row / table[1], page = table[0] + index;
      uint8_t *target = image + (uint64_t)page * PAGE_BYTES + PAGE_HEADER + (row - index * table[1]) * table[2];
      if (change[5] == CHANGE_CLEAR) memset(target, 0, table[2]);
      else memcpy(target + change[6] * 8u, change + 8, bytes);
      if (!is_changed[page]) {
        is_changed[page] = 1;
        changed[++changed[0]] = page;
      }
    }
    change += 8 + bytes;
  }
}

/*
 * Reads a segment through the buffer, checks its frames, copies the after-images of the records above the LSN `above`, and hashes the pages
 * that changed wherever a root was logged, and at the end. Returns how many records were copied, or -1.
 */
int64_t limit_replay(int fd, uint8_t *buffer, uint64_t buffer_bytes, uint8_t *image, uint8_t *is_changed, uint32_t *changed,
                     const uint32_t *geometry, uint32_t root_mark, uint64_t above) {
  int64_t records = 0;
  uint64_t position = SEGMENT_HEADER, have = 0, at = 0;
  for (;;) {
    if (have - at < FRAME_HEADER || have - at < FRAME_HEADER + (uint64_t)quad_at(buffer + at + 60)) {
      ssize_t got = pread(fd, buffer, buffer_bytes, (off_t)position);
      if (got < 0) return -1;
      have = (uint64_t)got;
      at = 0;
      if (have < FRAME_HEADER) break;
    }
    const uint8_t *frame = buffer + at;
    uint64_t need = FRAME_HEADER + (uint64_t)quad_at(frame + 60);
    if (quad_at(frame + 8) != FRAME_MAGIC) break;
    if (at + need > have || limit_xxh64(frame + 8, need - 8) != word_at(frame)) return -1;
    uint64_t lsn = word_at(frame + 48);
    for (const uint8_t *record = frame + FRAME_HEADER; record < frame + need; record += quad_at(record), lsn += 1) {
      if (lsn <= above) continue;
      if (record[4] == root_mark) hash_changed(image, is_changed, changed);
      copy_record(record, image, is_changed, changed, geometry);
      records += 1;
    }
    position += need;
    at += need;
  }
  return records;
}
