/** Who is acting. Kept in memory only: a reload asks again, so that nobody acts under the name of the person before. */

export interface IdentitySlice {
  /** An enrolled person's id, or a free name before anyone is enrolled; null: nobody said who they are. */
  readonly actingAs: string | null;
}

export const identitySlice = (): IdentitySlice => ({ actingAs: null });
