import type { ReactNode } from "react";
import { autoStep } from "@/api/explore";
import { type Scope, spanNow } from "@/api/scope";
import { duration } from "@/lib/units";
import { Icon } from "@/ui/Icon";
import { MenuItem, Popover } from "@/ui/Menu";
import type { Query } from "./link";

const CHOICES_S = [5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 21_600, 86_400];
const MOST_POINTS = 11_000;
const FEWEST_POINTS = 2;

interface StepControlProps {
  query: Query;
  scope: Scope;
  onSet: (patch: Partial<Query>) => void;
}

/** How far the points of an answer lie apart: by the range, or as chosen. */
export function StepControl({ query, scope, onSet }: StepControlProps): ReactNode {
  const own = autoStep(scope.range);
  const span = spanNow(scope.range);
  const points = (ms: number): number => (span.toMs - span.fromMs) / ms;
  const fitting = CHOICES_S.filter(
    (s) => points(s * 1000) <= MOST_POINTS && points(s * 1000) >= FEWEST_POINTS,
  );
  const text =
    query.stepMs === null ? `step ${stepText(own)}` : `step ${stepText(query.stepMs)}, fixed`;
  return (
    <Popover
      align="end"
      buttonClass="step faint s"
      label={`Resolution: ${text}`}
      button={
        <>
          {text} <Icon name="down" small />
        </>
      }
    >
      {(close) => (
        <>
          <MenuItem
            chosen={query.stepMs === null}
            end={stepText(own)}
            onChoose={() => {
              close();
              onSet({ stepMs: null });
            }}
          >
            By the range
          </MenuItem>
          {fitting.map((s) => (
            <MenuItem
              key={s}
              chosen={query.stepMs === s * 1000}
              end={`${Math.floor(points(s * 1000)) + 1} points`}
              onChoose={() => {
                close();
                onSet({ stepMs: s * 1000 });
              }}
            >
              {stepText(s * 1000)}
            </MenuItem>
          ))}
        </>
      )}
    </Popover>
  );
}

const MINUTE_MS = 60_000;

/** "60 s", "5 min": seconds up to a minute, as Prometheus's users say it. */
const stepText = (ms: number): string => (ms <= MINUTE_MS ? `${ms / 1000} s` : duration(ms));
