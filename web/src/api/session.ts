import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Loaded } from "@/lib/loaded";
import { call, sendCsrfToken } from "./client";
import { toLoaded } from "./queries";
import type { FirstRunAnswers, Session } from "./types";

export const SESSION_KEY = ["session"] as const;

export async function fetchSession(): Promise<Session> {
  return kept(await call<Session>("GET", "/api/wk/session"));
}

function kept(session: Session): Session {
  sendCsrfToken(session.csrf_token ?? "");
  return session;
}

/** Who is signed in, and where they may go. Answers for signed-out people too (`user` is null). */
export function useSession(): Loaded<Session> {
  return toLoaded(useQuery({ queryKey: SESSION_KEY, queryFn: fetchSession, staleTime: 60_000 }));
}

interface Credentials {
  email: string;
  password: string;
}

type Signing<T> = ReturnType<typeof useMutation<Session, Error, T>>;

export function useSignIn(): Signing<Credentials> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Credentials) => call<Session>("POST", "/api/wk/session", { body }),
    onSuccess: (session) => client.setQueryData(SESSION_KEY, kept(session)),
  });
}

export function useSignOut(): ReturnType<typeof useMutation<void, Error, void>> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call<void>("DELETE", "/api/wk/session"),
    onSettled: () => {
      client.clear();
      location.assign("/login");
    },
  });
}

/** Whether the link's single-use token still opens the first-run page. */
export function useFirstRunToken(token: string): Loaded<{ valid: boolean }> {
  return toLoaded(
    useQuery({
      queryKey: ["first-run", token],
      queryFn: () => call<{ valid: boolean }>("GET", "/api/wk/first-run", { query: { token } }),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  );
}

export function useFirstRun(): Signing<FirstRunAnswers> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: FirstRunAnswers) => call<Session>("POST", "/api/wk/first-run", { body }),
    onSuccess: (session) => client.setQueryData(SESSION_KEY, kept(session)),
  });
}
