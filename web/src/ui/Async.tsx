import type { CSSProperties, ReactNode } from "react";
import type { Failure, Loaded } from "@/lib/loaded";
import { Button, CopyButton } from "./controls";
import { Glyph } from "./Glyph";
import { Tag } from "./Panel";

interface AsyncProps<T> {
  value: Loaded<T>;
  /** What stands in the panel when there is nothing: the way to get something. */
  empty: ReactNode;
  /** Shown while loading; give it the final size, so that nothing moves. */
  skeleton?: ReactNode;
  /** Codes of failures that are told elsewhere, such as a search that cannot be read. */
  quiet?: RegExp;
  /** Least height in px of the states other than ready. */
  minHeight?: number;
  children: (data: T) => ReactNode;
}

/** Draws each of the four states; neighbours are not affected by a failure. */
export function Async<T>({
  value,
  empty,
  skeleton,
  minHeight,
  quiet,
  children,
}: AsyncProps<T>): ReactNode {
  const style: CSSProperties | undefined = minHeight === undefined ? undefined : { minHeight };
  switch (value.state) {
    case "loading":
      return (
        <div style={style} aria-busy="true">
          <span className="sr">Loading</span>
          {skeleton ?? <SkeletonRows rows={4} />}
        </div>
      );
    case "failed":
      if (quiet?.test(value.failure.code)) return <div style={style} />;
      return (
        <div style={style}>
          <FailureNote failure={value.failure} retry={value.retry} />
        </div>
      );
    case "empty":
      return <div style={style}>{empty}</div>;
    case "ready":
      return (
        <>
          {value.stale ? <StaleNote failure={value.stale} /> : null}
          {children(value.data)}
        </>
      );
  }
}

/** What failed, its code and request id, and Retry; in the place of what is missing. */
export function FailureNote({
  failure,
  retry,
}: {
  failure: Failure;
  retry?: () => void;
}): ReactNode {
  return (
    <div className="state" role="alert">
      <p className="row">
        <Glyph status="crit" label="" />
        <span>{failure.message}</span>
      </p>
      <p className="faint s inline">
        {failure.code}
        {failure.requestId ? (
          <>
            , request <span className="mono">{failure.requestId}</span>
          </>
        ) : null}
      </p>
      <span className="row">
        {retry ? <Button onClick={retry}>Retry</Button> : null}
        {failure.requestId ? (
          <CopyButton text={failure.requestId} label="Copy request id" small={false} />
        ) : null}
      </span>
    </div>
  );
}

function StaleNote({ failure }: { failure: Failure }): ReactNode {
  return (
    <div className="pad row" role="status">
      <Tag tone="warn" title={`${failure.code}: ${failure.message}`}>
        <Glyph status="warn" label="" />
        Not refreshed: {failure.message}
      </Tag>
    </div>
  );
}

/** Rows of the size of the table that will come. Nothing is shown in the first 150 ms. */
export function SkeletonRows({ rows, height = 32 }: { rows: number; height?: number }): ReactNode {
  return (
    <div className="sk-rows late" aria-hidden="true">
      {Array.from({ length: rows }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike and never move.
        <div key={i} style={{ height }}>
          <span className="sk" style={{ width: `${42 - (i % 3) * 9}%` }} />
          <span className="grow" />
          <span className="sk" style={{ width: 48 }} />
        </div>
      ))}
    </div>
  );
}

/** A live wait: what is waited for is said in words. */
export function Waiting({ children }: { children: ReactNode }): ReactNode {
  return (
    <p className="waiting" role="status">
      <i className="pulse" aria-hidden="true" />
      <span>{children}</span>
    </p>
  );
}
