/** A hex dump of a page, sixteen bytes to a line. */

export interface HexLine {
  readonly offset: string;
  readonly hex: string;
  readonly text: string;
  readonly zero: boolean;
}

export function hexLines(bytes: Uint8Array): readonly HexLine[] {
  const lines: HexLine[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = bytes.subarray(at, at + 16);
    let hex = '';
    let text = '';
    for (let i = 0; i < part.length; i += 1) {
      const byte = part[i]!;
      hex += `${i === 8 ? ' ' : ''}${byte.toString(16).padStart(2, '0')} `;
      text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·';
    }
    lines.push({ offset: at.toString(16).padStart(4, '0'), hex: hex.trimEnd().padEnd(48), text, zero: part.every((byte) => byte === 0) });
  }
  return lines;
}

/** Runs of zero lines after the first are folded, as hexdump does; `null` stands for a fold. */
export function foldZeros(lines: readonly HexLine[]): readonly (HexLine | null)[] {
  const folded: (HexLine | null)[] = [];
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i]!;
    const inside = line.zero && i > 0 && lines[i - 1]!.zero && i < lines.length - 1 && lines[i + 1]!.zero;
    if (!inside) folded.push(line);
    else if (folded.at(-1) !== null) folded.push(null);
  }
  return folded;
}
