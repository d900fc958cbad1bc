"""A file system with one file, `disk`, for a loop device: every write and every flush that reaches it is recorded, in order.

    recording-disk.py DIRECTORY BYTES RECORD

A record is {kind u8: 1 write, 2 flush; time u64: CLOCK_MONOTONIC in nanoseconds; offset u64; length u32}, little-endian, and the bytes.
"""

import errno
import stat
import struct
import sys
import time

from fusepy import FUSE, FuseOSError, Operations

NAME = '/disk'


class RecordingDisk(Operations):
    def __init__(self, size, record):
        self.size = size
        self.content = bytearray(size)
        self.record = open(record, 'wb', buffering=0)

    def getattr(self, path, fh=None):
        if path == '/':
            return {'st_mode': stat.S_IFDIR | 0o700, 'st_nlink': 2}
        if path == NAME:
            return {'st_mode': stat.S_IFREG | 0o600, 'st_nlink': 1, 'st_size': self.size}
        raise FuseOSError(errno.ENOENT)

    def readdir(self, path, fh):
        return ['.', '..', NAME[1:]]

    def read(self, path, length, offset, fh):
        return bytes(self.content[offset:offset + length])

    def write(self, path, data, offset, fh):
        self.content[offset:offset + len(data)] = data
        self.note(1, offset, data)
        return len(data)

    def fsync(self, path, datasync, fh):
        self.note(2, 0, b'')
        return 0

    def note(self, kind, offset, data):
        self.record.write(struct.pack('<BQQI', kind, time.monotonic_ns(), offset, len(data)) + data)


if __name__ == '__main__':
    # One thread: what was recorded first was written first.
    FUSE(RecordingDisk(int(sys.argv[2]), sys.argv[3]), sys.argv[1], foreground=True, nothreads=True, big_writes=True)
