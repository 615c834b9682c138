import { type Diagnostic, diagnose, Failure } from '../base/diagnostic.ts';

/** The parts of a topic's name. */
export interface TopicName {
  /** The whole name, e.g. `telemetry.metrics.v1`. */
  readonly name: string;
  /** Without the version: `telemetry.metrics`. */
  readonly subject: string;
  /** From 1. */
  readonly version: number;
}

const NAME = /^([a-z0-9_]+(?:\.[a-z0-9_]+)*)\.v([1-9][0-9]{0,8})$/;
const LONGEST = 200;

/** Splits a topic's name (spec, section 5.1). @throws Failure VNES7001 */
export function parseTopic(name: string): TopicName {
  const problem = topicProblem(name);
  if (problem) throw new Failure(problem);
  const [, subject, version] = NAME.exec(name)!;
  return { name, subject: subject!, version: Number(version) };
}

/** The diagnostic for what is not a topic's name; undefined when it is one. */
export function topicProblem(name: string): Diagnostic | undefined {
  if (NAME.test(name) && name.length <= LONGEST) return undefined;
  return diagnose('VNES7001', `${JSON.stringify(name)} is not a topic name`, {
    expected: `dotted segments of a-z, 0-9 and _ that end with a version, as in telemetry.metrics.v1, at most ${LONGEST} characters`,
    found: JSON.stringify(name),
    help: 'rename the topic where it is declared: `interfaces.bus` of the manifest, or the input line',
  });
}

/** The name that a topic gets when its payloads become something else: `telemetry.metrics.v1` becomes `telemetry.metrics.v2`. */
export function nextVersion(name: string): string {
  const { subject, version } = parseTopic(name);
  return `${subject}.v${version + 1}`;
}
