import { fail } from '../base/diagnostic.ts';
import type { ExitStatus } from '../base/exit.ts';
import { hostPorts } from '../base/host.ts';
import type { Ports } from '../base/ports.ts';
import { COMMANDS } from './commands.ts';
import { createContext } from './context.ts';
import { toDiagnostics } from './faults.ts';
import { type ReportStyle, reportStyle } from './globals.ts';
import { firstWord, type Invocation, parseFast } from './parse.ts';
import { Parting } from './parting.ts';
import { present } from './present.ts';
import { Progress } from './progress.ts';
import { failureReport, helpReport, type Report, resultReport } from './render/report.ts';
import { onStop } from './signals.ts';
import { Takeover } from './takeover.ts';
import { isTerminal } from './terminal.ts';
import { asksVersion, versionReport } from './version.ts';

/** Runs one command line, reports exactly once, and returns the exit status. Never throws. */
export async function main(argv: readonly string[]): Promise<ExitStatus> {
  const style = reportStyle(argv);
  const ports = hostPorts();
  const progress = new Progress(ports.clock, !style.json && !style.quiet && isTerminal(2));
  const takeover = new Takeover();
  const parting = new Parting();
  let ended: Promise<ExitStatus> | undefined;
  const end = (report: Report, error?: unknown): Promise<ExitStatus> => {
    progress.end();
    takeover.end();
    ended ??= show(report, style, ports, error);
    return ended;
  };
  onStop((diagnostics, error) => end(failureReport(commandName(argv), diagnostics), error), parting);
  try {
    return await end(await perform(argv, { progress, takeover, parting }));
  } catch (error) {
    return await end(failureReport(commandName(argv), toDiagnostics(error)), error);
  }
}

/** What a command and the end of it have in common. */
interface Surroundings {
  readonly progress: Progress;
  readonly takeover: Takeover;
  readonly parting: Parting;
}

async function perform(
  argv: readonly string[],
  { progress, takeover, parting }: Surroundings,
): Promise<Report> {
  if (asksVersion(argv)) return versionReport();
  const invocation = (await parseFast(argv)) ?? (await parseSlowly(argv));
  if ('help' in invocation) return helpReport(invocation.help);
  const { name, spec, args, options } = invocation;
  if (typeof options.directory === 'string') enter(options.directory);
  const context = createContext(hostPorts(), progress, takeover, parting);
  return resultReport(name, await spec.run!(context, args, options));
}

/**
 * Prints a report. When it cannot be rendered or written, that is what is reported instead; in plain words where the document
 * of `--json` cannot be written, and by the exit status alone where nothing can.
 */
async function show(report: Report, style: ReportStyle, ports: Ports, error: unknown): Promise<ExitStatus> {
  try {
    await present(report, style, ports, error);
    return report.exitCode;
  } catch (thrown) {
    const fault = failureReport(report.command, toDiagnostics(thrown));
    await present(fault, style, ports, thrown)
      .catch(() => present(fault, { ...style, json: false }, ports, thrown))
      .catch(() => {});
    return fault.exitCode;
  }
}

async function parseSlowly(argv: readonly string[]): Promise<Invocation | { readonly help: string }> {
  const { parseWithCommander } = await import('./usage.ts');
  return parseWithCommander(argv);
}

function enter(folder: string): void {
  try {
    process.chdir(folder);
  } catch (error) {
    fail('VNES1010', 'cannot change to the folder given by -C', {
      place: { file: folder },
      found: (error as NodeJS.ErrnoException).code,
    });
  }
}

/** The command's words as far as the table knows them, for reports of command lines that did not run. */
function commandName(argv: readonly string[]): string | null {
  const { word } = firstWord(argv);
  return word !== undefined && Object.hasOwn(COMMANDS, word) ? word : null;
}
