import type { ReactNode } from "react";
import { Glyph } from "@/ui/Glyph";

interface FactProps {
  label: string;
  value: string;
  note: string;
  isBad?: boolean;
}

/** One number with what it means. */
export function Fact({ label, value, note, isBad = false }: FactProps): ReactNode {
  return (
    <div className="fact">
      <h2 className="row muted s m">
        {isBad ? <Glyph status="warn" /> : null}
        {label}
      </h2>
      <b>{value}</b>
      <span className="muted s">{note}</span>
    </div>
  );
}
