/** The next action, and who owes it: the first row of the table whose condition holds. */

import type { FactsInput } from './facts.ts';

export interface NextAction {
  readonly action: string;
  readonly owner: string;
}

interface ActionRow {
  readonly name: string;
  readonly when: (input: FactsInput) => boolean;
  readonly next: (input: FactsInput) => NextAction;
}

const by = (owner: string, action: string): NextAction => ({ action, owner });
const silent = ({ venues }: FactsInput) => venues.filter(({ status }) => status === 'silent' || status === 'failed');
const quotes = ({ venues }: FactsInput) =>
  venues.filter(({ openOrders }) => openOrders.items.some(({ reduceOnly, trigger }) => !reduceOnly && trigger === null));
const blocking = ({ reconciliation }: FactsInput) =>
  (reconciliation?.breaks ?? []).filter(({ blocking: blocks, staged }) => blocks && (staged === null || staged.decision === 'note'));
const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;
const trading = ({ gate }: FactsInput) => gate !== null && gate.mode !== 'HALTED' && gate.engine.state === 'trading';

export const ACTIONS: readonly ActionRow[] = [
  {
    name: 'second engine',
    when: ({ engine }) => engine?.life === 'secondWriter',
    next: () => by('desk supervisor', 'Stop the second engine: two are sending'),
  },
  {
    name: 'trading',
    when: trading,
    next: ({ gate }) =>
      by('desk supervisor', gate?.mode === 'ACTIVE' ? 'Watch the first fills' : `Watch: the engine is alive, and held to ${gate!.mode}`),
  },
  {
    name: 'alive',
    when: ({ engine, recovery }) => engine?.life === 'alive' || recovery?.writerAlive === true,
    next: () => by('desk supervisor', 'The engine is alive: observe only'),
  },
  {
    name: 'quotes rest',
    when: (input) => quotes(input).some(({ canCancel }) => canCancel) && !input.gate?.accepted,
    next: (input) =>
      by(
        'trader',
        `Cancel the quotes that rest at ${quotes(input)
          .map(({ name }) => name)
          .join(', ')}`,
      ),
  },
  {
    name: 'silence',
    when: (input) => silent(input).length > 0,
    next: (input) =>
      by(
        'desk supervisor',
        `Reach ${silent(input)
          .map(({ name, emergency }) => `${name}${emergency.phone ? ` (${emergency.phone})` : ''}`)
          .join(', ')}: count it at its worst`,
      ),
  },
  {
    name: 'empty',
    when: ({ recovery }) => recovery?.outcome === 'empty',
    next: () => by('operator', 'Start the engine: the store was never written'),
  },
  {
    name: 'refused',
    when: ({ recovery, gate }) => recovery?.outcome === 'refused' && !gate?.accepted,
    next: () => by('recovery engineer', 'Decide on the damage: restore the named file, or override with a reason'),
  },
  {
    name: 'asking',
    when: ({ venues }) => venues.some(({ status }) => status === 'asking'),
    next: () => by('nobody', 'Wait: the venues are being asked'),
  },
  { name: 'recovering', when: ({ recovery }) => recovery === null, next: () => by('nobody', 'Wait: the state is being recovered') },
  {
    name: 'breaks',
    when: (input) => blocking(input).length > 0,
    next: (input) => by('trader', `Decide on ${plural(blocking(input).length, 'blocking break')}`),
  },
  {
    name: 'not reconciled',
    when: ({ reconciliation, venues }) => reconciliation === null && venues.length > 0,
    next: () => by('trader', 'Reconcile with the venues'),
  },
  { name: 'accept', when: ({ gate }) => gate !== null && gate.accepted === null, next: () => by('trader', 'Accept the recovered state') },
  {
    name: 'sign',
    when: ({ gate }) => gate?.dossier?.status === 'open',
    next: ({ gate }) => by(gate!.dossier!.owes.join(' and ') || 'trader', 'Sign the dossier'),
  },
  {
    name: 'release',
    when: ({ gate }) => gate?.dossier?.status === 'complete',
    next: () => by('trader', 'Release trading, or stay halted'),
  },
  {
    name: 'released',
    when: ({ gate }) => gate?.token !== null && gate?.token !== undefined && gate.token.burntAt === null,
    next: () => by('nobody', 'Wait: the engine takes the approval'),
  },
  {
    name: 'propose',
    when: ({ gate }) => gate?.accepted !== null && gate?.accepted !== undefined,
    next: () => by('trader', 'Propose the dossier'),
  },
];

const OTHERWISE = by('desk supervisor', 'Look at what came back');

export const nextAction = (input: FactsInput): NextAction => ACTIONS.find(({ when }) => when(input))?.next(input) ?? OTHERWISE;
