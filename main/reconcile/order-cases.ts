/**
 * The table that decides about one order: how it stands here, how it stands there, whether the fills that are missing here end it.
 * Every combination of the facts has one row (a test enumerates them); a row without a kind is no break.
 */

import type { BreakKind } from '../../shared/contract/reconcile.ts';
import type { VenueOrder } from '../../shared/contract/venues.ts';
import type { OurOrder } from './ours.ts';

/** `submitted`: handed over, nothing heard. `working`: known to have been live. `cancelling`: a cancel was handed over. */
export const HERE = ['none', 'submitted', 'working', 'cancelling', 'closed'] as const;
export type Here = (typeof HERE)[number];

/** `absent`: proved by a whole list, a look-up and whole fills. `unproved`: not found, and the venue did not answer whole. */
export const THERE = ['live', 'ended', 'filled', 'absent', 'unproved'] as const;
export type There = (typeof THERE)[number];

export interface OrderFacts {
  readonly here: Here;
  readonly there: There;
  /** With the fills that are missing here the order is filled: nothing else has to be explained. */
  readonly completed: boolean;
  /** Some of its fills are recorded beside it, as trades of nobody: they will never end it here. */
  readonly beside: boolean;
}

export interface OrderCase {
  readonly name: string;
  readonly here: readonly Here[];
  readonly there: readonly There[];
  /** Absent: either. */
  readonly completed?: boolean;
  readonly beside?: boolean;
  readonly kind: BreakKind | null;
  readonly because: string;
}

export const ORDER_CASES: readonly OrderCase[] = [
  {
    name: 'stranger',
    here: ['none'],
    there: ['live'],
    kind: 'unknownOrder',
    because: 'live at the venue under no record of ours: placed by hand, or by another process',
  },
  { name: 'nobody', here: ['none'], there: ['ended', 'filled', 'absent', 'unproved'], kind: null, because: 'neither side has it' },
  {
    name: 'arrived',
    here: ['submitted'],
    there: ['live'],
    kind: 'statusDiffers',
    because: 'the venue has it: its acknowledgement was not recorded',
  },
  {
    name: 'came and went',
    here: ['submitted'],
    there: ['ended'],
    completed: false,
    kind: 'statusDiffers',
    because: 'the venue accepted it and ended it: neither was recorded',
  },
  {
    name: 'never arrived',
    here: ['submitted'],
    there: ['absent'],
    completed: false,
    kind: 'pendingUnknown',
    because: 'the venue has no such order: not in its open orders, not by look-up, not in its fills',
  },
  {
    name: 'unheard',
    here: ['submitted'],
    there: ['unproved'],
    completed: false,
    kind: 'pendingUnknown',
    because: 'it may be live: the venue did not answer whole',
  },
  { name: 'at work', here: ['working'], there: ['live'], kind: null, because: 'live on both sides' },
  {
    name: 'ended there',
    here: ['working'],
    there: ['ended'],
    completed: false,
    kind: 'vanishedOrder',
    because: 'the venue ended it; its fills were asked for',
  },
  {
    name: 'gone',
    here: ['working'],
    there: ['absent'],
    completed: false,
    kind: 'vanishedOrder',
    because: 'the venue knows it no more; its fills were asked for',
  },
  {
    name: 'not seen',
    here: ['working'],
    there: ['unproved'],
    kind: null,
    because: 'nothing is concluded from half an answer: the venue blocks as not provable',
  },
  {
    name: 'cancel not done',
    here: ['cancelling'],
    there: ['live'],
    kind: 'pendingCancelUnresolved',
    because: 'the cancel was handed over, and the order is live',
  },
  {
    name: 'cancel done',
    here: ['cancelling'],
    there: ['ended'],
    completed: false,
    kind: 'statusDiffers',
    because: 'the cancel was done: its confirmation was not recorded',
  },
  {
    name: 'cancel likely done',
    here: ['cancelling'],
    there: ['absent'],
    completed: false,
    kind: 'pendingCancelUnresolved',
    because: 'the venue knows the order no more',
  },
  {
    name: 'cancel unheard',
    here: ['cancelling'],
    there: ['unproved'],
    completed: false,
    kind: 'pendingCancelUnresolved',
    because: 'the order may be live: the venue did not answer whole',
  },
  {
    name: 'filled there',
    here: ['submitted', 'working', 'cancelling'],
    there: ['filled'],
    beside: false,
    kind: null,
    because: 'its fills say the rest',
  },
  {
    name: 'filled beside it',
    here: ['submitted', 'working', 'cancelling'],
    there: ['filled'],
    beside: true,
    kind: 'statusDiffers',
    because: 'it was filled, and its fills were recorded as trades of nobody: the order has to be closed',
  },
  {
    name: 'filled by the fills',
    here: ['submitted', 'working', 'cancelling'],
    there: ['ended', 'absent'],
    completed: true,
    kind: null,
    because: 'the missing fills end it',
  },
  {
    name: 'filled, not looked up',
    here: ['submitted', 'cancelling'],
    there: ['unproved'],
    completed: true,
    kind: null,
    because: 'the missing fills end it',
  },
  { name: 'risen again', here: ['closed'], there: ['live'], kind: 'statusDiffers', because: 'ended here, live there' },
  {
    name: 'at rest',
    here: ['closed'],
    there: ['ended', 'filled', 'absent', 'unproved'],
    kind: null,
    because: 'ended here, not live there',
  },
];

const matches = (row: OrderCase, facts: OrderFacts): boolean =>
  row.here.includes(facts.here) &&
  row.there.includes(facts.there) &&
  (row.completed === undefined || row.completed === facts.completed) &&
  (row.beside === undefined || row.beside === facts.beside);

export const casesOf = (facts: OrderFacts): readonly OrderCase[] => ORDER_CASES.filter((row) => matches(row, facts));

export function orderCase(facts: OrderFacts): OrderCase {
  const [row] = casesOf(facts);
  if (!row) throw new RangeError(`no case for ${JSON.stringify(facts)}`);
  return row;
}

export function hereOf(order: OurOrder | null): Here {
  switch (order?.status) {
    case undefined:
      return 'none';
    case 'pending':
    case 'unknown':
      return 'submitted';
    case 'open':
    case 'partiallyFilled':
      return 'working';
    case 'pendingCancel':
      return 'cancelling';
    default:
      return 'closed';
  }
}

/** @param proved whether not finding it proves that it is not there */
export function thereOf(order: VenueOrder | null, proved: boolean): There {
  switch (order?.status) {
    case undefined:
      return proved ? 'absent' : 'unproved';
    case 'open':
    case 'partiallyFilled':
      return 'live';
    case 'filled':
      return 'filled';
    case 'unknown':
      return 'unproved';
    default:
      return 'ended';
  }
}
