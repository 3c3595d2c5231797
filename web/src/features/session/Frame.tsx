import type { ReactNode } from "react";
import { Glyph } from "@/ui/Glyph";
import { Mark } from "@/ui/Icon";

const STEPS = ["Account", "Project", "What you have", "Lines to add", "First record"];

interface FrameProps {
  /** 1–5; 6 when all are done. */
  step: number;
  title: string;
  wide?: boolean;
  children: ReactNode;
}

/** The card of a first-run step, with the five steps above it. */
export function Frame({ step, title, wide = false, children }: FrameProps): ReactNode {
  return (
    <main className="alone first-run">
      <div className={wide ? "card wide" : "card"}>
        <span className="row b">
          <Mark />
          Watchkeeper
        </span>
        <ol className="steps" aria-label="Steps">
          {STEPS.map((name, i) => (
            <li key={name} aria-current={i + 1 === step ? "step" : undefined}>
              {i + 1 < step ? (
                <Glyph status="ok" label="done" />
              ) : (
                <span className="nr">{i + 1}</span>
              )}
              <span>{name}</span>
            </li>
          ))}
        </ol>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}
