import { type FormEvent, type ReactNode, useState } from "react";
import { toFailure } from "@/api/queries";
import type { Scope } from "@/api/scope";
import {
  useAddChannel,
  useChangeChannel,
  useChannels,
  useRemoveChannel,
  useTestChannel,
} from "@/api/settings";
import type { Channel } from "@/api/types";
import { duration } from "@/lib/units";
import { Async } from "@/ui/Async";
import { Button, TextField } from "@/ui/controls";
import { Confirm } from "@/ui/Dialog";
import { Glyph } from "@/ui/Glyph";
import { Panel, Tag } from "@/ui/Panel";
import { report } from "./report";

export function ChannelsSection({ scope }: { scope: Scope }): ReactNode {
  const channels = useChannels(scope.project.id);
  return (
    <>
      <Panel title="Channels" note="where alerts go">
        <Async
          value={channels}
          empty={<p className="pad muted">No channel: alerts fire, and nobody is told.</p>}
          minHeight={60}
        >
          {(all) =>
            all.map((one) => <Row key={one.id} channel={one} projectId={scope.project.id} />)
          }
        </Async>
      </Panel>
      {channels.state === "loading" ? null : <NewChannel projectId={scope.project.id} />}
    </>
  );
}

function Row({ channel, projectId }: { channel: Channel; projectId: number }): ReactNode {
  const change = useChangeChannel(projectId);
  const remove = useRemoveChannel(projectId);
  const test = useTestChannel(projectId);
  const [isAsking, setAsking] = useState(false);
  const { id: channelId, name, enabled } = channel;
  const flip = (): void =>
    change.mutate(
      { channelId, enabled: !enabled },
      report(`${name} is ${enabled ? "off" : "on"}`, () => change.mutate({ channelId, enabled })),
    );
  return (
    <div className="key-row">
      <span className="row wrap">
        <Glyph status={enabled ? "ok" : "paused"} label={enabled ? "on" : "off"} />
        <span className="m">{name}</span>
        <Tag>{channel.kind}</Tag>
        <span className="grow" />
        <Button small busy={test.isPending} onClick={() => test.mutate(channelId)}>
          Test
        </Button>
        <Button small onClick={flip}>
          {enabled ? "Disable" : "Enable"}
        </Button>
        <Button small onClick={() => setAsking(true)}>
          Delete
        </Button>
      </span>
      <span className="mono muted">{String(channel.options.url ?? "")}</span>
      <Answer test={test} />
      <Confirm
        title={`Delete ${name}`}
        consequence={<p>Alerts are not sent there any more. What was sent stays in the history.</p>}
        verb="Delete channel"
        open={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() => {
          remove.mutate(channelId, report(`${name} deleted`));
          setAsking(false);
        }}
      />
    </div>
  );
}

/** What the channel answered to the test, or why it could not be asked. */
function Answer({ test }: { test: ReturnType<typeof useTestChannel> }): ReactNode {
  if (test.error) {
    return (
      <span className="row crit s" role="alert">
        <Glyph status="crit" label="" />
        {toFailure(test.error).message}
      </span>
    );
  }
  if (!test.data) return null;
  const { ok, status, ms, detail } = test.data;
  return (
    <span className={ok ? "row ok s" : "row crit s"} role="status">
      <Glyph status={ok ? "ok" : "crit"} label="" />
      {ok ? "Answered" : "Failed"} {status ?? ""} in {duration(ms)}. {detail}
    </span>
  );
}

function NewChannel({ projectId }: { projectId: number }): ReactNode {
  const add = useAddChannel(projectId);
  const [name, setName] = useState("");
  const [url, setUrl] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    add.mutate(
      { name, url },
      {
        onSuccess: () => {
          setName("");
          setUrl("");
        },
      },
    );
  };
  return (
    <Panel title="New webhook" note="JSON by POST, as Alertmanager sends it">
      <form className="form line" onSubmit={submit}>
        <TextField
          label="Name"
          required
          placeholder="Who is told"
          value={name}
          onChange={setName}
        />
        <TextField
          label="Address"
          type="url"
          required
          placeholder="https://hooks.example.org/…"
          value={url}
          error={add.error ? toFailure(add.error).message : null}
          onChange={setUrl}
        />
        <Button type="submit" busy={add.isPending}>
          Add webhook
        </Button>
      </form>
    </Panel>
  );
}
