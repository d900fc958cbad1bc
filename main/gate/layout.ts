/** Where the gate's files lie. Names are made of hashes, nonces and person ids that match these patterns, nothing else. */

import { join } from 'node:path';
import { PERSON_ID_PATTERN } from '../../shared/contract/gate.ts';
import { RearmError } from '../../shared/errors.ts';

export const HASH_PATTERN = /^[0-9a-f]{64}$/;
export const NONCE_PATTERN = /^[0-9a-f]{64}$/;
export const STORE_ID_PATTERN = /^[0-9a-f]{32}$/;

export interface GateLayout {
  readonly root: string;
  readonly gate: string;
  readonly lock: string;
  readonly people: string;
  readonly current: string;
  readonly mode: string;
  readonly engine: string;
  readonly keys: string;
  readonly dossiers: string;
  readonly tokens: string;
  readonly burnt: string;
  readonly audit: string;
  readonly auditLog: string;
  readonly auditKey: string;
  readonly auditPublicKey: string;
  readonly quarantine: string;
}

export function gateLayout(root: string): GateLayout {
  const gate = join(root, 'gate');
  const audit = join(root, 'audit');
  return {
    root,
    gate,
    lock: join(gate, 'lock'),
    people: join(gate, 'people.log'),
    current: join(gate, 'current.json'),
    mode: join(gate, 'mode.json'),
    engine: join(gate, 'engine.json'),
    keys: join(gate, 'keys'),
    dossiers: join(gate, 'dossiers'),
    tokens: join(gate, 'tokens'),
    burnt: join(gate, 'burnt'),
    audit,
    auditLog: join(audit, 'audit.log'),
    auditKey: join(audit, 'audit.key'),
    auditPublicKey: join(audit, 'audit.pub'),
    quarantine: join(root, 'quarantine'),
  };
}

function checked(value: string, pattern: RegExp, what: string): string {
  if (!pattern.test(value)) {
    throw new RearmError('PAYLOAD_INVALID', `${JSON.stringify(value.slice(0, 80))} is not ${what}`, { what });
  }
  return value;
}

/** @throws RearmError PAYLOAD_INVALID */
export const checkHash = (hash: string): string => checked(hash, HASH_PATTERN, 'a hash of 64 hexadecimal digits');
/** @throws RearmError PAYLOAD_INVALID */
export const checkPersonId = (id: string): string =>
  checked(id, PERSON_ID_PATTERN, 'a person id: 1 to 64 of a-z 0-9 _ -, first a letter or digit');

export const dossierPath = (layout: GateLayout, hash: string): string => join(layout.dossiers, `${checkHash(hash)}.json`);
export const voidPath = (layout: GateLayout, hash: string): string => join(layout.dossiers, `${checkHash(hash)}.void`);
export const signaturePath = (layout: GateLayout, hash: string, personId: string): string =>
  join(layout.dossiers, `${checkHash(hash)}.${checkPersonId(personId)}.sig`);
export const tokenPath = (layout: GateLayout, nonce: string): string =>
  join(layout.tokens, `${checked(nonce, NONCE_PATTERN, 'a nonce of 64 hexadecimal digits')}.json`);
export const burntPath = (layout: GateLayout, nonce: string): string =>
  join(layout.burnt, checked(nonce, NONCE_PATTERN, 'a nonce of 64 hexadecimal digits'));
export const keyPath = (directory: string, personId: string): string => join(directory, `${checkPersonId(personId)}.key`);
