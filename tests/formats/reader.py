#!/usr/bin/env python3
"""Reads a store without the engine's code: written from docs/FORMATS.md alone, in another language.

    reader.py STORE [--from l1|l2|l3|l4|log] [--state] [--intents] [--formats FORMATS.md] [--node NODE]

Verifies every file and prints a report as JSON: what was read, the findings, and per source the digest of the state at the
end of the log. --state adds the canonical state, --intents the decoded intents. Exit status: 0 sound, 3 findings, 2 unreadable.

The tables and the operations are taken from FORMATS.md itself, so that a change there needs no change here. Standard library
only; zstd is taken from Python 3.14 where it is there, otherwise from Node through a pipe.
"""

import argparse
import base64
import datetime
import hashlib
import json
import os
import re
import sqlite3
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = 4096
M64 = (1 << 64) - 1
MARK = struct.Struct('<IIQQQQq8s')


class Damage(Exception):
    """Bytes that are not what the document says."""


def need(condition, text):
    if not condition:
        raise Damage(text)


# --- XXH64 ---------------------------------------------------------------------------------------------------------------

P1, P2, P3, P4, P5 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5


def xxh64(data, seed=0):
    data = bytes(data)
    size = len(data)
    whole = size // 32
    if whole:
        a, b, c, d = (seed + P1 + P2) & M64, (seed + P2) & M64, seed, (seed - P1) & M64
        words = struct.unpack_from('<%dQ' % (whole * 4), data)
        for i in range(0, whole * 4, 4):
            a = (a + words[i] * P2) & M64
            a = ((a << 31 | a >> 33) & M64) * P1 & M64
            b = (b + words[i + 1] * P2) & M64
            b = ((b << 31 | b >> 33) & M64) * P1 & M64
            c = (c + words[i + 2] * P2) & M64
            c = ((c << 31 | c >> 33) & M64) * P1 & M64
            d = (d + words[i + 3] * P2) & M64
            d = ((d << 31 | d >> 33) & M64) * P1 & M64
        h = (
            ((a << 1 | a >> 63) & M64)
            + ((b << 7 | b >> 57) & M64)
            + ((c << 12 | c >> 52) & M64)
            + ((d << 18 | d >> 46) & M64)
        ) & M64
        for lane in (a, b, c, d):
            lane = lane * P2 & M64
            lane = ((lane << 31 | lane >> 33) & M64) * P1 & M64
            h = ((h ^ lane) * P1 + P4) & M64
    else:
        h = (seed + P5) & M64
    h = (h + size) & M64
    at = whole * 32
    while at + 8 <= size:
        lane = struct.unpack_from('<Q', data, at)[0] * P2 & M64
        lane = ((lane << 31 | lane >> 33) & M64) * P1 & M64
        h ^= lane
        h = (((h << 27 | h >> 37) & M64) * P1 + P4) & M64
        at += 8
    if at + 4 <= size:
        h ^= struct.unpack_from('<I', data, at)[0] * P1 & M64
        h = (((h << 23 | h >> 41) & M64) * P2 + P3) & M64
        at += 4
    while at < size:
        h ^= data[at] * P5 & M64
        h = ((h << 11 | h >> 53) & M64) * P1 & M64
        at += 1
    h ^= h >> 33
    h = h * P2 & M64
    h ^= h >> 29
    h = h * P3 & M64
    return h ^ h >> 32


# --- FORMATS.md: tables and operations -----------------------------------------------------------------------------------


def enum_names(text):
    return {int(number): name for number, name in (part.split(' ') for part in text.split(', '))}


class Column:
    def __init__(self, offset, size, name, kind):
        self.offset, self.size, self.name = int(offset), int(size), name
        self.scale, self.target, self.names = None, None, None
        if kind in ('u8', 'u32', 'u64'):
            self.kind = kind
        elif kind == 'u8: 0 or 1':
            self.kind = 'flag'
        elif kind.startswith('u8: '):
            self.kind, self.names = 'enum', enum_names(kind[4:])
        elif kind == 'i64 nanoseconds':
            self.kind = 'time'
        elif kind.startswith('u8 length'):
            self.kind = 'text'
        elif kind.startswith('u32 first chunk row'):
            self.kind, self.base64 = 'blob', kind.endswith('; bytes')
        elif re.fullmatch(r'u32: \w+ row \+ 1', kind):
            self.kind, self.target = 'reference', kind.split()[1]
        else:
            match = re.fullmatch(r'i(64|128), scale (\d+|of the (?:price|quantity|asset))', kind)
            if not match:
                raise Damage('FORMATS.md: column %s has the unknown type "%s"' % (name, kind))
            self.kind = 'amount'
            self.scale = int(match[2]) if match[2].isdigit() else match[2].split()[-1]


class Table:
    def __init__(self, name, number, hot, width, rows, key):
        self.name, self.number, self.hot, self.width, self.rows = name, int(number), hot, int(width), int(rows)
        self.key = [] if key == 'none' else key.split(', ')
        self.columns = []
        self.unnamed = 0

    def close(self):
        """The bits of a row that no column has, as one number."""
        named = bytearray(b'\xff' * self.width)
        for column in self.columns:
            named[column.offset : column.offset + column.size] = bytes(column.size)
        named[0] = 0
        self.unnamed = int.from_bytes(named, 'little')


