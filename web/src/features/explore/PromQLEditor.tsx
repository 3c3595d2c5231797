import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  startCompletion,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { lintKeymap, setDiagnostics } from "@codemirror/lint";
import { EditorState, type Extension, Prec } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { PromQLExtension } from "@prometheus-io/codemirror-promql";
import { type ReactNode, useEffect, useRef } from "react";
import type { NameSource } from "@/api/names";

interface PromQLEditorProps {
  label: string;
  value: string;
  names: NameSource;
  /** What the server found wrong, by line and column from 1. */
  problem: { line: number; column: number; text: string } | null;
  onChange: (value: string) => void;
  onRun: () => void;
}

/** A PromQL field: completion of metrics, labels, values and functions; errors where they are. */
export function PromQLEditor(props: PromQLEditorProps): ReactNode {
  const { label, value, names, problem } = props;
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | null>(null);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    const parent = host.current;
    if (parent === null) return;
    const view = new EditorView({
      parent,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: extensions(label, names, latest),
      }),
    });
    editor.current = view;
    return () => {
      view.destroy();
      editor.current = null;
    };
  }, [label, names]);

  useEffect(() => {
    const view = editor.current;
    if (view === null || view.state.doc.toString() === value) return;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const view = editor.current;
    if (view === null || problem === null) return;
    view.dispatch(setDiagnostics(view.state, [diagnostic(view.state, problem)]));
  }, [problem]);

  return <div className="promql" ref={host} />;
}

function diagnostic(
  state: EditorState,
  problem: { line: number; column: number; text: string },
): { from: number; to: number; severity: "error"; message: string } {
  const line = state.doc.line(Math.min(Math.max(problem.line, 1), state.doc.lines));
  const from = Math.min(line.from + Math.max(problem.column - 1, 0), line.to);
  const at = from === line.to ? Math.max(from - 1, line.from) : from;
  return { from: at, to: Math.min(at + 1, line.to), severity: "error", message: problem.text };
}

function extensions(
  label: string,
  names: NameSource,
  latest: { current: PromQLEditorProps },
): Extension {
  const run = (): boolean => {
    latest.current.onRun();
    return true;
  };
  return [
    EditorView.cspNonce.of(pageNonce()),
    history(),
    bracketMatching(),
    closeBrackets(),
    autocompletion({ icons: false, maxRenderedOptions: 60 }),
    syntaxHighlighting(COLORS),
    new PromQLExtension().setComplete({ remote: names }).asExtension(),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false" }),
    placeholder("sum by (job) (rate(http_requests_total[5m]))"),
    Prec.highest(
      keymap.of([
        { key: "Mod-Enter", run },
        { key: "Shift-Enter", run },
        { key: "Ctrl-Space", run: startCompletion },
        { key: "Tab", run: acceptCompletion },
      ]),
    ),
    keymap.of([
      ...closeBracketsKeymap,
      ...defaultKeymap,
      ...historyKeymap,
      ...completionKeymap,
      ...lintKeymap,
    ]),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) latest.current.onChange(update.state.doc.toString());
    }),
    THEME,
  ];
}

/** The page's nonce: without it the security policy would refuse the editor's styles. */
function pageNonce(): string {
  const meta = document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]");
  return meta?.nonce || meta?.content || "";
}

const COLORS = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: "var(--code-k)" },
  { tag: [tags.function(tags.variableName)], color: "var(--accent)" },
  { tag: [tags.string], color: "var(--ok)" },
  { tag: [tags.number], color: "var(--warn)" },
  { tag: [tags.labelName], color: "var(--muted)" },
  { tag: [tags.comment], color: "var(--faint)" },
  { tag: [tags.invalid], color: "var(--crit)" },
]);

const THEME = EditorView.theme({
  "&": { fontSize: "13px", background: "transparent", color: "var(--text)" },
  "&.cm-focused": { outline: "none" },
  ".cm-content": {
    fontFamily: "var(--mono)",
    padding: "6px 0",
    caretColor: "var(--text)",
    lineHeight: "20px",
  },
  ".cm-line": { padding: "0 10px" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-placeholder": { color: "var(--faint)" },
  ".cm-matchingBracket": { background: "var(--accent-soft)", outline: "none" },
  ".cm-tooltip": {
    background: "var(--raised)",
    border: "1px solid var(--line)",
    borderRadius: "var(--r-2)",
    boxShadow: "var(--shadow)",
    color: "var(--text)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    fontFamily: "var(--mono)",
    fontSize: "12px",
    maxHeight: "260px",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 8px", lineHeight: "18px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    background: "var(--accent-soft)",
    color: "var(--text)",
  },
  ".cm-completionMatchedText": {
    textDecoration: "none",
    fontWeight: "600",
    color: "var(--accent)",
  },
  ".cm-completionDetail": { color: "var(--faint)", fontStyle: "normal", marginLeft: "12px" },
  ".cm-completionInfo": { padding: "6px 8px", maxWidth: "320px", fontFamily: "var(--font)" },
  ".cm-diagnostic": { padding: "4px 8px", fontFamily: "var(--font)", fontSize: "12px" },
  ".cm-diagnostic-error": { borderLeft: "3px solid var(--crit-m)" },
});
