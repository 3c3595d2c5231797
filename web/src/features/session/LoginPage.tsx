import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { toFailure } from "@/api/queries";
import { useSession, useSignIn } from "@/api/session";
import type { SearchMap } from "@/lib/url-state";
import { Button, TextField } from "@/ui/controls";
import { Glyph } from "@/ui/Glyph";
import { Mark } from "@/ui/Icon";
import "./session.css";

export function LoginPage(): ReactNode {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useSignIn();
  const session = useSession();
  const navigate = useNavigate();
  const next = localPath((useSearch({ strict: false }) as SearchMap).next);
  const isSignedIn = session.state === "ready" && session.data.user !== null;
  useEffect(() => {
    document.title = "Sign in · Watchkeeper";
  }, []);
  useEffect(() => {
    if (isSignedIn) void navigate({ href: next, replace: true });
  }, [isSignedIn, navigate, next]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    signIn.mutate({ email, password });
  };
  return (
    <main className="alone">
      <div className="card">
        <span className="row b">
          <Mark />
          Watchkeeper
        </span>
        <h1>Sign in</h1>
        <form className="stack" onSubmit={submit}>
          <TextField
            label="Email"
            type="email"
            required
            autoComplete="username"
            autoFocus
            value={email}
            onChange={setEmail}
          />
          <TextField
            label="Password"
            type="password"
            required
            autoComplete="current-password"
            value={password}
            onChange={setPassword}
          />
          {signIn.error ? (
            <p className="row crit" role="alert">
              <Glyph status="crit" label="" />
              {toFailure(signIn.error).message}
            </p>
          ) : null}
          <Button type="submit" kind="primary" busy={signIn.isPending}>
            Sign in
          </Button>
        </form>
      </div>
    </main>
  );
}

/** Where to go after the login; only pages of this server. */
function localPath(next: string | undefined): string {
  return next?.startsWith("/") && !next.startsWith("//") ? next : "/";
}
