/** Numbers: tabular, signed ones in blue or orange, copied raw. UNKNOWN is a box, never a zero or a dash. */

import { type AmountText, cutDigits, formatAmount, formatCount, formatMoney } from '../format/amount.ts';
import { millisecondsOf } from '../format/time.ts';
import { Stamp } from './Stamp.tsx';

const SIGN_CLASS = { '-1': 'negative', 0: '', 1: 'positive' } as const;

export function Unknown({ why }: { why?: string | undefined }) {
  return (
    <span className="unknown" title={why}>
      UNKNOWN
    </span>
  );
}

function Text({ amount, coloured }: { amount: AmountText; coloured: boolean }) {
  return (
    <span data-raw={amount.raw} className={`whitespace-nowrap ${coloured ? SIGN_CLASS[amount.sign] : ''}`}>
      {amount.text}
    </span>
  );
}

/** A quantity or price, with the digits that it came with. */
export function Amount({ value, signed = false }: { value: string | null; signed?: boolean }) {
  if (value === null) return <Unknown />;
  return <Text amount={formatAmount(value, { signed })} coloured={signed} />;
}

const NARROW_DIGITS = 10;

/** An amount in a narrow column: digits that have no room are cut off, marked so, and stand in the title and the copy. */
export function NarrowAmount({ value, signed = false }: { value: string; signed?: boolean }) {
  const short = cutDigits(value, NARROW_DIGITS);
  const whole = formatAmount(value, { signed });
  const text = `${formatAmount(short.value, { signed }).text}${short.cut ? '…' : ''}`;
  return (
    <span title={short.cut ? whole.text : undefined}>
      <Text amount={{ ...whole, text }} coloured={signed} />
    </span>
  );
}

/** The price of an order: that which triggers a stop, where it has no other. */
export function OrderPrice({ price, trigger }: { price: string | null; trigger: string | null }) {
  if (price !== null) return <Amount value={price} />;
  if (trigger === null) return <span className="text-faint">market</span>;
  return (
    <>
      <span className="text-faint">trigger</span> <Amount value={trigger} />
    </>
  );
}

/** Money in the reporting currency. */
export function Money({ value, signed = false }: { value: string | null; signed?: boolean }) {
  if (value === null) return <Unknown />;
  return <Text amount={formatMoney(value, signed)} coloured={signed} />;
}

/** An LSN, a count. */
export function Count({ value }: { value: number | null }) {
  if (value === null) return <Unknown />;
  return (
    <span data-raw={value} className="whitespace-nowrap">
      {formatCount(value)}
    </span>
  );
}

const PLACES_MAX = 8;

/** A value that is text or a number as text: amounts are grouped, the rest stays as it is. */
export function Loose({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <span className="text-faint">none</span>;
  if (typeof value === 'string' && /^-?\d+\.\d+$/.test(value)) {
    const fraction = value.split('.')[1]!;
    // Money comes with eighteen places, most of them zero: two at least, eight at most; the copy holds all.
    const places = fraction.length > PLACES_MAX ? Math.min(PLACES_MAX, Math.max(2, fraction.replace(/0+$/, '').length)) : undefined;
    return <Text amount={formatAmount(value, { places })} coloured={false} />;
  }
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  if (millisecondsOf(text) !== null) return <Stamp at={text} precision={9} zone />;
  // Lists of ids are long: they wrap, also in a column of figures.
  return <span className="break-words whitespace-normal">{text === '' ? <span className="text-faint">empty</span> : text}</span>;
}
