/** What was asked of the past and did not come. That the log does not hold it is an answer, and not a failure. */

import type { ErrorData } from '../../../shared/errors.ts';
import { Empty, ErrorNotice } from '../../components/Notice.tsx';
import { sentence } from '../../format/words.ts';

const ANSWERS = new Set<ErrorData['code']>(['NOT_FOUND', 'LSN_UNREACHABLE']);

/** @param what what is missing, as the title says it; @param asked the question, where it failed */
export function NotHere({ error, what, asked }: { error: ErrorData; what: string; asked: string }) {
  return ANSWERS.has(error.code) ? <Empty title={what}>{sentence(error.message)}.</Empty> : <ErrorNotice error={error} asked={asked} />;
}
