import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useMemo, useState } from "react";
import { type MapEdge, type MapNode, type ServiceMap, useServiceMap } from "@/api/performance";
import { type Scope, useSearchState } from "@/api/scope";
import { compact, duration, percent, rate } from "@/lib/units";
import type { SearchMap } from "@/lib/url-state";
import { Async, SkeletonRows } from "@/ui/Async";
import { Switch } from "@/ui/controls";
import { PageLink, scopeOnly } from "@/ui/PageLink";
import { Tag } from "@/ui/Panel";
import { type Column, Table } from "@/ui/Table";
import { type Layout, layoutMap, type Place, type Point, routeKey } from "./map-layout";
import { NoSpans } from "./NoSpans";

const SIZE = { width: 172, height: 66, gapX: 64, gapY: 18 };
const MARGIN = 16;
/** Room below the nodes for calls back. */
const LOW = 34;
const BAD = 0.01;
const WORSE = 0.05;

/** Who calls whom, how often, how many fail; as a picture and as a table. */
export function MapTab({ scope }: { scope: Scope }): ReactNode {
  const [search, change] = useSearchState();
  const isTable = search.view === "table";
  const { value, refreshing } = useServiceMap(scope);
  return (
    <section className="panel open" aria-label="Service map">
      {refreshing ? <div className="progress" /> : null}
      <div className="ph map-head">
        <h2>Service map</h2>
        {value.state === "ready" ? <Honest map={value.data} /> : null}
        <span className="row more">
          <Switch
            label="Show as"
            value={isTable ? "table" : "map"}
            options={[
              { value: "map", label: "Map" },
              { value: "table", label: "Table" },
            ]}
            onChange={(next) => change({ view: next === "map" ? undefined : next })}
          />
        </span>
      </div>
      <Async
        value={value}
        minHeight={420}
        skeleton={<SkeletonRows rows={10} height={42} />}
        empty={<NoSpans scope={scope} what="service" isNarrow={scope.environment !== null} />}
      >
        {(map) => (isTable ? <Tables map={map} /> : <Picture map={map} scope={scope} />)}
      </Async>
    </section>
  );
}

/** What part of the spans the map was made of. */
function Honest({ map }: { map: ServiceMap }): ReactNode {
  if (map.sample_ratio >= 1) return null;
  return (
    <Tag
      title={`${compact(map.sampled_spans)} spans were joined; rates between services are scaled up`}
    >
      calls between services from {percent(map.sample_ratio)} of the time
    </Tag>
  );
}

function Picture({ map, scope }: { map: ServiceMap; scope: Scope }): ReactNode {
  const navigate = useNavigate();
  const [near, setNear] = useState<string | null>(null);
  const layout = useMemo(
    () =>
      layoutMap(
        map.nodes.map((one) => one.id),
        map.edges.map(({ source, target, per_s }) => ({ source, target, weight: per_s + 0.001 })),
        SIZE,
      ),
    [map],
  );
  const open = (node: MapNode): void => {
    void navigate({
      to: `/o/${scope.org.slug}/traces`,
      search: (old: SearchMap) => ({ ...scopeOnly(old), ...placeOf(node) }),
    });
  };
  const [width, height] = [layout.width + 2 * MARGIN, layout.height + 2 * MARGIN + LOW];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region is reached by keyboard.
    <section className="service-map" tabIndex={0} aria-label="Map; the same stands in the table">
      <div style={{ width, height, position: "relative" }}>
        <svg width={width} height={height} aria-hidden="true">
          {map.edges.map((edge) => (
            <Edge
              key={`${edge.source} ${edge.target}`}
              edge={edge}
              layout={layout}
              most={Math.max(...map.edges.map((one) => one.per_s))}
              isDim={near !== null && edge.source !== near && edge.target !== near}
              isNear={near !== null && (edge.source === near || edge.target === near)}
            />
          ))}
        </svg>
        {map.nodes.map((node) => (
          <Node
            key={node.id}
            node={node}
            layout={layout}
            isDim={near !== null && !isNeighbour(map.edges, near, node.id)}
            onNear={setNear}
            onOpen={open}
          />
        ))}
      </div>
    </section>
  );
}

