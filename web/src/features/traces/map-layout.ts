/** Places of the nodes of a service map: callers left, callees right, few crossings. Pure. */

export interface Link {
  readonly source: string;
  readonly target: string;
  /** How much it counts when crossings are weighed. */
  readonly weight: number;
}

export interface Place {
  readonly x: number;
  readonly y: number;
  readonly layer: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly places: ReadonlyMap<string, Place>;
  /** Where a link passes the layers between its ends, between their nodes: `routes.get(routeKey(link))`. */
  readonly routes: ReadonlyMap<string, readonly Point[]>;
  readonly width: number;
  readonly height: number;
}

export interface NodeSize {
  readonly width: number;
  readonly height: number;
  readonly gapX: number;
  readonly gapY: number;
}

const SWEEPS = 12;
/** The height that a link takes of a layer that it passes. */
const LANE = 14;

export const routeKey = ({ source, target }: Pick<Link, "source" | "target">): string =>
  `${source}\n${target}`;

/** Layers by the longest way from a node that none calls; cycles are cut where they are found. */
export function layoutMap(ids: readonly string[], links: readonly Link[], size: NodeSize): Layout {
  const forward = withoutCycles(ids, links);
  const layerOf = layersOf(ids, forward);
  const layers: string[][] = [];
  for (const id of ids) {
    const at = layerOf.get(id) ?? 0;
    while (layers.length <= at) layers.push([]);
    layers[at]?.push(id);
  }
  const lanes = lanesOf(forward, layerOf, layers);
  order(layers, [...links.filter((one) => !lanes.has(routeKey(one))), ...chains(forward, lanes)]);
  return placed(layers, lanes, size);
}

/** A place in each layer that a link passes, so that it is led between the nodes there, not behind them. */
function lanesOf(
  links: readonly Link[],
  layerOf: ReadonlyMap<string, number>,
  layers: string[][],
): Map<string, string[]> {
  const lanes = new Map<string, string[]>();
  for (const link of links) {
    const [from, to] = [layerOf.get(link.source) ?? 0, layerOf.get(link.target) ?? 0];
    const key = routeKey(link);
    if (to - from < 2 || lanes.has(key)) continue;
    const own: string[] = [];
    for (let at = from + 1; at < to; at += 1) {
      const lane = `${key}\n${at}`;
      own.push(lane);
      layers[at]?.push(lane);
    }
    lanes.set(key, own);
  }
  return lanes;
}

/** Links that pass layers, as links from lane to lane. */
function chains(links: readonly Link[], lanes: ReadonlyMap<string, readonly string[]>): Link[] {
  return links.flatMap((link) => {
    const own = lanes.get(routeKey(link));
    if (own === undefined) return [];
    const stops = [link.source, ...own, link.target];
    return stops.slice(1).map((target, i) => ({
      source: stops[i] ?? link.source,
      target,
      weight: link.weight,
    }));
  });
}

/** The links that lead forward in a walk from the nodes that none calls. */
function withoutCycles(ids: readonly string[], links: readonly Link[]): Link[] {
  const out = groupBy(links, (one) => one.source);
  const called = new Set(links.filter((one) => one.source !== one.target).map((one) => one.target));
  const state = new Map<string, "open" | "done">();
  const kept: Link[] = [];
  const visit = (start: string): void => {
    const stack: { id: string; at: number }[] = [{ id: start, at: 0 }];
    state.set(start, "open");
    while (stack.length > 0) {
      const top = stack.at(-1);
      if (top === undefined) return;
      const link = out.get(top.id)?.[top.at];
      top.at += 1;
      if (link === undefined) {
        state.set(top.id, "done");
        stack.pop();
        continue;
      }
      const seen = state.get(link.target);
      if (seen === "open") continue;
      kept.push(link);
      if (seen === undefined) {
        state.set(link.target, "open");
        stack.push({ id: link.target, at: 0 });
      }
    }
  };
  for (const id of [...ids.filter((one) => !called.has(one)), ...ids])
    if (!state.has(id)) visit(id);
  return kept;
}

