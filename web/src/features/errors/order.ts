/** The order of the list that was open last, so that an issue's page can go to its neighbours. */

let order: readonly string[] = [];

export function rememberOrder(shortIds: readonly string[]): void {
  order = shortIds;
}

export function neighboursOf(shortId: string): { previous?: string; next?: string } {
  const at = order.indexOf(shortId);
  if (at < 0) return {};
  const [previous, next] = [order[at - 1], order[at + 1]];
  return { ...(previous ? { previous } : {}), ...(next ? { next } : {}) };
}
