import { type ErrorComponentProps, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { toFailure } from "@/api/queries";
import { FailureNote } from "@/ui/Async";

/** In the place of a page that failed; the shell around it stays. */
export function PageFailure({ error, reset }: ErrorComponentProps): ReactNode {
  return (
    <div className="page">
      <div className="panel">
        <FailureNote failure={toFailure(error)} retry={reset} />
      </div>
    </div>
  );
}

export function Missing(): ReactNode {
  return (
    <main className="alone">
      <h1>Nothing is at this address</h1>
      <p className="muted">
        <Link to="/" className="link">
          Go to Home
        </Link>
      </p>
    </main>
  );
}