const isNeighbour = (edges: readonly MapEdge[], a: string, b: string): boolean =>
  a === b ||
  edges.some(
    (one) => (one.source === a && one.target === b) || (one.source === b && one.target === a),
  );

/** Where a press on a node leads. */
function placeOf(node: MapNode): SearchMap {
  if (node.kind === "service") return { tab: "endpoints", service: node.name };
  if (node.kind === "db") return { tab: "database" };
  return { tab: "database", view: "outside", q: node.name };
}

const toneOf = ({ error_ratio: ratio }: { error_ratio: number }): string =>
  ratio > WORSE ? "crit" : ratio > BAD ? "warn" : "ok";

interface EdgeProps {
  edge: MapEdge;
  layout: Layout;
  most: number;
  isDim: boolean;
  isNear: boolean;
}

function Edge({ edge, layout, most, isDim, isNear }: EdgeProps): ReactNode {
  const a = layout.places.get(edge.source);
  const b = layout.places.get(edge.target);
  if (a === undefined || b === undefined) return null;
  const shape =
    b.layer > a.layer
      ? forth(a, b, layout.routes.get(routeKey(edge)) ?? [])
      : back(a, b, layout.height);
  const tone = toneOf(edge);
  const color = tone === "ok" ? "var(--line-2)" : `var(--${tone}-m)`;
  const wide = 1 + 4 * Math.sqrt(edge.per_s / (most || 1));
  return (
    <g opacity={isDim ? 0.15 : 1}>
      <path d={shape.line} fill="none" stroke={color} strokeWidth={wide} />
      <path d={shape.head} fill={color} />
      {isNear ? (
        <text x={shape.x} y={shape.y - 6} textAnchor="middle" className="edge-text">
          {`${edge.is_estimated ? "≈ " : ""}${rate(edge.per_s)} · ${duration(edge.p95_ms)}${edge.errors > 0 ? ` · ${percent(edge.error_ratio)}` : ""}`}
        </text>
      ) : null}
    </g>
  );
}

interface Shape {
  readonly line: string;
  readonly head: string;
  /** Where its numbers stand. */
  readonly x: number;
  readonly y: number;
}

/** From the right side of a node to the left side of one further right, by the lanes between. */
function forth(a: Place, b: Place, route: readonly Point[]): Shape {
  const start = { x: a.x + SIZE.width, y: a.y + SIZE.height / 2 };
  const end = { x: b.x - 6, y: b.y + SIZE.height / 2 };
  const points = [start, ...route, end].map(({ x, y }) => ({ x: MARGIN + x, y: MARGIN + y }));
  const tip = { x: MARGIN + b.x, y: MARGIN + end.y };
  const [first, second] = [points[0] ?? tip, points[1] ?? tip];
  return {
    line: `M${first.x} ${first.y}${points
      .slice(1)
      .map((to, i) => curve(points[i] ?? to, to))
      .join("")}`,
    head: `M${tip.x - 8} ${tip.y - 4}L${tip.x} ${tip.y}L${tip.x - 8} ${tip.y + 4}z`,
    x: (first.x + second.x) / 2,
    y: (first.y + second.y) / 2,
  };
}

/** Level where it leaves and where it arrives; straight where both are as high. */
function curve(from: Point, to: Point): string {
  if (from.y === to.y) return `L${to.x} ${to.y}`;
  const bend = Math.max(24, (to.x - from.x) / 2);
  return `C${from.x + bend} ${from.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}`;
}

