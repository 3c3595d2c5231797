import type { ReactNode } from "react";
import type { ExploreAnswer } from "@/api/explore";
import { count, duration } from "@/lib/units";
import { CopyButton } from "@/ui/controls";
import { Glyph } from "@/ui/Glyph";
import { noteOf } from "./series";

/** Everything known of how an answer came about. */
export function Inspector({ answer }: { answer: ExploreAnswer }): ReactNode {
  const { cost, stepMs, timesMs, requestId, warnings, infos } = answer;
  const drawn = answer.series.length + answer.histograms.length;
  const facts: readonly (readonly [string, ReactNode])[] = [
    ["Series read", count(cost.series)],
    ["Series answered", count(drawn)],
    ["Samples read", count(cost.samples)],
    ["Held at once", cost.peakSamples === null ? "–" : `${count(cost.peakSamples)} samples`],
    ["In the engine", duration(cost.tookMs)],
    ["Until it was here", duration(cost.roundTripMs)],
    ["Evaluated", cost.isPushedDown ? "in the store (pushed down)" : "over samples, in columns"],
    ["Resolution", cost.resolution ? `${cost.resolution} rollups` : "samples as stored"],
    ["Step", `${duration(stepMs)}, ${count(timesMs.length)} points`],
    ["Request", requestId === null ? "–" : <RequestId key="id" id={requestId} />],
  ];
  return (
    <div className="inspector">
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt className="faint s">{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Notes label="warning" texts={warnings} />
      <Notes label="info" texts={infos} />
    </div>
  );
}

function RequestId({ id }: { id: string }): ReactNode {
  return (
    <span className="row">
      <span className="mono trunc">{id}</span>
      <CopyButton text={id} />
    </span>
  );
}

function Notes({
  label,
  texts,
}: {
  label: "warning" | "info";
  texts: readonly string[];
}): ReactNode {
  if (texts.length === 0) return null;
  return (
    <ul>
      {texts.map((text) => {
        const note = noteOf(text);
        return (
          <li className="row s" key={text}>
            <Glyph status={label === "warning" ? "warn" : "info"} label={label} />
            <span>
              {"line" in note ? (
                <span className="faint">
                  Line {note.line}, column {note.column}:{" "}
                </span>
              ) : null}
              {note.text}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
