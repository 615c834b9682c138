import { CODES, type Code } from '../../base/codes/all.ts';
import type { Severity } from '../../base/diagnostic.ts';
import { sha256 } from '../../base/digest.ts';
import { compareCodeUnits } from '../../base/order.ts';
import { totalsOf } from '../../trust/grade.ts';
import type { Verdict } from '../../trust/verdict.ts';
import { escapeControls } from './escape.ts';
import {
  detailsOf,
  fileOf,
  findingsOf,
  nameOf,
  ranked,
  relativePath,
  type VerdictFinding,
} from './findings.ts';

/** GitHub refuses a run with more results (docs.github.com, "SARIF support for code scanning"). */
const MOST_RESULTS = 25_000;

const LEVELS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', note: 'note' };

export interface SarifContext {
  /** The folder that relative paths start from. */
  readonly cwd: string;
  readonly version: string;
  /** The page about a code, in Markdown. */
  readonly page: (code: Code) => string;
}

/** The findings as SARIF 2.1.0 (OASIS), worst first. The same verdicts always give the same text. */
export function sarifText(verdicts: readonly Verdict[], context: SarifContext): string {
  const findings = ranked(findingsOf(verdicts));
  const shown = findings.slice(0, MOST_RESULTS);
  const codes = [...new Set(shown.map(({ diagnostic }) => diagnostic.code))].sort(compareCodeUnits);
  const seen = new Map<string, number>();
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: driver(codes, context) },
        automationDetails: { id: 'vnes/verify/' },
        columnKind: 'utf16CodeUnits',
        invocations: [{ executionSuccessful: true, ...left(findings.length - shown.length) }],
        results: shown.map(finding => result(finding, codes, seen, context)),
        properties: totalsOf(verdicts),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function driver(codes: readonly Code[], { version, page }: SarifContext) {
  return {
    name: 'vnes',
    fullName: `vnes ${version}`,
    semanticVersion: version,
    informationUri: 'https://stunir.io/vnes',
    rules: codes.map(code => rule(code, page(code))),
  };
}

function rule(code: Code, markdown: string) {
  const { title } = CODES[code];
  return {
    id: code,
    name: pascal(title),
    shortDescription: { text: `${sentence(title)}.` },
    fullDescription: { text: plainText(markdown) },
    help: { text: plainText(markdown), markdown },
    helpUri: `https://stunir.io/vnes/errors/${code}`,
    defaultConfiguration: { level: 'error' },
    properties: { tags: ['security', 'supply-chain'], precision: 'very-high', 'security-severity': '8.0' },
  };
}

/** A message for GitHub, which shows nothing but the message: with what was expected and found, and what to do. */
function result(
  finding: VerdictFinding,
  codes: readonly Code[],
  seen: Map<string, number>,
  { cwd }: SarifContext,
) {
  const { diagnostic, verdict, check } = finding;
  const { line = 1, column } = diagnostic.place ?? {};
  const text = [`${nameOf(verdict)}: ${diagnostic.message}`, ...detailsOf(diagnostic)].join('\n');
  return {
    ruleId: diagnostic.code,
    ruleIndex: codes.indexOf(diagnostic.code),
    level: LEVELS[diagnostic.severity],
    message: { text: escapeControls(text).toWellFormed() },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uri(relativePath(fileOf(finding), cwd)) },
          region: { startLine: line, ...(column === undefined ? {} : { startColumn: column }) },
        },
        logicalLocations: [
          { fullyQualifiedName: `${nameOf(verdict)}/${check}`.toWellFormed(), kind: 'module' },
        ],
      },
    ],
    partialFingerprints: { primaryLocationLineHash: fingerprint(finding, seen) },
    ...suppressed(finding),
  };
}

/** What was waived is still told, and marked as accepted by those who waived it. */
function suppressed({ waiver }: VerdictFinding) {
  if (!waiver) return {};
  const { id, reason, owner, expires, by } = waiver;
  const text = `${id}: ${reason} (${owner}, until ${expires}; signed by ${by.join(', ')})`;
  const justification = escapeControls(text).toWellFormed();
  return { suppressions: [{ kind: 'external', status: 'accepted', justification }] };
}

/**
 * What stays the same while lines move and capsules are moved about: capsule, check, code, file and JSON pointer. The number after
 * the colon tells apart what is alike otherwise, as GitHub's own fingerprints do.
 */
function fingerprint(finding: VerdictFinding, seen: Map<string, number>): string {
  const { verdict, check, diagnostic } = finding;
  const { file = '', pointer = '' } = diagnostic.place ?? {};
  const within = file.startsWith(verdict.folder) ? file.slice(verdict.folder.length) : file;
  const facts = [verdict.id ?? verdict.folder, check, diagnostic.code, within, pointer];
  const digest = sha256(JSON.stringify(facts)).slice('sha256:'.length, 'sha256:'.length + 16);
  const count = (seen.get(digest) ?? 0) + 1;
  seen.set(digest, count);
  return `${digest}:${count}`;
}

function left(count: number) {
  if (count === 0) return {};
  const text = `${count} more findings are not shown; vnes verify --format json has them all.`;
  return { toolExecutionNotifications: [{ level: 'warning', message: { text } }] };
}

/** A URI reference (RFC 3986); an absolute path becomes a file URI. */
function uri(file: string): string {
  const encoded = file.toWellFormed().split('/').map(encodeURIComponent).join('/');
  return file.startsWith('/') ? `file://${encoded}` : encoded;
}

/** The first paragraphs of a page, without its heading and code. */
function plainText(markdown: string): string {
  const prose = markdown
    .replace(/^#.*\n+/, '')
    .replace(/```[\s\S]*?```/g, '')
    .replace(/^ {4}.*$/gm, '')
    .replaceAll('**', '')
    .trim();
  return `${prose.split(/\n{2,}/)[0]!.replaceAll('\n', ' ')}`;
}

function sentence(title: string): string {
  return title.charAt(0).toUpperCase() + title.slice(1);
}

function pascal(title: string): string {
  return title.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
