import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { unifiedMergeView } from "@codemirror/merge";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { type ReactNode, useEffect, useRef } from "react";

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--syn-key)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--syn-num)" },
  { tag: [tags.punctuation, tags.comment], color: "var(--syn-mute)" },
]);

const look = EditorView.theme({
  "&": { fontSize: "12px", backgroundColor: "var(--raised)", color: "var(--text)" },
  ".cm-content": { fontFamily: "var(--mono)", lineHeight: "20px", caretColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--raised)", color: "var(--text-3)", border: "0" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused": { outline: "2px solid var(--focus)", outlineOffset: "-2px" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground, ::selection": {
    backgroundColor: "var(--accent-bg-2) !important",
  },
  ".cm-changedLine, .cm-insertedLine": { backgroundColor: "var(--ok-bg) !important" },
  ".cm-deletedChunk": { backgroundColor: "var(--act-bg) !important" },
  ".cm-changedText": {
    background: "none !important",
    fontWeight: "700",
    textDecoration: "underline",
  },
  ".cm-deletedText, .cm-deletedLine del": { textDecoration: "none" },
  ".cm-deletedChunk .cm-deletedText": { background: "none !important", fontWeight: "700" },
});

/**
 * Typed letters are put in by the editor itself. Chromium's own editing would carry the colour of what they
 * replace over as a style attribute, which the page's policy refuses.
 */
const typing = EditorView.domEventHandlers({
  beforeinput: (event, view) => {
    const { inputType, data, isComposing } = event;
    if (inputType !== "insertText" || data === null || isComposing) return false;
    view.dispatch(view.state.replaceSelection(data), {
      userEvent: "input.type",
      scrollIntoView: true,
    });
    event.preventDefault();
    return true;
  },
});

/** A text field with lines and colours, and what differs from the original marked while one types. */
export function Editor({
  label,
  original,
  text,
  onChange,
  language,
  onSubmit,
  onEscape,
}: {
  readonly label: string;
  /** What is compared with; undefined for a new text. */
  readonly original?: string | undefined;
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly language: "json" | "yaml";
  readonly onSubmit: () => void;
  readonly onEscape: () => void;
}): ReactNode {
  const holder = useRef<HTMLDivElement>(null);
  const start = useRef(text);
  start.current = text;
  const calls = useRef({ onChange, onSubmit, onEscape });
  calls.current = { onChange, onSubmit, onEscape };
  useEffect(() => {
    const run = (name: "onSubmit" | "onEscape") => (): boolean => {
      calls.current[name]();
      return true;
    };
    const nonce = document.querySelector<HTMLMetaElement>("meta[name=csp-nonce]")?.content ?? "";
    const editor = new EditorView({
      parent: holder.current!,
      state: EditorState.create({
        doc: start.current,
        extensions: [
          EditorView.cspNonce.of(nonce),
          Prec.highest(
            keymap.of([
              { key: "Mod-Enter", run: run("onSubmit") },
              { key: "Escape", run: run("onEscape") },
            ]),
          ),
          keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
          history(),
          lineNumbers(),
          EditorView.lineWrapping,
          language === "json" ? json() : yaml(),
          syntaxHighlighting(colours),
          look,
          typing,
          EditorView.contentAttributes.of({ "aria-label": label }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) calls.current.onChange(update.state.doc.toString());
          }),
          ...(original === undefined
            ? []
            : [unifiedMergeView({ original, mergeControls: false, gutter: false })]),
        ],
      }),
    });
    editor.focus();
    return () => editor.destroy();
  }, [label, language, original]);
  return <div className="editor" ref={holder} />;
}
