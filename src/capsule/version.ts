import Range from 'semver/classes/range.js';
import compareBuild from 'semver/functions/compare-build.js';
import valid from 'semver/functions/valid.js';
import minVersion from 'semver/ranges/min-version.js';
import { compareCodeUnits } from '../base/order.ts';

/*
 * The one file that uses npm's semver, for ranges as authors know them from npm. It is on the way to the resolver only; the hot
 * path of `verify` must not import it.
 */

const RANGES = new Map<string, Range | null>();

/** Whether `version` lies in every one of `ranges`; no ranges means any version. Both are valid. */
export function inRanges(version: string, ranges: readonly string[]): boolean {
  return ranges.every(range => parsed(range)?.test(version) ?? false);
}

/** Lowest first; versions that semver ranks alike are told apart by their text, so that the order is total. */
export function compareVersions(a: string, b: string): number {
  return compareBuild(a, b) || compareCodeUnits(a, b);
}

export function isVersion(text: string): boolean {
  return valid(text) === text.replace(/\+.*$/, '');
}

export function isRange(text: string): boolean {
  return parsed(text) !== null;
}

/** The lowest version in all of `ranges`, or undefined when they exclude each other. */
export function lowestIn(ranges: readonly string[]): string | undefined {
  if (ranges.length === 0) return '1.0.0';
  return ranges
    .map(range => minVersion(range)?.version)
    .filter(version => version !== undefined)
    .sort(compareVersions)
    .find(version => inRanges(version, ranges));
}

/** The parsed range, kept: parsing costs six times as much as testing. */
function parsed(range: string): Range | null {
  let known = RANGES.get(range);
  if (known === undefined) {
    known = parse(range);
    RANGES.set(range, known);
  }
  return known;
}

function parse(range: string): Range | null {
  try {
    return new Range(range);
  } catch {
    return null;
  }
}
