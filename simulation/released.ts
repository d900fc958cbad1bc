/** A store that two people released, and whose trading process has not come yet: every file of the gate, and what its token permits. */

import { createHash } from 'node:crypto';
import { recover } from '../main/cascade/recover.ts';
import { type Accepted, type DossierDraft, Gate } from '../main/gate/gate.ts';
import type { Clock } from '../main/storage/storage.ts';
import { readIdentity } from '../main/store/identity.ts';
import { RearmError } from '../shared/errors.ts';
import type { FileTree } from './file-tree.ts';
import { SimulatedStorage } from './storage.ts';
import { LATER_BOOT, ROOT } from './workload.ts';

const PEOPLE = [
  { id: 'a', name: 'A', role: 'trader', passphrase: 'a' },
  { id: 'b', name: 'B', role: 'risk', passphrase: 'b' },
] as const;
const SCOPE = { mode: 'REDUCING', venues: ['BINANCE'], strategies: [] } as const;
/** Whatever a generator makes up is sent. */
export const EVERYTHING = { mode: 'ACTIVE', venues: [], strategies: [] } as const;
const CALM = { unexplainedBreaks: 0, grossExposure: '0', netExposure: '0', worth: '0' };
const DRAFT: DossierDraft = {
  stateDigest: 'v1:00',
  recovery: { outcome: 'recovered', base: 'L2', lostAcknowledged: 0, replayed: 4, tornBytes: 0, sentence: 'Recovered from L2.' },
  breaks: [{ id: 'one', kind: 'missingFill', blocking: true, decision: 'acceptVenue', comment: '' }],
  exposure: { grossAtCrash: '0', netAtCrash: '0', grossNow: '0', netNow: '0', worthNow: '0' },
  limits: { gross: null, net: null, loss: null },
  venues: [{ name: 'BINANCE', status: 'answered', provable: true }],
  configurationHash: 'none',
  overrides: [],
  scope: SCOPE,
  bounds: { unexplainedBreaks: 0, grossExposure: '1', netExposure: '1', lossSinceProposal: '1' },
};

/** Not secret: the same in every run. */
function randomBytes(): (count: number) => Uint8Array {
  let drawn = 0;
  return (count) => {
    drawn += 1;
    return createHash('shake256', { outputLength: count }).update(`released ${drawn}`).digest();
  };
}

function gateOn(storage: SimulatedStorage, clock: Clock): Gate {
  const configuration = { scrypt: { N: 2, r: 8, p: 1 } } as const;
  const { storeId } = readIdentity(storage, ROOT);
  return Gate.open(ROOT, { storage, clock, storeId, random: randomBytes(), configuration });
}

/** Enrols two people, who propose, sign and release what was accepted; one more dossier was taken back before. */
export function release(
  storage: SimulatedStorage,
  clock: Clock & { pass(ns: bigint): void },
  scope: DossierDraft['scope'] = SCOPE,
): Accepted {
  const { report } = recover({ storage, clock, root: ROOT, bootId: LATER_BOOT, brief: true });
  const accepted = { epoch: report.epoch, lsn: report.lsn, headHash: report.headHash! };
  const gate = gateOn(storage, clock);
  gate.enrolFirstSet(PEOPLE);
  const propose = (): string => gate.propose({ by: 'a', accepted, draft: { ...DRAFT, scope } }).hash;
  propose();
  gate.stayHalted({ by: 'b', reason: 'not yet' });
  clock.pass(1_000_000_000n);
  const dossierHash = propose();
  for (const { id, passphrase } of PEOPLE) gate.sign({ personId: id, dossierHash, passphrase });
  gate.release({ by: 'a', dossierHash, accepted, now: CALM });
  gate.reportEngine('waiting', 'for a release');
  return accepted;
}

/**
 * What the gate of a damaged store lets a trading process do. It may refuse by name; what it lets it do is what two people signed, once.
 *
 * @returns what is wrong; null for nothing
 */
export function permitted(tree: FileTree, clock: Clock, accepted: Accepted): string | null {
  const storage = new SimulatedStorage({ tree: tree.copy() });
  const attempt = <T>(act: () => T): T | RearmError => {
    try {
      return act();
    } catch (error) {
      if (error instanceof RearmError && error.code !== 'INTERNAL') return error;
      throw error;
    }
  };
  try {
    const gate = attempt(() => gateOn(storage, clock));
    if (gate instanceof RearmError) return null;
    const before = attempt(() => gate.mode(accepted));
    if (!(before instanceof RearmError) && before.mode !== 'HALTED') return `the mode is ${before.mode} before the token is used`;
    attempt(() => gate.view({ accepted, now: CALM }));
    const token = attempt(() => gate.findToken(accepted));
    if (token === null || token instanceof RearmError) return null;
    const use = () => attempt(() => gate.verifyAndBurn(token, accepted));
    const used = use();
    if (used instanceof RearmError) return null;
    const { mode, venues } = used;
    if (mode !== SCOPE.mode || venues.join() !== SCOPE.venues.join()) return `it permits ${mode} at ${venues.join()}`;
    return use() instanceof RearmError ? null : 'the token releases twice';
  } catch (error) {
    return `the gate ended with ${(error as Error).stack}`;
  }
}
