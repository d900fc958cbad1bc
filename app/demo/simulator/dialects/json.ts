/** JSON with numbers of any length: the ids of one real venue do not fit a double, and are sent as numbers all the same. */

const rawJson = (JSON as unknown as { rawJSON: (text: string) => unknown }).rawJSON;

/** An id made of digits, written as a JSON number. */
export function numericId(id: string): unknown {
  return /^\d{1,20}$/.test(id) ? rawJson.call(JSON, id) : id;
}
