/** What a venue refuses, in the venues' common words; each dialect has its own code and text for every reason. */

export type RefusalReason =
  | 'unknownSymbol'
  | 'unknownOrder'
  | 'quantityInvalid'
  | 'quantityPrecision'
  | 'quantityTooSmall'
  | 'quantityTooLarge'
  | 'priceInvalid'
  | 'pricePrecision'
  | 'priceTooHigh'
  | 'priceTooLow'
  | 'triggerInvalid'
  | 'notionalTooSmall'
  | 'clientIdInvalid'
  | 'clientIdDuplicate'
  | 'marginInsufficient'
  | 'reduceOnlyRejected'
  | 'wouldTrigger'
  | 'wouldTake'
  | 'unfillable'
  | 'tooManyOrders'
  | 'nothingToAmend'
  | 'notAmendable'
  | 'venueFull';

export class Refusal extends Error {
  readonly reason: RefusalReason;
  /** What it was about: a name, an amount, a direction; empty for most reasons. */
  readonly detail: string;

  constructor(reason: RefusalReason, detail = '') {
    super(detail === '' ? reason : `${reason}: ${detail}`);
    this.reason = reason;
    this.detail = detail;
  }
}
