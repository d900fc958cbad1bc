/** What is abnormal: a shape, a digit and a colour, so that none of them is needed to tell. Normal draws nothing. */

import type { Tone } from '../format/words.ts';

const SHAPES = {
  critical: { digit: '1', label: 'critical', path: 'M4.6 1h6.8L15 4.6v6.8L11.4 15H4.6L1 11.4V4.6Z', digitY: 11.6 },
  high: { digit: '2', label: 'high', path: 'M8 1 15.4 14.6H.6Z', digitY: 12.9 },
  note: { digit: '3', label: 'note', path: 'M8 1a7 7 0 1 1 0 14A7 7 0 1 1 8 1Z', digitY: 11.6 },
} as const;

export function Mark({ tone, size = 14 }: { tone: Tone; size?: number }) {
  if (tone === 'normal') return null;
  const shape = SHAPES[tone];
  return (
    <svg className="mark" data-tone={tone} width={size} height={size} viewBox="0 0 16 16" role="img" aria-label={shape.label}>
      <path d={shape.path} fill="currentColor" />
      <text x="8" y={shape.digitY} textAnchor="middle" fontSize="9.5" fontWeight="800" fill="var(--on-alarm)">
        {shape.digit}
      </text>
    </svg>
  );
}

/** A word with its mark; a normal one stays grey. */
export function Status({ tone, word, title }: { tone: Tone; word: string; title?: string | undefined }) {
  return (
    <span data-tone={tone === 'normal' ? undefined : tone} className="whitespace-nowrap" title={title}>
      <Mark tone={tone} />
      {word}
    </span>
  );
}
