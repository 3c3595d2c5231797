import { type ReactNode, useCallback, useMemo } from "react";
import { FlameChart } from "@/charts/FlameChart";
import { duration, percent } from "@/lib/units";
import { toMs } from "./colors";
import type { Drawing } from "./drawing";
import { lanesFor, type Stretch } from "./tree";

interface FlameViewProps {
  drawing: Drawing;
  domain: Stretch | null;
  onDomain: (domain: Stretch | null) => void;
  isCritical: boolean;
  only: string | null;
  matches: ReadonlySet<number> | null;
  chosen: number;
  onChoose: (row: number) => void;
}

/** The same spans, packed: children below their parents, what runs at once below each other. */
export function FlameView(props: FlameViewProps): ReactNode {
  const { drawing, isCritical, only, matches, onChoose } = props;
  const { rows, extent } = drawing;
  const flame = useMemo(
    () => ({
      from: rows.start_ns,
      to: rows.start_ns.map((start, row) => start + (rows.duration_ns[row] ?? 0)),
      depth: lanesFor(rows),
      parent: rows.parent,
      size: drawing.size,
    }),
    [drawing, rows],
  );
  const isFaint = useCallback(
    (row: number) =>
      (only !== null && drawing.service(row) !== only) ||
      (matches !== null && !matches.has(row)) ||
      (isCritical && !rows.is_critical[row]),
    [drawing, rows, only, matches, isCritical],
  );
  const tip = (row: number): readonly string[] => {
    const length = rows.duration_ns[row] ?? 0;
    return [
      drawing.name(row),
      `${drawing.service(row)}${drawing.op(row) ? `, ${drawing.op(row)}` : ""}${drawing.isFailed(row) ? ", failed" : ""}`,
      `${duration(toMs(length))}, ${percent(length / (extent.to - extent.from))} of the trace`,
      `${duration(toMs(rows.self_ns[row] ?? 0))} of its own`,
    ];
  };
  return (
    <div className="trace-flame">
      <FlameChart
        title="Spans of the trace"
        flame={flame}
        label={drawing.name}
        color={drawing.color}
        isFaint={isFaint}
        isMarked={drawing.isFailed}
        tip={tip}
        chosen={props.chosen >= 0 ? props.chosen : null}
        onChoose={(row) => onChoose(row ?? -1)}
        domain={props.domain ?? extent}
        onDomain={props.onDomain}
        height={640}
      />
    </div>
  );
}
