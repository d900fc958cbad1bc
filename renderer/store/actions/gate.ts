/** Enrolment, dossier, signatures, release. Every rule is the main process's; the console only asks. */

import type { Bounds, Role, Scope } from '../../../shared/contract/gate.ts';
import type { Outcome, Tools } from '../console.ts';
import { NOBODY, viewRequest } from './work.ts';

export interface GateActions {
  enrol(id: string, name: string, role: Role, passphrase: string): Outcome;
  propose(scope: Scope, bounds: Bounds): Outcome;
  signHere(personId: string, dossierHash: string, passphrase: string): Outcome;
  /** A signature that was made on another machine. */
  signElsewhere(personId: string, dossierHash: string, signature: string): Outcome;
  release(dossierHash: string): Outcome;
  stayHalted(reason: string): Outcome;
}

export function gateActions(tools: Tools): GateActions {
  const request = viewRequest(tools);
  const by = (): string | null => tools.store.getState().actingAs;

  return {
    enrol: (id, name, role, passphrase) =>
      request('gate.enrol', { id, name, role, passphrase, ...(by() !== null && { by: by()! }) }, 'gate', `${name} enrolled as ${role}`),

    async propose(scope, bounds) {
      const person = by();
      if (person === null) return NOBODY;
      const payload = { by: person, scope: { ...scope, venues: [...scope.venues], strategies: [...scope.strategies] }, bounds };
      return request('gate.propose', payload, 'gate', 'Dossier proposed');
    },

    signHere: (personId, dossierHash, passphrase) =>
      request('gate.sign', { personId, dossierHash, passphrase }, 'gate', `Signed by ${personId}`),

    signElsewhere: (personId, dossierHash, signature) =>
      request('gate.sign', { personId, dossierHash, signature }, 'gate', `Signature of ${personId} taken`),

    async release(dossierHash) {
      const person = by();
      if (person === null) return NOBODY;
      return request('gate.release', { by: person, dossierHash }, 'gate', 'Trading released');
    },

    async stayHalted(reason) {
      const person = by();
      if (person === null) return NOBODY;
      return request('gate.stayHalted', { by: person, reason }, 'gate', 'Trading stays halted, on the record');
    },
  };
}
