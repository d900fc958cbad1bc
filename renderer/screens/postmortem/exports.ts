import type { OperationRow } from '../../../shared/contract/postmortem.ts';
import type { Cell } from '../../format/table.ts';

/** Columns of exported operations; the intent is one JSON cell. */
export const OPERATION_EXPORT = ['lsn', 'at', 'type', 'class', 'acknowledged', 'epoch', 'file', 'offset', 'bytes', 'intent'] as const;

export const operationCells = (row: OperationRow): readonly Cell[] => [
  row.lsn,
  row.at,
  row.type,
  row.class,
  row.acknowledged,
  row.epoch,
  row.file,
  row.offset,
  row.bytes,
  JSON.stringify(row.intent),
];
