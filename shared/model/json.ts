/** Intents as JSON: the form of `rearm wal`, of submission logs and of the screens. Amounts stay decimal strings. */

import { RearmError } from '../errors.ts';
import { formatTime, parseTime } from '../units.ts';
import { type FieldType, type Intent, OPERATIONS, type OperationType } from './operations.ts';

export type IntentJson = { readonly type: OperationType } & Readonly<Record<string, string | number | boolean | null>>;

const fieldsOf = (type: OperationType) => Object.entries(OPERATIONS[type].fields as Readonly<Record<string, FieldType>>);

export function intentToJson(intent: Intent): IntentJson {
  const json: Record<string, string | number | boolean | null> = { type: intent.type };
  for (const [name, field] of fieldsOf(intent.type)) {
    const value = (intent as unknown as Record<string, unknown>)[name];
    if (field.kind === 'time') json[name] = formatTime(value as bigint);
    else if (field.kind === 'u64') json[name] = (value as bigint).toString();
    else if (field.kind === 'bytes') json[name] = base64Encode(value as Uint8Array);
    else json[name] = value as string | number | boolean;
  }
  return json as IntentJson;
}

/** The inverse. @throws RearmError OPERATION_INVALID for an unknown type or a field of the wrong kind. */
export function intentFromJson(json: Readonly<Record<string, unknown>>): Intent {
  const type = json.type as OperationType;
  if (!Object.hasOwn(OPERATIONS, type)) throw new RearmError('OPERATION_INVALID', `no operation is called ${JSON.stringify(type)}`, {});
  const intent: Record<string, unknown> = { type };
  for (const [name, field] of fieldsOf(type)) {
    const value = json[name];
    try {
      if (field.kind === 'time') intent[name] = parseTime(value as string | null);
      else if (field.kind === 'u64') intent[name] = BigInt(value as string);
      else if (field.kind === 'bytes') intent[name] = base64Decode(value as string);
      else if (value === undefined) throw new TypeError('missing');
      else intent[name] = value;
    } catch (error) {
      throw new RearmError('OPERATION_INVALID', `${type}: field ${name} is ${JSON.stringify(value)}`, { type, name }, error);
    }
  }
  return intent as unknown as Intent;
}

/** base64 without Buffer, so that the renderer can use it too. */
export function base64Encode(data: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < data.length; i += 0x8000) binary += String.fromCharCode(...data.subarray(i, i + 0x8000));
  return btoa(binary);
}

export function base64Decode(encoded: string): Uint8Array {
  return Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
}
