import { describe, expect, it } from 'vitest';
import { csvCell, exportName, toCsv, toTsv } from './table.ts';

describe('exports', () => {
  it('quotes per RFC 4180 and ends every line with CRLF', () => {
    const csv = toCsv({
      columns: ['id', 'cause'],
      rows: [
        ['1', 'late fill, "taker"'],
        ['2', 'line\nbreak'],
      ],
    });
    expect(csv).toBe('id,cause\r\n1,"late fill, ""taker"""\r\n2,"line\nbreak"\r\n');
  });

  it('disarms formulas but leaves numbers alone', () => {
    expect(csvCell('=HYPERLINK("x")')).toBe('"\'=HYPERLINK(""x"")"');
    expect(csvCell('@cmd')).toBe("'@cmd");
    expect(csvCell('+cmd')).toBe("'+cmd");
    expect(csvCell('-1500.25')).toBe('-1500.25');
    expect(csvCell('+3')).toBe('+3');
    expect(csvCell('-1-2')).toBe("'-1-2");
    expect(csvCell('\tx')).toBe("'\tx");
    expect(csvCell('\rx')).toBe('"\'\rx"');
  });

  it('tells empty from zero and false', () => {
    expect([null, undefined, 0, false, ''].map(csvCell)).toEqual(['', '', '0', 'false', '']);
  });

  it('keeps a clipboard row on one line', () => {
    expect(
      toTsv([
        ['a\tb', 1],
        [null, 'c\nd'],
      ]),
    ).toBe('a b\t1\n\tc d');
  });

  it('names files for every file system', () => {
    const now = new Date('2026-01-31T09:43:12.345Z');
    expect(exportName('Demo desk / 1', 'breaks', now, 'csv')).toBe('rearm-demo-desk-1-breaks-20260131T094312Z.csv');
    expect(exportName('', 'audit', now, 'json')).toBe('rearm-store-audit-20260131T094312Z.json');
  });
});
