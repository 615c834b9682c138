/**
 * What a terminal could obey, or a reader misread: controls other than line feed and tab, controls of text direction, and
 * separators that look like line ends. File names, messages of capsules and payloads can hold any of them.
 */
const UNSAFE = /[^\P{Cc}\n\t]|\p{Bidi_Control}|[\u2028\u2029\ufeff]/gu;

/** Replaces what a terminal could obey by its JSON escape, such as \u001b. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, toEscape);
}

/** As {@link escapeControls}, for what must stay on one line. */
export function escapeLine(text: string): string {
  return escapeControls(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}

/** What log readers obey at the start of a line: GitHub's `::name::` and `##[name]`, Azure's `##vso[`, TeamCity's `##teamcity[`. */
const COMMAND = /^(\s*)(?:(:)(?=:)|(#)(?=#(?:\[|[a-z]+\[)))/gm;

/** As {@link escapeControls}, and so that no line can be taken for a command to the CI system that keeps the log. */
export function escapeLog(text: string): string {
  return escapeControls(text).replace(
    COMMAND,
    (line, indent: string) => indent + toEscape(line.slice(indent.length)),
  );
}

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
