import { assignSlots } from "@/charts/shape";

/** A colour token for each service; the same service keeps its colour as long as no other has it. */
export function serviceColors(services: readonly string[]): ReadonlyMap<string, string> {
  // By name, so that the order in which services turn up changes nothing.
  const names = [...new Set(services)].sort();
  const slots = assignSlots(names);
  return new Map(names.map((name, i) => [name, `c${slots[i] ?? 1}`]));
}

const NS_PER_MS = 1e6;

export const toMs = (ns: number): number => ns / NS_PER_MS;
