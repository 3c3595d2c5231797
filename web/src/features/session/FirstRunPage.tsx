import { useNavigate, useSearch } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import { defaultOrganisation, defaultProject } from "@/api/scope";
import { useFirstRunToken, useSession } from "@/api/session";
import type { Session } from "@/api/types";
import type { SearchMap } from "@/lib/url-state";
import { Async } from "@/ui/Async";
import { Snippet } from "@/ui/Snippet";
import { AccountForm } from "./AccountForm";
import { ConnectSteps } from "./ConnectSteps";
import { Frame } from "./Frame";
import "./session.css";

/** From the printed link to the first record, in five steps. */
export function FirstRunPage(): ReactNode {
  const session = useSession();
  const navigate = useNavigate();
  const { token = "" } = useSearch({ strict: false }) as SearchMap;
  const isElsewhere =
    session.state === "ready" && session.data.user === null && !session.data.first_run;
  useEffect(() => {
    document.title = "First run · Watchkeeper";
  }, []);
  useEffect(() => {
    if (isElsewhere) void navigate({ to: "/login", replace: true });
  }, [isElsewhere, navigate]);
  if (session.state !== "ready" || isElsewhere) return <main className="alone" />;
  return session.data.user === null ? (
    <Opening token={token} />
  ) : (
    <Connecting session={session.data} />
  );
}

function Opening({ token }: { token: string }): ReactNode {
  const known = useFirstRunToken(token);
  if (known.state === "failed" || (known.state === "ready" && !known.data.valid))
    return <NoToken />;
  return (
    <Async value={known} empty={null} skeleton={<main className="alone" />}>
      {() => <AccountForm token={token} />}
    </Async>
  );
}

function NoToken(): ReactNode {
  return (
    <Frame step={1} title="This page opens with the printed link">
      <p className="muted">
        The server prints a link when it starts for the first time. It works once, for 15 min. Print
        a new one on the server:
      </p>
      <Snippet label="Command" text="watchkeeper user first-run" />
    </Frame>
  );
}

function Connecting({ session }: { session: Session }): ReactNode {
  const org = defaultOrganisation(session);
  const project = org && defaultProject(org);
  if (org === undefined || project === undefined) {
    return (
      <Frame step={2} title="No project yet">
        <p className="muted">
          You belong to no project. Ask an owner of the organisation to make one.
        </p>
      </Frame>
    );
  }
  return <ConnectSteps org={org} project={project} />;
}