/** A call back runs below all nodes, so that it is not taken for one forth. */
function back(a: Place, b: Place, height: number): Shape {
  const [x1, y1] = [MARGIN + a.x + SIZE.width / 2, MARGIN + a.y + SIZE.height];
  const [x2, y2] = [MARGIN + b.x + SIZE.width / 2 + 16, MARGIN + b.y + SIZE.height];
  const low = MARGIN + height + LOW;
  return {
    line: `M${x1} ${y1}C${x1} ${low} ${x2} ${low} ${x2} ${y2 + 6}`,
    head: `M${x2 - 4} ${y2 + 8}L${x2} ${y2}L${x2 + 4} ${y2 + 8}z`,
    x: (x1 + x2) / 2,
    y: low - 8,
  };
}

interface NodeProps {
  node: MapNode;
  layout: Layout;
  isDim: boolean;
  onNear: (id: string | null) => void;
  onOpen: (node: MapNode) => void;
}

function Node({ node, layout, isDim, onNear, onOpen }: NodeProps): ReactNode {
  const place = layout.places.get(node.id);
  if (place === undefined) return null;
  const tone = toneOf(node);
  return (
    <button
      type="button"
      className={node.kind === "service" ? "map-node" : "map-node outside"}
      data-tone={tone}
      style={{
        left: MARGIN + place.x,
        top: MARGIN + place.y,
        width: SIZE.width,
        height: SIZE.height,
        opacity: isDim ? 0.35 : 1,
      }}
      onPointerEnter={() => onNear(node.id)}
      onPointerLeave={() => onNear(null)}
      onFocus={() => onNear(node.id)}
      onBlur={() => onNear(null)}
      onClick={() => onOpen(node)}
    >
      <span className="row">
        <b className="m trunc" title={node.name}>
          {node.name || "no name"}
        </b>
        {node.kind === "service" ? null : <span className="faint xs">{node.kind}</span>}
      </span>
      <span className="s muted trunc">
        {rate(node.per_s)} · p95 {duration(node.p95_ms)}
      </span>
      <span className={tone === "ok" ? "s faint" : `s ${tone}`}>
        {percent(node.error_ratio)} failed
      </span>
    </button>
  );
}

const EDGE_COLUMNS: Column<MapEdge>[] = [
  { head: "From", cell: (one) => nameOf(one.source) },
  { head: "To", cell: (one) => nameOf(one.target), width: "30%" },
  {
    head: "Rate",
    cell: (one) => `${one.is_estimated ? "≈ " : ""}${rate(one.per_s)}`,
    isNumber: true,
    width: "96px",
  },
  {
    head: "Failed",
    cell: (one) => <span className={toneOf(one)}>{percent(one.error_ratio)}</span>,
    isNumber: true,
    width: "88px",
    isWideOnly: true,
  },
  { head: "p95", cell: (one) => duration(one.p95_ms), isNumber: true, width: "88px" },
];

const NODE_COLUMNS: Column<MapNode>[] = [
  {
    head: "Name",
    cell: (one) => (
      <PageLink to="traces" search={placeOf(one)} className="name">
        {one.name}
      </PageLink>
    ),
  },
  { head: "Kind", cell: (one) => one.kind, width: "96px", isWideOnly: true },
  { head: "Rate", cell: (one) => rate(one.per_s), isNumber: true, width: "96px" },
  {
    head: "Failed",
    cell: (one) => <span className={toneOf(one)}>{percent(one.error_ratio)}</span>,
    isNumber: true,
    width: "88px",
  },
  { head: "p95", cell: (one) => duration(one.p95_ms), isNumber: true, width: "88px" },
];

/** `db:postgresql` is shown as "postgresql". */
const nameOf = (id: string): string => id.slice(id.indexOf(":") + 1);

function Tables({ map }: { map: ServiceMap }): ReactNode {
  return (
    <div className="map-tables">
      <Table
        label="Services and what they call"
        rows={map.nodes}
        rowKey={(one) => one.id}
        columns={NODE_COLUMNS}
        empty="No service in this range."
      />
      <Table
        label="Calls"
        rows={map.edges}
        rowKey={(one) => `${one.source} ${one.target}`}
        columns={EDGE_COLUMNS}
        empty="No calls between services in this range."
      />
    </div>
  );
}
