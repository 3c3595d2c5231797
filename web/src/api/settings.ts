import { type UseMutationResult, useMutation, useQueryClient } from "@tanstack/react-query";
import type { Loaded } from "@/lib/loaded";
import { call } from "./client";
import { projectPath } from "./projects";
import { type Filled, type Pages, projectKey, useLoaded, usePages } from "./queries";
import type {
  ApiToken,
  AuditEntry,
  AuditPage,
  Channel,
  ChannelTest,
  DataHealth,
  IngestKey,
  Member,
  NewApiToken,
  Role,
  ScrapeConfig,
  TargetState,
} from "./types";

type Change<T, R = unknown> = UseMutationResult<R, Error, T>;

/** A change that makes one list stale. */
function useChange<T, R>(key: readonly unknown[], send: (input: T) => Promise<R>): Change<T, R> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: () => client.invalidateQueries({ queryKey: [...key] }),
  });
}

const keysKey = (id: number): readonly unknown[] => projectKey(id, [], "keys");

export function useKeys(id: number): Loaded<IngestKey[]> {
  return useLoaded({
    key: keysKey(id),
    fetch: (signal) => call<{ keys: IngestKey[] }>("GET", projectPath(id, "/keys"), { signal }),
    select: (answer) => answer.keys,
    isEmpty: (keys) => keys.length === 0,
  }).value;
}

export function useCreateKey(
  id: number,
): Change<{ kind: IngestKey["kind"]; label: string }, IngestKey> {
  return useChange(keysKey(id), (body) => call("POST", projectPath(id, "/keys"), { body }));
}

type KeyPatch = { keyId: number; enabled?: boolean; label?: string; allowed_origins?: string[] };

export function useChangeKey(id: number): Change<KeyPatch, IngestKey> {
  return useChange(keysKey(id), ({ keyId, ...body }) =>
    call("PATCH", projectPath(id, `/keys/${keyId}`), { body }),
  );
}

export function useRotateKey(id: number): Change<number, IngestKey> {
  return useChange(keysKey(id), (keyId) => call("POST", projectPath(id, `/keys/${keyId}/rotate`)));
}

const orgPath = (org: string, rest: string): string =>
  `/api/wk/orgs/${encodeURIComponent(org)}/${rest}`;

export function useTokens(org: string): Loaded<ApiToken[]> {
  return useLoaded({
    key: ["org", org, "tokens"],
    fetch: (signal) => call<{ tokens: ApiToken[] }>("GET", orgPath(org, "tokens"), { signal }),
    select: (answer) => answer.tokens,
    isEmpty: (tokens) => tokens.length === 0,
  }).value;
}

type NewToken = { name: string; role: Role; project_id: number | null; expires_ms: number | null };

/** The answer holds the token itself, once. */
export function useCreateToken(org: string): Change<NewToken, NewApiToken> {
  return useChange(["org", org, "tokens"], (body) =>
    call("POST", orgPath(org, "tokens"), { body }),
  );
}

export function useRevokeToken(org: string): Change<number> {
  return useChange(["org", org, "tokens"], (id) => call("DELETE", orgPath(org, `tokens/${id}`)));
}

export function useMembers(org: string): Loaded<Member[]> {
  return useLoaded({
    key: ["org", org, "members"],
    fetch: (signal) => call<{ members: Member[] }>("GET", orgPath(org, "members"), { signal }),
    select: (answer) => answer.members,
  }).value;
}

type NewMember = { email: string; name: string; password: string | null; role: Role };

export function useAddMember(org: string): Change<NewMember, Member> {
  return useChange(["org", org, "members"], (body) =>
    call("POST", orgPath(org, "members"), { body }),
  );
}

export function useChangeMember(org: string): Change<{ userId: number; role: Role }, Member> {
  return useChange(["org", org, "members"], ({ userId, role }) =>
    call("PATCH", orgPath(org, `members/${userId}`), { body: { role } }),
  );
}

export function useRemoveMember(org: string): Change<number> {
  return useChange(["org", org, "members"], (userId) =>
    call("DELETE", orgPath(org, `members/${userId}`)),
  );
}

const entriesOf = (pages: Filled<AuditPage>): readonly AuditEntry[] =>
  pages.flatMap((page) => page.entries);

export function useAudit(org: string): Pages<readonly AuditEntry[]> {
  return usePages({
    key: ["org", org, "audit"],
    fetch: (cursor: number | null, signal) =>
      call<AuditPage>("GET", orgPath(org, "audit"), { query: { cursor }, signal }),
    first: null,
    next: (page) => page.next_cursor,
    listOf: entriesOf,
    isEmpty: (entries) => entries.length === 0,
  });
}

export function useTargets(id: number): Loaded<TargetState[]> {
  return useLoaded({
    key: projectKey(id, ["targets"], "targets"),
    fetch: (signal) =>
      call<{ targets: TargetState[] }>("GET", projectPath(id, "/targets"), { signal }),
    select: (answer) => answer.targets,
    isEmpty: (targets) => targets.length === 0,
  }).value;
}

const scrapeKey = (id: number): readonly unknown[] => projectKey(id, [], "scrape-config");

export function useScrapeConfig(id: number): Loaded<ScrapeConfig> {
  return useLoaded({
    key: scrapeKey(id),
    fetch: (signal) => call<ScrapeConfig>("GET", projectPath(id, "/scrape-config"), { signal }),
  }).value;
}

export function useSaveScrapeConfig(id: number): Change<string, ScrapeConfig> {
  return useChange(scrapeKey(id), (source) =>
    call("PUT", projectPath(id, "/scrape-config"), { body: { source } }),
  );
}

const channelsKey = (id: number): readonly unknown[] => projectKey(id, [], "channels");

export function useChannels(id: number): Loaded<Channel[]> {
  return useLoaded({
    key: channelsKey(id),
    fetch: (signal) =>
      call<{ channels: Channel[] }>("GET", projectPath(id, "/channels"), { signal }),
    select: (answer) => answer.channels,
    isEmpty: (channels) => channels.length === 0,
  }).value;
}

export function useAddChannel(id: number): Change<{ name: string; url: string }, Channel> {
  return useChange(channelsKey(id), ({ name, url }) =>
    call("POST", projectPath(id, "/channels"), {
      body: { kind: "webhook", name, options: { url } },
    }),
  );
}

export function useChangeChannel(
  id: number,
): Change<{ channelId: number; enabled: boolean }, Channel> {
  return useChange(channelsKey(id), ({ channelId, ...body }) =>
    call("PATCH", projectPath(id, `/channels/${channelId}`), { body }),
  );
}

export function useRemoveChannel(id: number): Change<number> {
  return useChange(channelsKey(id), (channelId) =>
    call("DELETE", projectPath(id, `/channels/${channelId}`)),
  );
}

/** Sends a test to the channel and answers what it said. */
export function useTestChannel(id: number): Change<number, ChannelTest> {
  return useMutation({
    mutationFn: (channelId: number) =>
      call<ChannelTest>("POST", projectPath(id, `/channels/${channelId}/test`)),
  });
}

/** How the server itself is; fetched again whenever samples of the shown project arrive. */
export function useDataHealth(org: string, projectId: number): Loaded<DataHealth> {
  return useLoaded({
    key: projectKey(projectId, ["samples", "issues", "logs"], "data-health", org),
    fetch: (signal) => call<DataHealth>("GET", orgPath(org, "data-health"), { signal }),
  }).value;
}
