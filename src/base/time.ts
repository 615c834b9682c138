import { toRfc3339 } from './ports.ts';

const UTC = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/;

/**
 * Milliseconds since 1970 from a time such as `2027-01-31T00:00:00Z` (RFC 3339 in UTC, whole seconds), or undefined. A day that
 * the calendar does not have is refused; `Date.parse` would take 30 February for 2 March.
 */
export function parseUtc(text: string): number | undefined {
  if (!UTC.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isFinite(time) && formatUtc(time) === text ? time : undefined;
}

/** The inverse of {@link parseUtc}; parts of a second are cut off. */
export function formatUtc(milliseconds: number): string {
  return `${toRfc3339(milliseconds).slice(0, 19)}Z`;
}
