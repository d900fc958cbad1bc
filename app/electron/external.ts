/** Pages that may be opened in the person's own browser: exact origins, https only. */

export const EXTERNAL_ORIGINS: readonly string[] = [];

export function externalAllowed(address: string, origins: readonly string[] = EXTERNAL_ORIGINS): boolean {
  try {
    const url = new URL(address);
    return url.protocol === 'https:' && url.username === '' && url.password === '' && origins.includes(url.origin);
  } catch {
    return false;
  }
}
