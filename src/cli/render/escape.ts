/**
 * What a terminal could obey, or a reader misread: controls other than line feed and tab, what shows nothing or turns the direction of
 * text, and separators that look like line ends. File names, messages of capsules and payloads can hold any of them.
 */
const UNSAFE = /[^\P{Cc}\n\t]|[\p{Cf}\p{Zl}\p{Zp}]/gu;

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

/** A character as JSON escapes it: one escape, or two where it lies beyond U+FFFF. */
export function toEscape(character: string): string {
  return Array.from(
    { length: character.length },
    (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`,
  ).join('');
}
