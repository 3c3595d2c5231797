/** What every fetched thing is, at any moment. Exactly one of four. */
export type Loaded<T> =
  | { readonly state: "loading" }
  | { readonly state: "failed"; readonly failure: Failure; readonly retry: () => void }
  | { readonly state: "empty" }
  | { readonly state: "ready"; readonly data: T; readonly stale?: Failure };

/** Why something could not be fetched, in words for people. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly requestId: string | null;
  /** Which part of what was asked is wrong, where the server names it. */
  readonly field?: string | null;
  /** Where in that part, in characters from 0. */
  readonly position?: number | null;
}

/** The same state of a part of the data. */
export function mapLoaded<T, R>(value: Loaded<T>, pick: (data: T) => R): Loaded<R> {
  if (value.state !== "ready") return value;
  return { ...value, data: pick(value.data) };
}