def read_formats(path):
    """Tables by number and operations by id, as the document declares them."""
    with open(path, encoding='utf-8') as file:
        text = file.read()
    tables, operations = {}, {}
    _, _, rest = text.partition('\n## Tables\n')
    part, _, rest = rest.partition('\n## Operations\n')
    for section in part.split('\n### ')[1:]:
        name = section.split('\n', 1)[0].strip()
        head = re.search(r'Table (\d+), \w+(, hot)?; (\d+) bytes a row, (\d+) rows a page; key: ([\w, ]+)\.', section)
        need(head, 'FORMATS.md: table %s has no description' % name)
        table = Table(name, head[1], bool(head[2]), head[3], head[4], head[5])
        for row in re.findall(r'^\| (\d+) \| (\d+) \| ([\w ]+) \| (.+) \|$', section, re.M):
            if row[2] != 'in use':
                table.columns.append(Column(*row))
        table.close()
        tables[table.number] = table
    for section in rest.split('\n### ')[1:]:
        head = re.match(r'([\w.]+) \((\d+)\)', section)
        fields = re.search(r'^Fields: (.*)\.$', section, re.M)
        need(head and fields, 'FORMATS.md: an operation has no fields')
        parsed = []
        for field in fields[1].split('; '):
            match = re.fullmatch(r'(\w+) (\w+)(?:\((.*)\))?', field)
            need(match, 'FORMATS.md: field "%s"' % field)
            parsed.append((match[1], match[2], enum_names(match[3]) if match[3] else None))
        operations[int(head[2])] = (head[1], parsed)
    need(tables and operations, 'FORMATS.md: no tables or no operations')
    return tables, operations


# --- values --------------------------------------------------------------------------------------------------------------


def decimal(units, scale):
    sign, digits = ('-' if units < 0 else ''), str(abs(units)).rjust(scale + 1, '0')
    if scale:
        whole, part = digits[:-scale], digits[-scale:].rstrip('0')
        return sign + whole + ('.' + part if part else '')
    return sign + digits


def iso(ns):
    if ns == 0:
        return None
    seconds, rest = divmod(ns, 10**9)
    when = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
    return when.strftime('%Y-%m-%dT%H:%M:%S').rjust(19, '0') + '.%09dZ' % rest


def compact(value, sort=False):
    return json.dumps(value, ensure_ascii=False, sort_keys=sort, separators=(',', ':'))


def is_zero(data):
    return not any(data) if len(data) < 64 else bytes(data).count(0) == len(data)


def decode_intent(operations, operation, data):
    need(operation in operations, 'unknown operation %d' % operation)
    name, fields = operations[operation]
    at, values = 0, {'type': name}

    def take(size):
        nonlocal at
        need(at + size <= len(data), 'intent of %s ends early' % name)
        at += size
        return data[at - size : at]

    for field, kind, names in fields:
        if kind == 'text':
            value = take(take(1)[0]).decode('utf-8')
        elif kind == 'decimal':
            scale = take(1)[0]
            if scale == 255:
                value = ''
            elif scale >= 128:
                value = decimal(int.from_bytes(take(16), 'little', signed=True), scale - 128)
            else:
                value = decimal(int.from_bytes(take(8), 'little', signed=True), scale)
        elif kind == 'time':
            value = str(int.from_bytes(take(8), 'little', signed=True))
        elif kind == 'enum':
            number = take(1)[0]
            need(number in names, 'intent of %s: %s is %d' % (name, field, number))
            value = names[number]
        elif kind == 'flag':
            number = take(1)[0]
            need(number < 2, 'intent of %s: %s is %d' % (name, field, number))
            value = number == 1
        elif kind == 'u32':
            value = int.from_bytes(take(4), 'little')
        elif kind == 'u64':
            value = str(int.from_bytes(take(8), 'little'))
        elif kind == 'json':
            value = take(int.from_bytes(take(4), 'little')).decode('utf-8')
        elif kind == 'bytes':
            value = base64.b64encode(take(int.from_bytes(take(4), 'little'))).decode('ascii')
        else:
            raise Damage('FORMATS.md: field of the unknown type %s' % kind)
        values[field] = value
    need(at == len(data), 'intent of %s has %d bytes too many' % (name, len(data) - at))
    return values


# --- pages and images ----------------------------------------------------------------------------------------------------

PAGE_HEAD = struct.Struct('<QQIIHHI')


def check_page(tables, data, number):
    """The header of a page whose bytes hash to its own hash, or None for a free page."""
    if is_zero(data):
        return None
    stored, lsn, own, index, table, version, zero = PAGE_HEAD.unpack_from(data)
    need(xxh64(data[8:]) == stored, 'page %d: hash' % number)
    need(own == number, 'page %d: says that it is page %d' % (number, own))
    need(version == 1, 'page %d: layout version %d' % (number, version))
    need(table in tables and zero == 0, 'page %d: header' % number)
    return stored, lsn, index, tables[table]


