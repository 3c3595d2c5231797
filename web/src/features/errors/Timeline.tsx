import { type FormEvent, type ReactNode, useState } from "react";
import { useCommentAct } from "@/api/issue-acts";
import { type Comment, useComments } from "@/api/issue-facts";
import type { ActivityEntry, IssueDetail } from "@/api/issues";
import type { Scope } from "@/api/scope";
import { Ago } from "@/ui/Ago";
import { Button, CodeField } from "@/ui/controls";
import { Panel } from "@/ui/Panel";
import { toast } from "@/ui/Toasts";
import { refused } from "./actions";
import { activityText } from "./activity";

interface TimelineProps {
  issue: IssueDetail;
  scope: Scope;
}

/** What people did and wrote, newest first; a comment is one step among them. */
export function Timeline({ issue, scope }: TimelineProps): ReactNode {
  const comments = useComments(scope.project.id, issue.short_id);
  const written = comments.state === "ready" ? comments.data.comments : [];
  const byId = new Map(written.map((one) => [one.id, one]));
  return (
    <Panel title="Activity">
      <NewComment issue={issue} scope={scope} />
      <ul className="activity">
        {issue.activity.length === 0 ? <li className="muted">Nothing so far.</li> : null}
        {issue.activity.map((entry) => {
          const comment = entry.kind === "comment" ? byId.get(Number(entry.facts.id)) : undefined;
          return comment ? (
            <CommentStep
              key={`comment ${comment.id}`}
              comment={comment}
              issue={issue}
              scope={scope}
            />
          ) : (
            <Step key={`${entry.at_ms} ${entry.kind}`} entry={entry} zone={scope.zone} />
          );
        })}
      </ul>
    </Panel>
  );
}

function Step({ entry, zone }: { entry: ActivityEntry; zone: string }): ReactNode {
  return (
    <li>
      <span>{activityText(entry)}</span>
      <span className="faint">
        <Ago atMs={entry.at_ms} zone={zone} />
      </span>
    </li>
  );
}

function NewComment({ issue, scope }: TimelineProps): ReactNode {
  const [text, setText] = useState("");
  const { run, isBusy } = useCommentAct(scope.project.id, issue.short_id);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() !== "") run({ act: "add", text: text.trim() }).then(() => setText(""), refused);
  };
  return (
    <form className="new-comment" onSubmit={submit}>
      <textarea
        id="new-comment"
        className="in"
        aria-label="Comment"
        placeholder="Write a comment (C)"
        rows={text === "" ? 1 : 3}
        maxLength={10_000}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
      {text.trim() === "" ? null : (
        <Button type="submit" kind="primary" small busy={isBusy} title="Ctrl Enter">
          Comment
        </Button>
      )}
    </form>
  );
}

function CommentStep({ comment, issue, scope }: TimelineProps & { comment: Comment }): ReactNode {
  const [draft, setDraft] = useState<string | null>(null);
  const { run, isBusy } = useCommentAct(scope.project.id, issue.short_id);
  const remove = (): void => {
    const undo = (): void => void run({ act: "add", text: comment.text }).catch(refused);
    run({ act: "delete", id: comment.id }).then(
      () => toast("Comment deleted", { status: "ok", undo }),
      refused,
    );
  };
  const save = (event: FormEvent): void => {
    event.preventDefault();
    if (draft === null || draft.trim() === "") return;
    run({ act: "edit", id: comment.id, text: draft.trim() }).then(() => setDraft(null), refused);
  };
  return (
    <li className="comment">
      <span className="m trunc">{comment.author.replace(/@.*/, "")}</span>
      <span className="faint">
        <Ago atMs={comment.at_ms} zone={scope.zone} />
      </span>
      {draft === null ? (
        <p className="wide pre">{comment.text}</p>
      ) : (
        <form className="wide stack tight" onSubmit={save}>
          <CodeField label="Comment" rows={3} value={draft} onChange={setDraft} />
          <span className="row">
            <Button type="submit" small kind="primary" busy={isBusy}>
              Save
            </Button>
            <Button small onClick={() => setDraft(null)}>
              Cancel
            </Button>
          </span>
        </form>
      )}
      <span className="wide row faint s">
        {comment.edited_ms === null ? null : "edited"}
        {comment.is_own && draft === null ? (
          <>
            <button type="button" className="link" onClick={() => setDraft(comment.text)}>
              Edit
            </button>
            <button type="button" className="link" onClick={remove}>
              Delete
            </button>
          </>
        ) : null}
      </span>
    </li>
  );
}
