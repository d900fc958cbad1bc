/** People, dossier and audit chain of the fixture. */

import type { AuditEntry, AuditView, Bounds, Dossier, DossierView, GateView, Person, Scope } from '../../../shared/contract/gate.ts';
import type { Break } from '../../../shared/contract/reconcile.ts';
import { ATLAS, BOREAL, hex, iso, LAST_LSN, STORE_ID, type World } from './world.ts';

export const PEOPLE = (world: World): readonly Person[] => [
  {
    id: 'trader-1',
    name: 'Demo trader',
    role: 'trader',
    publicKey: 'O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik=',
    enrolledAt: iso(world.crashMs - 86_400_000 * 40),
  },
  {
    id: 'risk-1',
    name: 'Demo risk officer',
    role: 'risk',
    publicKey: 'ZpJ3Hf4k0bqXW1y3sVd7d5K9m0aP1c8vXo2Zt6Uu9xQ=',
    enrolledAt: iso(world.crashMs - 86_400_000 * 39),
  },
  {
    id: 'risk-2',
    name: 'Second risk officer',
    role: 'risk',
    publicKey: 'q8Yx0P2mS4n6R8tV0wX2yZ4aB6cD8eF0gH2iJ4kL6mM=',
    enrolledAt: iso(world.crashMs - 86_400_000 * 11),
  },
];

export function gateView(world: World): GateView {
  return {
    mode: 'HALTED',
    since: iso(world.crashMs),
    reason: 'The engine died: its lock is free and its store was not closed in order.',
    people: world.variant === 'unenrolled' ? [] : PEOPLE(world),
    onePersonMode: false,
    dossier: null,
    accepted: null,
    token: null,
    engine: { state: 'waiting', detail: 'The trading process 41990 waits for a token.', at: iso(world.startedMs - 1_000) },
  };
}

export function dossierView(breaks: readonly Break[], by: string, scope: Scope, bounds: Bounds, now: number): DossierView {
  const dossier: Dossier = {
    format: 'rearm-dossier-1',
    storeId: STORE_ID,
    epoch: 4,
    lsn: LAST_LSN + 9,
    headHash: hex(91, 16),
    stateDigest: hex(71, 64),
    recovery: {
      outcome: 'salvaged',
      base: 'L2',
      lostAcknowledged: 0,
      replayed: 412,
      tornBytes: 3,
      sentence: 'Salvaged from L2 and 3 pages of L3 to LSN 48,120,331; 412 records replayed; 3 torn bytes discarded; RTO 1.84 s of 5 s.',
    },
    breaks: breaks.map((entry) => ({
      id: entry.id,
      kind: entry.kind,
      blocking: entry.blocking,
      decision: entry.staged?.decision ?? null,
      comment: entry.staged?.comment ?? '',
    })),
    exposure: { grossAtCrash: '1204882.10', netAtCrash: '182417.55', grossNow: '1262004.80', netNow: '235541.17', worthNow: '0' },
    limits: { gross: '2000000', net: '750000', loss: '25000' },
    venues: [
      { name: ATLAS, status: 'answered', provable: true },
      { name: BOREAL, status: 'silent', provable: false },
    ],
    configurationHash: hex(93, 64),
    overrides: [],
    scope,
    bounds,
    proposedBy: by,
    proposedAt: iso(now),
    expiresAt: iso(now + 600_000),
  };
  return {
    dossier,
    hash: hex(94, 64),
    signatures: [],
    status: 'open',
    owes: ['trader', 'risk'],
    expiresInMs: 600_000,
    changes: [
      { what: 'gross exposure', proposed: '1262004.80', now: '1258330.41', within: true },
      { what: 'net exposure', proposed: '235541.17', now: '238010.22', within: true },
      { what: 'loss since proposal', proposed: '0', now: '412.80', within: true },
      { what: 'unexplained breaks', proposed: '0', now: '0', within: true },
    ],
  };
}

const ACTIONS: readonly [string, string, Readonly<Record<string, unknown>>][] = [
  ['system', 'store.opened', { store: 'demo-desk', host: 'web', readOnly: true }],
  ['system', 'recovery.started', { tiers: 4 }],
  ['system', 'venues.asked', { venues: [ATLAS, BOREAL] }],
  ['system', 'recovery.finished', { outcome: 'salvaged', lsn: LAST_LSN, rtoMs: 1840, replayed: 412 }],
  ['system', 'venue.silent', { venue: BOREAL, asked: 3, ms: 30000 }],
  ['system', 'reconcile.finished', { breaks: 14, blocking: 9 }],
];

export function auditEntry(
  sequence: number,
  at: number,
  actor: string,
  action: string,
  details: Readonly<Record<string, unknown>>,
): AuditEntry {
  return {
    sequence,
    at: iso(at),
    actor,
    action,
    details,
    hash: hex(1000 + sequence, 64),
    previousHash: sequence === 1 ? '0'.repeat(64) : hex(999 + sequence, 64),
  };
}

export function auditView(world: World): AuditView {
  const entries = ACTIONS.map(([actor, action, details], i) =>
    auditEntry(i + 1, world.startedMs - 6_000 + i * 700, actor, action, details),
  );
  return { entries, head: entries.at(-1)!.hash, verified: world.variant !== 'refused', firstBad: world.variant === 'refused' ? 3 : null };
}

/** The gate after two signatures and a burnt token. */
export function approvedGate(world: World, breaks: readonly Break[]): GateView {
  const now = world.startedMs;
  const scope: Scope = { mode: 'ACTIVE', venues: [ATLAS], strategies: [] };
  const bounds: Bounds = { unexplainedBreaks: 0, grossExposure: '1500000', netExposure: '400000', lossSinceProposal: '10000' };
  const dossier = dossierView(breaks, 'trader-1', scope, bounds, now - 140_000);
  const [trader, risk] = PEOPLE(world);
  const signatures = [trader!, risk!].map(({ id, name, role }) => ({
    personId: id,
    name,
    role,
    signature: btoa(hex(id.length, 44)),
    signedAt: iso(now - 60_000),
  }));
  return {
    ...gateView(world),
    mode: 'ACTIVE',
    since: iso(now - 30_000),
    reason: 'Released by token for ATLAS',
    accepted: { epoch: 4, lsn: LAST_LSN, headHash: hex(91, 16) },
    dossier: { ...dossier, status: 'released', owes: [], signatures },
    token: { nonce: hex(5, 32), issuedAt: iso(now - 31_000), expiresAt: iso(now + 269_000), burntAt: iso(now - 30_400) },
    engine: { state: 'trading', detail: 'Verified the token, burnt it, trades ATLAS.', at: iso(now - 30_000) },
  };
}