class Image:
    """Pages by their number, and the places of the tables' pages."""

    def __init__(self, tables):
        self.tables, self.pages, self.places, self.dirty = tables, {}, {}, {}

    def add(self, number, data, head):
        place = (head[3].number, head[2])
        need(place not in self.places, 'page %d: its place is taken' % number)
        self.places[place] = number
        self.pages[number] = bytearray(data)
        self.dirty[number] = head[0]

    def hash_of(self, number):
        if self.dirty[number] is None:
            page = self.pages[number]
            self.dirty[number] = xxh64(page[8:])
            struct.pack_into('<Q', page, 0, self.dirty[number])
        return self.dirty[number]

    def root(self):
        return sum(self.hash_of(number) for number in self.pages) & M64

    def apply(self, lsn, changes):
        """Redo: pages that are at this LSN or above keep what they have; all changes of one record count as one."""
        touched = set()
        for row, number, kind, first, words in changes:
            table = self.tables[number]
            if kind == 2:
                place = struct.unpack('<Q', words)[0]
                if place in self.pages:
                    need(self.places.get((number, row)) == place, 'LSN %d: page %d is taken' % (lsn, place))
                    need(self.lsn(place) >= lsn, 'LSN %d: page %d is allocated twice' % (lsn, place))
                    continue
                page = bytearray(PAGE)
                PAGE_HEAD.pack_into(page, 0, 0, 0, place, row, number, 1, 0)
                self.pages[place], self.places[(number, row)] = page, place
                self.dirty[place] = None
                touched.add(place)
                continue
            place = self.places.get((number, row // table.rows))
            need(place is not None, 'LSN %d: %s has no page for row %d' % (lsn, table.name, row))
            if place not in touched and self.lsn(place) >= lsn:
                continue
            at = 32 + row % table.rows * table.width
            if kind == 0:
                need(first * 8 + len(words) <= table.width, 'LSN %d: words behind the row' % lsn)
                self.pages[place][at + first * 8 : at + first * 8 + len(words)] = words
            else:
                self.pages[place][at : at + table.width] = bytes(table.width)
            touched.add(place)
        for place in touched:
            struct.pack_into('<Q', self.pages[place], 8, lsn)
            self.dirty[place] = None

    def lsn(self, number):
        return struct.unpack_from('<Q', self.pages[number], 8)[0]

    def rows(self, number):
        """(row, bytes) of every row in use."""
        table = self.tables[number]
        for (owner, index), place in sorted(self.places.items()):
            if owner == number:
                page = self.pages[place]
                for slot in range(table.rows):
                    at = 32 + slot * table.width
                    if page[at] == 1:
                        row = bytes(page[at : at + table.width])
                        need(not int.from_bytes(row, 'little') & table.unnamed, 'page %d: bytes that no column has' % place)
                        yield index * table.rows + slot, row
                    else:
                        need(is_zero(page[at : at + table.width]), 'page %d: a free row is not zero' % place)
                need(is_zero(page[32 + table.rows * table.width :]), 'page %d: bytes behind the rows' % place)


# --- the canonical state -------------------------------------------------------------------------------------------------


def utf16(value):
    """Strings in the order of their UTF-16 code units; a key that refers to nothing comes first."""
    return b'' if value is None else str(value).encode('utf-16-be', 'surrogatepass')


class Canonical:
    def __init__(self, image):
        self.image = image
        self.by_name = {table.name: table for table in image.tables.values()}
        raw = {name: dict(image.rows(table.number)) for name, table in self.by_name.items()}
        self.raw = raw
        self.strings = {row: self.inline(data, 8) for row, data in raw['dictionary'].items()}
        self.chunks = {row: (struct.unpack_from('<I', data, 4)[0], data[9 : 9 + data[8]]) for row, data in raw['chunks'].items()}
        self.used = set()
        self.instruments = {row: self.fixed('instruments', data) for row, data in raw['instruments'].items()}
        self.scales = {}
        for data in raw['assets'].values():
            self.scales[self.string(struct.unpack_from('<I', data, 4)[0])] = data[1]
        self.tables = {name: self.table(table) for name, table in self.by_name.items() if name not in ('dictionary', 'chunks')}

    @staticmethod
    def inline(data, offset):
        return data[offset + 1 : offset + 1 + data[offset]].decode('utf-8')

    def string(self, reference):
        if reference == 0:
            return None
        need(reference - 1 in self.strings, 'a reference to the string %d, which is not there' % reference)
        return self.strings[reference - 1]

    def fixed(self, table, data):
        values = {}
        for column in self.by_name[table].columns:
            if column.kind == 'reference':
                values[column.name] = self.string(struct.unpack_from('<I', data, column.offset)[0])
            elif column.kind == 'u8':
                values[column.name] = data[column.offset]
        return values

    def instrument(self, reference):
        if reference == 0:
            return None
        need(reference - 1 in self.instruments, 'a reference to the instrument %d, which is not there' % reference)
        return self.instruments[reference - 1]

    def blob(self, data, offset):
        reference, length = struct.unpack_from('<II', data, offset)
        parts = []
        while reference:
            need(reference - 1 in self.chunks and reference not in self.used, 'a blob has no chunk %d' % reference)
            self.used.add(reference)
            reference, part = self.chunks[reference - 1]
            parts.append(part)
        value = b''.join(parts)
        need(len(value) == length, 'a blob has %d bytes of %d' % (len(value), length))
        return value

    def scale(self, table, column, row):
        """Of the instrument that the row names or is; of the asset that it names."""
        if isinstance(column.scale, int):
            return column.scale
        if column.scale == 'asset':
            name = row.get('asset') if 'asset' in row else row.get('feeAsset')
            return self.scales.get(name, 0)
        owner = row if table.name == 'instruments' else row['_instrument']
        return owner[column.scale + 'Scale'] if owner else 0

    def table(self, table):
        rows = []
        for data in self.raw[table.name].values():
            row, amounts = {}, []
            for column in table.columns:
                at, kind = column.offset, column.kind
                if kind == 'u8':
                    value = data[at]
                elif kind == 'flag':
                    need(data[at] < 2, '%s: %s is %d' % (table.name, column.name, data[at]))
                    value = data[at] == 1
                elif kind == 'enum':
                    need(data[at] in column.names, '%s: %s is %d' % (table.name, column.name, data[at]))
                    value = column.names[data[at]]
                elif kind == 'u32':
                    value = struct.unpack_from('<I', data, at)[0]
                elif kind == 'u64':
                    value = str(struct.unpack_from('<Q', data, at)[0])
                elif kind == 'time':
                    value = iso(struct.unpack_from('<q', data, at)[0])
                elif kind == 'text':
                    need(data[at] < column.size and is_zero(data[at + 1 + data[at] : at + column.size]), '%s: text' % table.name)
                    value = self.inline(data, at)
                elif kind == 'blob':
                    value = self.blob(data, at)
                    value = base64.b64encode(value).decode() if column.base64 else value.decode('utf-8')
                elif kind == 'reference':
                    reference = struct.unpack_from('<I', data, at)[0]
                    if column.target == 'dictionary':
                        value = self.string(reference)
                    else:
                        owner = row['_instrument'] = self.instrument(reference)
                        value = owner and '%s:%s' % (owner['venue'], owner['symbol'])
                else:
                    amounts.append((column, int.from_bytes(data[at : at + column.size], 'little', signed=True)))
                    value = None
                row[column.name] = value
            for column, units in amounts:
                row[column.name] = decimal(units, self.scale(table, column, row))
            row.pop('_instrument', None)
            rows.append(row)
        return sorted(rows, key=lambda row: [utf16(row[name]) for name in table.key])

    def digest(self):
        total = hashlib.sha256(b'rearm-state-1\n')
        for name in sorted(self.tables):
            total.update(name.encode() + b'\n')
            for row in self.tables[name]:
                total.update(compact(row, True).encode('utf-8') + b'\n')
        return total.hexdigest()


# --- the files -----------------------------------------------------------------------------------------------------------


class Mark:
    """What a checkpoint says about its image; 56 bytes."""

    def __init__(self, data):
        self.epoch, self.pages, self.lsn, self.head, self.hot, self.cold, self.time, zero = MARK.unpack(data)
        need(is_zero(zero), 'mark: bytes that are not named')

    @property
    def root(self):
        return (self.hot + self.cold) & M64


class Reader:
    def __init__(self, root, formats, node):
        self.root, self.node = root, node
        self.tables, self.operations = read_formats(formats)
        self.side_records, self.durable = 0, []
        self.findings, self.copies, self.frames, self.intents, self.roots, self.files = [], [], [], [], {}, 0

    def find(self, file, text):
        self.findings.append({'file': file, 'what': text})

    def names(self, folder, pattern):
        path = os.path.join(self.root, folder)
        if not os.path.isdir(path):
            return []
        found = []
        for name in sorted(os.listdir(path)):
            match = re.fullmatch(pattern, name)
            if match:
                found.append(('%s/%s' % (folder, name), match.groups()))
            else:
                self.find('%s/%s' % (folder, name), 'a name that the document does not know')
        return found

    def bytes_of(self, file):
        self.files += 1
        with open(os.path.join(self.root, file), 'rb') as opened:
            return opened.read()

    def guarded(self, file, read, *arguments):
        try:
            read(file, *arguments)
        except (Damage, struct.error, ValueError, KeyError, IndexError, UnicodeError, sqlite3.Error) as error:
            self.find(file, str(error) if isinstance(error, Damage) else '%s: %s' % (type(error).__name__, error))

    def head(self, data, magic, size):
        stored, own, version = struct.unpack_from('<Q4sH', data)
        need(own == magic, 'magic is %r' % own)
        need(xxh64(data[8:size]) == stored, 'checksum of the header')
        need(version == 1, 'version %d' % version)
        need(data[16:32] == self.store, 'it belongs to another store')

    def read_all(self):
        self.identity('store.json')
        self.lineage()
        self.log()
        for file, (epoch,) in self.names('l1', r'(\d{8})\.map'):
            self.guarded(file, self.mapped, int(epoch))
        for file, (epoch, slot) in self.names('l2', r'(\d{8})-([ab])\.slot'):
            self.guarded(file, self.slot, int(epoch), 'ab'.index(slot))
        for file, (epoch, lsn) in self.names('l3', r'(\d{8})-(\d{16})\.snapshot'):
            self.guarded(file, self.snapshot, int(epoch), int(lsn))
        if os.path.exists(os.path.join(self.root, 'l4/archive.db')):
            self.guarded('l4/archive.db', self.archive)
            self.guarded('l4/archive.sums', self.sums)
        for file, (epoch, number) in self.names('side', r'(\d{8})-(\d{8})\.side'):
            self.guarded(file, self.side)
        # What was durable, by what the acknowledged LSN, the frames and the marks say, must be in the log.
        self.durable.extend(frame['durable'] for frame in self.frames)
        self.durable.extend(copy['mark'].lsn for copy in self.copies if self.on_line(copy['mark']))
        last = self.frames[-1]['last'] if self.frames else 0
        if max(self.durable, default=0) > last:
            self.find('wal', 'the log ends at LSN %d; LSN %d was durable' % (last, max(self.durable)))

    # store.json: the checksum is that of the record without `checksum`, as JSON without white space, its own property names
    # sorted and those of `rowsMax` as they stand.
    def identity(self, file):
        record = json.loads(self.bytes_of(file).decode('utf-8'))
        need(isinstance(record, dict), 'store.json: no object')
        stored = record.pop('checksum', None)
        need('%016x' % xxh64(compact({name: record[name] for name in sorted(record)}).encode('utf-8')) == stored, 'store.json: checksum')
        need(record['format'] == 'rearm-store' and record['version'] == 1, 'store.json: version')
        self.store = bytes.fromhex(record['storeId'])

    def lineage(self):
        self.epochs = {}

        def epoch_of(file, number):
            data = self.bytes_of(file)
            need(len(data) == 128, '%d bytes' % len(data))
            self.head(data, b'REPO', 128)
            reason, epoch, parent, fork, fork_hash, created = struct.unpack_from('<H16xIIQQq', data, 14)
            need(epoch == number and parent < epoch and 1 <= reason <= 5 and is_zero(data[100:]), 'fields')
            self.epochs[epoch] = {'parent': parent, 'fork': fork, 'forkHash': fork_hash, 'reason': reason, 'created': created}

        for file, (epoch,) in self.names('lineage', r'(\d{8})\.epoch'):
            try:
                epoch_of(file, int(epoch))
            except Damage as error:
                # Without it nobody can tell what belongs to the present.
                raise Damage('%s: %s' % (file, error)) from None
        need(self.epochs, 'lineage: no epoch')
        # The youngest epoch and its ancestors, each with the last LSN that belongs to it.
        self.line, epoch, bound = [], max(self.epochs), None
        while epoch:
            need(epoch in self.epochs, 'lineage: epoch %d is missing' % epoch)
            self.line.insert(0, (epoch, bound))
            fork = self.epochs[epoch]['fork']
            bound = fork if bound is None else min(bound, fork)
            epoch = self.epochs[epoch]['parent']
        self.bounds = dict(self.line)

    def on_line(self, mark):
        return mark.epoch in self.bounds and (self.bounds[mark.epoch] is None or mark.lsn <= self.bounds[mark.epoch])

    # The log: frames of every segment on the lineage, chained from the first that is there to the last.
    def log(self):
        segments = {}
        for file, (epoch, number) in self.names('wal', r'(\d{8})-(\d{8})\.wal'):
            self.guarded(file, self.segment, int(epoch), int(number), segments)
        for (epoch, number), segment in segments.items():
            if 'tail' in segment:
                later = [segments[key] for key in sorted(segments) if key[0] == epoch and key[1] > number]
                ends = [(segment['first'], segment['previous'])] + [(f['last'] + 1, f['hash']) for f in segment['frames']]
                superseded = later and (later[0]['first'], later[0]['previous']) in ends
                kind = 'superseded by the next segment' if superseded else 'damage before a whole segment' if later else 'torn tail'
                self.find(segment['file'], '%s: %s' % (segment['tail'], kind))
        chain = []
        for epoch, bound in self.line:
            for number in sorted(n for e, n in segments if e == epoch):
                segment = segments[(epoch, number)]
                # What an earlier segment holds behind the frame that this one continues is superseded.
                while chain and chain[-1]['epoch'] == epoch and chain[-1]['first'] >= segment['first']:
                    chain.pop()
                if chain and chain[-1]['hash'] != segment['previous']:
                    self.find(segment['file'], 'it does not continue the log before it')
                for frame in segment['frames']:
                    if bound is None or frame['last'] <= bound:
                        chain.append(frame)
        before = None
        for frame in chain:
            if before is None:
                if frame['first'] == 1 and frame['previous'] != 0:
                    self.find(frame['file'], 'the first frame has a previous hash')
            elif not self.follows(before, frame):
                self.find(frame['file'], 'LSN %d does not follow LSN %d' % (frame['first'], before['last']))
            if frame['durable'] >= frame['first']:
                self.find(frame['file'], 'LSN %d: durable before it was written' % frame['first'])
            self.frames.append(frame)
            before = frame
            # Redo does not need the intents: one that cannot be read is a finding and no more.
            for lsn, time, class_, operation, intent, changes in frame['records']:
                try:
                    values = decode_intent(self.operations, operation, intent)
                    self.intents.append({'lsn': lsn, 'time': str(time), 'class': ['commit', 'post'][class_], 'intent': values})
                    if values['type'] == 'root.mark':
                        self.roots[lsn] = int(values['root'])
                except (Damage, ValueError) as error:
                    self.find(frame['file'], 'LSN %d: %s' % (lsn, error))
        for epoch, bound in self.line:
            record = self.epochs[epoch]
            ends = {frame['last']: frame['hash'] for frame in self.frames}
            if record['parent'] and record['fork'] in ends and ends[record['fork']] != record['forkHash']:
                self.find('lineage/%08d.epoch' % epoch, 'fork hash')

    @staticmethod
    def follows(before, frame):
        return frame['first'] == before['last'] + 1 and frame['previous'] == before['hash']

    def segment(self, file, epoch, number, segments):
        data = self.bytes_of(file)
        if is_zero(data[:PAGE]):
            # It was being written anew when the engine died: until its header is there the segment before it counts.
            need(is_zero(data) or self.valid_behind(data, PAGE, epoch, number) is not None, 'bytes in a segment that was never used')
            return
        self.head(data, b'RSEG', PAGE)
        own, own_number, first, previous, _created, size = struct.unpack_from('<IIQQqQ', data, 32)
        need(own == epoch and own_number == number and size == len(data) and is_zero(data[72:PAGE]), 'header')
        frames, at = [], PAGE
        segments[(epoch, number)] = {'file': file, 'first': first, 'previous': previous, 'frames': frames}
        while at + 80 <= size and not is_zero(data[at : at + 80]):
            try:
                frame = self.frame(data, at, epoch, number)
                need(at > PAGE or (frame['first'], frame['previous']) == (first, previous), 'not the first that the header names')
            except (Damage, struct.error) as error:
                # With a valid frame behind it, it is damage; reading goes on there, for copies that are younger than the damage.
                behind = self.valid_behind(data, at + 16, epoch, number)
                if behind is None:
                    segments[(epoch, number)]['tail'] = 'frame at %d: %s' % (at, error)
                    return
                self.find(file, 'frame at %d: %s: damage before the valid frame at %d' % (at, error, behind))
                at = behind
                continue
            frame['file'] = file
            frames.append(frame)
            at += frame['bytes']
        need(is_zero(data[at:]), 'bytes behind the last frame, at %d' % at)

    def frame(self, data, at, epoch, number):
        stored, magic, version, zero = struct.unpack_from('<Q4sHH', data, at)
        own, segment, offset, first, count, size, durable, previous = struct.unpack_from('<IIQQIIQQ', data, at + 32)
        need(magic == b'RFRM' and version == 1 and zero == 0, 'header')
        need(at + 80 + size <= len(data) and size % 8 == 0, 'size')
        need(xxh64(data[at + 8 : at + 80 + size]) == stored, 'checksum')
        need(data[at + 16 : at + 32] == self.store and (own, segment, offset) == (epoch, number, at), 'place')
        records, here, end = [], at + 80, at + 80 + size
        for index in range(count):
            bytes_, operation, class_, zero, time, intent, changes = struct.unpack_from('<IBBHqII', data, here)
            need(bytes_ % 8 == 0 and bytes_ >= 24 and here + bytes_ <= end and class_ < 2 and zero == 0, 'record')
            next_ = here + 24 + (intent + 7) // 8 * 8
            need(is_zero(data[here + 24 + intent : next_]), 'padding of an intent')
            changed = []
            for _ in range(changes):
                row, table, kind, first_word, words = struct.unpack_from('<IBBBB', data, next_)
                need(table in self.tables and kind < 3 and words == (words, 0, 1)[kind], 'change')
                next_ += 8 + words * 8
                changed.append((row, table, kind, first_word, data[next_ - words * 8 : next_]))
            need(next_ == here + bytes_, 'record')
            records.append((first + index, time, class_, operation, data[here + 24 : here + 24 + intent], changed))
            here = next_
        need(here == end, 'bytes behind the last record')
        return {
            'hash': stored, 'epoch': own, 'first': first, 'last': first + count - 1, 'durable': durable,
            'previous': previous, 'bytes': 80 + size, 'records': records,
        }  # fmt: skip

    def valid_behind(self, data, start, epoch, number):
        at = data.find(b'RFRM', start)
        while at >= 0:
            try:
                self.frame(data, at - 8, epoch, number)
                return at - 8
            except (Damage, struct.error):
                at = data.find(b'RFRM', at + 1)
        return None

    def copy(self, tier, file, mark, image):
        self.copies.append({'tier': tier, 'file': file, 'mark': mark, 'image': image})
        ends = {frame['last']: frame['hash'] for frame in self.frames}
        if self.on_line(mark) and mark.lsn in ends and ends[mark.lsn] != mark.head:
            self.find(file, 'its head hash is not that of the frame that ends at LSN %d' % mark.lsn)

    def check_image(self, image, mark, hot_only=False):
        """Roots, and every row as its table declares it."""
        hot = sum(image.hash_of(n) for (t, _), n in image.places.items() if self.tables[t].hot) & M64
        need(hot == mark.hot, 'hot root')
        need(all(image.lsn(number) <= mark.lsn for number in image.pages), 'a page is younger than the mark')
        if not hot_only:
            need(image.root() == mark.root, 'root')
            Canonical(image)

    def mapped(self, file, epoch):
        data = self.bytes_of(file)
        self.head(data, b'RMAP', PAGE)
        own, most = struct.unpack_from('<II', data, 32)
        need(own == epoch and is_zero(data[76:PAGE]), 'header')
        copies = [struct.unpack_from('<QQ', data, at) for at in (PAGE, PAGE + 64)]
        if epoch == max(self.epochs):
            self.durable.extend(value for value, inverse in copies if value ^ inverse == M64)
        for value, inverse in copies:
            need(value ^ inverse == M64 or value == inverse == 0, 'acknowledged LSN')
        need(is_zero(data[PAGE + 16 : PAGE + 64]) and is_zero(data[PAGE + 80 : 2 * PAGE]), 'bytes behind the acknowledged LSN')
        for slot in (0, 1):
            self.guarded(file, self.mapped_slot, data, slot, most)

    def mapped_slot(self, file, data, slot, most):
        at = 8192 + 4096 * slot
        need(is_zero(data[at + 72 : at + PAGE]), 'slot %d: bytes behind the header' % slot)
        pages = [data[place : place + PAGE] for place in range(16384 + PAGE * slot, len(data) - PAGE + 1, 2 * PAGE)]
        if is_zero(data[at : at + 72]):
            need(all(map(is_zero, pages)), 'slot %d: pages without a header' % slot)
            return
        stored, magic, own = struct.unpack_from('<Q4sI', data, at)
        need(magic == b'RMSL' and own == slot and xxh64(data[at + 8 : at + 72]) == stored, 'slot %d: header' % slot)
        mark = Mark(data[at + 16 : at + 72])
        need(mark.pages <= most, 'slot %d: pages' % slot)
        image = Image(self.tables)
        for number, page in enumerate(pages):
            head = check_page(self.tables, page, number)
            if head:
                need(number < mark.pages, 'page %d: behind the last' % number)
                need(head[3].hot, 'page %d: of a cold table' % number)
                image.add(number, page, head)
        self.check_image(image, mark, hot_only=True)
        self.copy('l1', file, mark, image)

    def slot(self, file, epoch, slot):
        data = self.bytes_of(file)
        if is_zero(data):
            return
        self.head(data, b'RSLT', PAGE)
        own, most, zero = struct.unpack_from('<H16xII', data, 14)
        mark = Mark(data[40:96])
        need(own == slot and zero == 0 and mark.epoch == epoch and mark.pages <= most and is_zero(data[96:PAGE]), 'header')
        table_bytes = (most * 16 + PAGE - 1) // PAGE * PAGE
        entries = data[PAGE : PAGE + table_bytes]
        need(is_zero(entries[mark.pages * 16 :]), 'the page table has entries behind the last page')
        pages = data[PAGE + table_bytes :]
        need(is_zero(pages[mark.pages * PAGE :]), 'bytes behind the last page')
        self.full_image('l2', file, mark, entries, pages)

    def full_image(self, tier, file, mark, entries, pages):
        image, total = Image(self.tables), 0
        for number in range(mark.pages):
            lsn, stored = struct.unpack_from('<QQ', entries, number * 16)
            total += stored
            page = pages[number * PAGE : number * PAGE + PAGE]
            need(len(page) == PAGE, 'page %d is missing' % number)
            head = check_page(self.tables, page, number)
            need((head[1], head[0]) == (lsn, stored) if head else lsn == stored == 0, 'page %d: not as in the page table' % number)
            if head:
                image.add(number, page, head)
        need(total & M64 == mark.root, 'the page table does not sum to the root')
        self.check_image(image, mark)
        self.copy(tier, file, mark, image)
        return image

    def unpack(self, codec, data, raw):
        need(codec in (0, 1, 3), 'codec %d' % codec)
        if codec > 0:
            data = self.zstd(data)
        if codec == 3:
            need(raw % 4096 == 0, 'a chunk of %d bytes holds no whole pages' % raw)
            return self.pages_of_columns(data, raw // 4096)
        need(len(data) == raw, 'a chunk has %d bytes of %d' % (len(data), raw))
        return data

    def pages_of_columns(self, data, pages):
        at = (pages + 1) // 2 * 4
        need(len(data) == at + 4096 * pages, 'columns have %d bytes, not those of %d pages' % (len(data), pages))
        sizes = struct.unpack_from('<%dH' % pages, data)
        whole = [bytearray() for _ in range(pages)]

        def word():
            nonlocal at
            at += 4
            return data[at - 4 : at]

        for size in dict.fromkeys(sizes):
            group = [page for page in range(pages) if sizes[page] == size]
            rows = 4064 // size
            header = [[word() for _ in group] for _ in range(8)]
            columns = [[word() for _ in range(rows * len(group))] for _ in range(size // 4)]
            for index, page in enumerate(group):
                whole[page] += b''.join(column[index] for column in header)
                for row in range(rows):
                    whole[page] += b''.join(column[index * rows + row] for column in columns)
                rest = 4064 - rows * size
                whole[page] += data[at : at + rest]
                at += rest
        return b''.join(bytes(page) for page in whole)

    def zstd(self, data):
        try:
            from compression import zstd

            return zstd.decompress(data)
        except ImportError:
            pass
        script = 'const b=require("node:fs").readFileSync(0);process.stdout.write(require("node:zlib").zstdDecompressSync(b))'
        done = subprocess.run([self.node, '-e', script], input=data, capture_output=True)
        need(done.returncode == 0, 'a chunk cannot be decompressed')
        return done.stdout

    def snapshot(self, file, epoch, lsn):
        data = self.bytes_of(file)
        chunks, per_chunk = struct.unpack_from('<II', data, 32)
        mark = Mark(data[40:96])
        self.head(data, b'RSNP', 128 + 32 * chunks + 16 * mark.pages)
        need(struct.unpack_from('<Q', data, 96)[0] == len(data) and is_zero(data[104:128]), 'header')
        need((mark.epoch, mark.lsn) == (epoch, lsn), 'its name is not that of its mark')
        need(chunks == -(-mark.pages // per_chunk), 'chunks')
        at = 128 + 32 * chunks
        entries = data[at : at + 16 * mark.pages]
        at += 16 * mark.pages
        pages = []
        for chunk in range(chunks):
            offset, stored, codec, raw, zero, checksum = struct.unpack_from('<QIIIIQ', data, 128 + 32 * chunk)
            need(offset == at and zero == 0, 'chunk %d: directory' % chunk)
            part = data[at : at + stored]
            need(xxh64(part) == checksum, 'chunk %d: checksum' % chunk)
            pages.append(self.unpack(codec, part, raw))
            at += stored
        need(at == len(data), 'bytes behind the last chunk')
        self.full_image('l3', file, mark, entries, b''.join(pages))

    def archive(self, file):
        self.files += 1
        database = sqlite3.connect('file:%s?mode=ro' % os.path.join(self.root, file).replace('?', '%3f').replace('#', '%23'), uri=True)
        try:
            need(database.execute('PRAGMA integrity_check').fetchall() == [('ok',)], 'SQLite finds it damaged')
            marked = database.execute('SELECT format, version, store_id FROM archive').fetchall()
            need(len(marked) == 1 and marked[0][1] == 2 and marked[0][2] == self.store.hex(), 'the table archive')
            found = database.execute(
                'SELECT lsn, epoch, mark, page_table, codec, raw_bytes, pages FROM images ORDER BY epoch, lsn'
            ).fetchall()
            for lsn, epoch, mark, entries, codec, raw, pages in found:
                mark = Mark(mark)
                need((mark.epoch, mark.lsn) == (epoch, lsn) and len(entries) == 16 * mark.pages, 'image at LSN %d: mark' % lsn)
                image = self.full_image('l4', file, mark, entries, self.unpack(codec, pages, raw))
                self.archived_rows(database, Canonical(image).tables, epoch, lsn, (lsn, epoch) == found[-1][:2])
            for epoch, parent, fork in database.execute('SELECT epoch, parent, fork_lsn FROM epochs'):
                need((self.epochs[epoch]['parent'], self.epochs[epoch]['fork']) == (parent, fork), 'epoch %d' % epoch)
        finally:
            database.close()

    def sums(self, file):
        data = self.bytes_of(file)
        self.head(data, b'RSUM', len(data))
        sealed, pages = struct.unpack_from('<H16xI', data, 14)
        need(sealed in (0, 1) and is_zero(data[36:40]) and len(data) == 40 + 8 * pages, 'fields')
        if sealed:
            archive = self.bytes_of('l4/archive.db')
            found = [xxh64(archive[at:at + 4096]) for at in range(0, len(archive), 4096)]
            need(found == list(struct.unpack_from('<%dQ' % pages, data, 40)), 'a page of the archive is another one')

    def archived_rows(self, database, tables, epoch, lsn, newest):
        for name, rows in tables.items():
            by_key = name in ('fills', 'orders')
            if by_key and not newest:
                continue
            if rows or not by_key:
                cursor = database.execute('SELECT * FROM "%s"%s' % (name, '' if by_key else ' WHERE epoch = %d AND lsn = %d' % (epoch, lsn)))
                names = [column[0] for column in cursor.description]
                archived = [dict(zip(names, row)) for row in cursor.fetchall()]
                spelled = sorted(json.dumps({k: v for k, v in row.items() if k not in ('epoch', 'lsn')}, sort_keys=True) for row in archived)
                numbers = [{k: int(v) if isinstance(v, bool) else v for k, v in row.items()} for row in rows]
                wanted = sorted(json.dumps(row, sort_keys=True) for row in numbers)
                same = set(wanted) <= set(spelled) if by_key else wanted == spelled
                need(same, 'table %s is not that of the image at LSN %d' % (name, lsn))

    def side(self, file):
        data = self.bytes_of(file)
        lines = data.split(b'\n')
        if lines.pop() != b'':
            self.find(file, 'the last line is cut short')
        for index, line in enumerate(lines):
            sound = re.fullmatch(rb'([0-9a-f]{16}) (\{.*\})', line)
            if not sound or b'%016x' % xxh64(sound[2]) != sound[1]:
                self.find(file, 'line %d does not match its hash' % (index + 1))
            else:
                self.side_records += 1

    # --- the state at the end of the log

    def base(self, source):
        if source == 'log':
            need(self.frames and self.frames[0]['first'] == 1, 'the log does not begin at LSN 1')
            return Image(self.tables), 0, 'wal'
        best = [copy for copy in self.copies if copy['tier'] == source and self.on_line(copy['mark'])]
        need(best, 'no sound copy in %s' % source)
        best = max(best, key=lambda copy: copy['mark'].lsn)
        image, lsn = Image(self.tables), best['mark'].lsn
        parts = [best['image']]
        if source == 'l1':
            # The cold tables come from the youngest whole copy that is not younger.
            whole = [c for c in self.copies if c['tier'] != 'l1' and self.on_line(c['mark']) and c['mark'].lsn <= lsn]
            need(whole, 'no sound copy of the cold tables')
            whole = max(whole, key=lambda copy: copy['mark'].lsn)
            parts.append(whole['image'])
            lsn = whole['mark'].lsn
        for index, part in enumerate(parts):
            for (table, place), number in part.places.items():
                if index == 0 or not self.tables[table].hot:
                    page = part.pages[number]
                    image.add(number, page, (part.hash_of(number), part.lsn(number), place, self.tables[table]))
        return image, lsn, best['file']

    def rebuild(self, source):
        image, lsn, file = self.base(source)
        base, roots, end = lsn, 0, None
        for frame in self.frames:
            if frame['last'] <= base:
                continue
            if end is None:
                need(frame['first'] <= base + 1, 'the log goes on at LSN %d only' % frame['first'])
            elif not self.follows(end, frame):
                break
            end = frame
            for record in frame['records']:
                at = record[0]
                if at > base:
                    # Without L1: its hot pages are ahead of the cold ones until the replay has caught up.
                    if at in self.roots and source != 'l1':
                        need(self.roots[at] == image.root(), 'LSN %d: the logged root is another' % at)
                        roots += 1
                    image.apply(at, record[-1])
        lsn = end['last'] if end else base
        last = self.frames[-1]['last'] if self.frames else lsn
        canonical = Canonical(image)
        report = {'file': file, 'base': base, 'lsn': lsn, 'complete': lsn >= last, 'rootsCompared': roots, 'root': str(image.root())}
        report['stateDigest'] = canonical.digest()
        return report, canonical.tables


def find_node():
    local = os.path.join(HERE, '../../node_modules/.bin/node')
    return os.environ.get('NODE') or (local if os.path.exists(local) else 'node')


def main():
    parser = argparse.ArgumentParser(description='Reads and verifies a store from docs/FORMATS.md alone.')
    parser.add_argument('store')
    parser.add_argument('--from', dest='source', choices=['l1', 'l2', 'l3', 'l4', 'log'])
    parser.add_argument('--state', action='store_true')
    parser.add_argument('--intents', action='store_true')
    parser.add_argument('--formats', default=os.path.join(HERE, '../../docs/FORMATS.md'))
    parser.add_argument('--node', default=find_node())
    options = parser.parse_args()
    try:
        reader = Reader(options.store, options.formats, options.node)
        reader.read_all()
    except (Damage, OSError, ValueError) as error:
        print(json.dumps({'unreadable': str(error)}))
        return 2
    log = None
    if reader.frames:
        log = {'first': reader.frames[0]['first'], 'last': reader.frames[-1]['last'], 'frames': len(reader.frames)}
    report = {
        'storeId': reader.store.hex(),
        'epochs': [epoch for epoch, _ in reader.line],
        'files': reader.files,
        'log': log,
        'copies': [{'tier': c['tier'], 'file': c['file'], 'epoch': c['mark'].epoch, 'lsn': c['mark'].lsn} for c in reader.copies],
        'sideRecords': reader.side_records,
        'states': {},
    }
    for source in [options.source] if options.source else ['l3', 'l2', 'log', 'l1', 'l4']:
        try:
            report['states'][source], tables = reader.rebuild(source)
            if options.state:
                report['states'][source]['tables'] = tables
        except (Damage, ValueError, KeyError, IndexError, struct.error) as error:
            report['states'][source] = {'reason': str(error)}
    if options.intents:
        report['intents'] = reader.intents
    report['findings'] = reader.findings
    print(json.dumps(report, ensure_ascii=False, indent=1))
    return 3 if reader.findings else 0


if __name__ == '__main__':
    sys.stdout.reconfigure(encoding='utf-8')
    sys.exit(main())
