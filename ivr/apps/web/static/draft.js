// The editor of a draft: CodeMirror in the place of the text field, errors as one types from the checker of `ivr check`,
// completion and meanings from the draft's own JSON Schema. Without this file the text field does all of it by buttons.
// @ts-check
/// <reference path="./api.d.ts" />

import { autocompletion, closeBrackets, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, bracketMatching, foldGutter, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, linter } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, hoverTooltip, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { keysAt, meaning, pathTo, schemasAt, valuesAt } from "ivr/schema";

const PAUSE_MS = 500;

const form = /** @type {HTMLFormElement} */ (document.getElementById("draft"));
const field = /** @type {HTMLTextAreaElement} */ (document.getElementById("text"));
const host = document.getElementById("editor");
const { here, part } = form.dataset;
const began = field.value;
/** @type {Promise<any>} */
const schema = ask("GET", `${here}/schema?${new URLSearchParams({ part: part === "scenarios" ? part : "" })}`).catch(() => null);

/** Of a cursor: its lines, row and column. @param {EditorState} state @param {number} at */
const place = (state, at) => {
  const line = state.doc.lineAt(at);
  return { lines: state.doc.toString().split("\n"), row: line.number - 1, column: at - line.from };
};

/** What is wrong, by the very checker that publishing asks. */
const checked = linter(async (shown) => {
  const text = shown.state.doc.toString();
  /** @type {import("./api").Checked} */
  let found;
  try { found = await ask("POST", `${here}/check`, { part, text, proving: false }); } catch { return []; }
  const main = form.querySelector(".parts a")?.textContent;
  return found.told.filter((one) => one.part === part || (one.part === main && part === main)).map((one) => {
    const line = shown.state.doc.line(Math.min(one.line, shown.state.doc.lines));
    const from = Math.min(line.from + one.column - 1, line.to);
    const rest = shown.state.sliceDoc(from, line.to);
    const to = from + (/^[^\s,:{}[\]]+/.exec(rest)?.[0].length || Math.min(1, line.to - from));
    return { from, to, severity: one.error ? "error" : "warning", source: one.code, message: `${one.message} ${one.hint}`.trim() };
  });
}, { delay: PAUSE_MS });

/** @param {import("@codemirror/autocomplete").CompletionContext} context */
async function completed(context) {
  const known = await schema;
  if (!known) return null;
  const word = context.matchBefore(/[\w.@/-]*/);
  if (!context.explicit && (!word || word.from === word.to)) return null;
  const { lines, row, column } = place(context.state, word?.from ?? context.pos);
  const path = pathTo(lines, row, column);
  const options = [...valuesAt(known, path)].map((label) => ({ label, type: "enum", apply: label, info: "" }));
  for (const [label, info] of keysAt(known, path)) options.push({ label, type: "property", info, apply: `${label}: ` });
  return options.length ? { from: word?.from ?? context.pos, options, validFor: /^[\w.@/-]*$/ } : null;
}

const meant = hoverTooltip(async (shown, at) => {
  const known = await schema;
  const line = shown.state.doc.lineAt(at);
  const start = at - (/[\w.-]*$/.exec(line.text.slice(0, at - line.from))?.[0].length ?? 0);
  const word = /^[\w.-]+(?=["']? *:)/.exec(line.text.slice(start - line.from))?.[0];
  if (!known || !word) return null;
  const { lines, row, column } = place(shown.state, start);
  const text = schemasAt(known, pathTo(lines, row, column))
    .map((one) => one.properties?.[word] && meaning(known, one.properties[word])).find(Boolean);
  if (!text) return null;
  return { pos: start, end: start + word.length, above: true, create: () => {
    const dom = document.createElement("div");
    dom.className = "meaning";
    dom.textContent = text;
    return { dom };
  } };
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], class: "cm-key" },
  { tag: [tags.string, tags.content], class: "cm-text" },
  { tag: tags.comment, class: "cm-comment" },
  { tag: [tags.punctuation, tags.separator, tags.bracket], class: "cm-sign" },
]);

const view = new EditorView({
  parent: host,
  state: EditorState.create({
    doc: began,
    extensions: [
      EditorView.cspNonce.of(document.querySelector('meta[name="csp-nonce"]').nonce),
      lineNumbers(), foldGutter(), lintGutter(), history(), drawSelection(), bracketMatching(), closeBrackets(),
      highlightActiveLine(), highlightActiveLineGutter(), highlightSelectionMatches(), indentUnit.of("  "),
      yaml(), syntaxHighlighting(colours), checked, meant, autocompletion({ override: [completed] }),
      EditorState.readOnly.of(field.readOnly),
      EditorView.contentAttributes.of({ tabindex: "0", "aria-label": field.labels[0].textContent }),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        field.value = update.state.doc.toString();
        const unsaved = document.getElementById("unsaved");
        if (unsaved) unsaved.hidden = field.value === began;
      }),
      keymap.of([
        { key: "Mod-s", run: () => { document.getElementById("save")?.click(); return true; } },
        // No indenting by Tab: it goes on to the buttons, for who has no mouse. Ctrl+] indents.
        ...completionKeymap, ...searchKeymap, ...lintKeymap, ...historyKeymap, ...defaultKeymap,
      ]),
    ],
  }),
});
host.hidden = false;
field.hidden = true;

/** Put the cursor where something is written. @param {number} row from 1 @param {number} column from 1 */
function go(row, column) {
  const line = view.state.doc.line(Math.max(1, Math.min(row, view.state.doc.lines)));
  const anchor = Math.min(line.from + column - 1, line.to);
  view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
  view.focus();
}

document.addEventListener("click", (event) => {
  const led = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest("#panel [data-line]"));
  if (!led) return;
  event.preventDefault();
  const named = led.dataset.part.split("/").at(-1);
  if (part === named || part === led.dataset.part || (part === "scenarios" && named.endsWith(".test.yaml"))) return go(Number(led.dataset.line), Number(led.dataset.column ?? 1));
  const other = named.endsWith(".test.yaml") ? "scenarios" : led.dataset.part;
  location.assign(`${here}?${new URLSearchParams({ part: other })}#${led.dataset.line}`);
});
if (/^#\d+$/.test(location.hash)) go(Number(location.hash.slice(1)), 1);

/** What just came: the end of a talk, the middle of a picture. */
new MutationObserver(() => {
  const talk = document.querySelector("#panel .talk"), picture = document.querySelector("#panel .picture");
  if (talk) talk.scrollTop = talk.scrollHeight;
  if (picture && !picture.scrollLeft) picture.scrollLeft = (picture.scrollWidth - picture.clientWidth) / 2;
}).observe(document.querySelector(".desk"), { childList: true });

let leaving = false;
form.addEventListener("submit", () => { leaving = true; });
addEventListener("beforeunload", (event) => { if (!leaving && field.value !== began) event.preventDefault(); });
for (const busy of document.querySelectorAll("form[data-busy]"))
  busy.addEventListener("submit", () => {
    const button = busy.querySelector("button:not([data-closes])");
    button.disabled = true;
    button.textContent = /** @type {HTMLElement} */ (busy).dataset.busy;
    leaving = true;
  });