function layersOf(ids: readonly string[], links: readonly Link[]): Map<string, number> {
  const layer = new Map(ids.map((id) => [id, 0]));
  // As long as something moves; without cycles that ends after as many rounds as there are nodes.
  for (let round = 0; round < ids.length; round += 1) {
    let isMoved = false;
    for (const { source, target } of links) {
      const wanted = (layer.get(source) ?? 0) + 1;
      if ((layer.get(target) ?? 0) >= wanted) continue;
      layer.set(target, wanted);
      isMoved = true;
    }
    if (!isMoved) break;
  }
  return layer;
}

/** Sorts each layer by the middle of its neighbours, there and back, until it settles. */
function order(layers: string[][], links: readonly Link[]): void {
  const before = groupBy(links, (one) => one.target);
  const after = groupBy(links, (one) => one.source);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const isForth = sweep % 2 === 0;
    const place = new Map<string, number>();
    for (const layer of layers) spread(layer, place);
    for (const layer of isForth ? layers : [...layers].reverse()) {
      const middle = new Map(
        layer.map((id) => [
          id,
          middleOf(isForth ? before.get(id) : after.get(id), isForth, place) ?? place.get(id) ?? 0,
        ]),
      );
      layer.sort((a, b) => (middle.get(a) ?? 0) - (middle.get(b) ?? 0));
      spread(layer, place);
    }
  }
}

/** Notes where each node of a layer stands, from 0 to 1. */
function spread(layer: readonly string[], place: Map<string, number>): void {
  layer.forEach((id, i) => {
    place.set(id, i / Math.max(1, layer.length - 1));
  });
}

function middleOf(
  links: readonly Link[] | undefined,
  isForth: boolean,
  place: ReadonlyMap<string, number>,
): number | null {
  let [sum, weight] = [0, 0];
  for (const link of links ?? []) {
    const at = place.get(isForth ? link.source : link.target);
    if (at === undefined) continue;
    sum += at * link.weight;
    weight += link.weight;
  }
  return weight > 0 ? sum / weight : null;
}

function placed(
  layers: readonly (readonly string[])[],
  lanes: ReadonlyMap<string, readonly string[]>,
  size: NodeSize,
): Layout {
  const isLane = new Set([...lanes.values()].flat());
  const heightOf = (id: string): number => (isLane.has(id) ? LANE : size.height);
  const tallOf = (layer: readonly string[]): number =>
    layer.reduce((sum, id) => sum + heightOf(id) + size.gapY, -size.gapY);
  const height = Math.max(size.height, ...layers.map(tallOf));
  const all = new Map<string, Place>();
  layers.forEach((layer, at) => {
    let y = (height - tallOf(layer)) / 2;
    for (const id of layer) {
      all.set(id, { x: at * (size.width + size.gapX), y, layer: at });
      y += heightOf(id) + size.gapY;
    }
  });
  const routes = new Map(
    [...lanes].map(([key, own]) => [key, own.flatMap((lane) => crossing(all.get(lane), size))]),
  );
  const places = new Map([...all].filter(([id]) => !isLane.has(id)));
  const width = Math.max(1, layers.length) * (size.width + size.gapX) - size.gapX;
  return { places, routes, width, height };
}

/** Where a lane begins and ends. */
function crossing(lane: Place | undefined, size: NodeSize): Point[] {
  if (lane === undefined) return [];
  const y = lane.y + LANE / 2;
  return [
    { x: lane.x, y },
    { x: lane.x + size.width, y },
  ];
}

function groupBy(links: readonly Link[], key: (link: Link) => string): Map<string, Link[]> {
  const groups = new Map<string, Link[]>();
  for (const link of links) {
    const list = groups.get(key(link));
    if (list) list.push(link);
    else groups.set(key(link), [link]);
  }
  return groups;
}
