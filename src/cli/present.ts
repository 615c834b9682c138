import type { Ports } from '../base/ports.ts';
import { type ReportStyle, wantsColour } from './globals.ts';
import { writeAll } from './output.ts';
import { RENDERERS } from './render/renderers.ts';
import type { Report } from './render/report.ts';
import { PLAIN, type Screen } from './render/screen.ts';
import { isTerminal } from './terminal.ts';

/** Bytes of the secret that tells our colours from those of an input. */
const SECRET_BYTES = 8;

/** Prints a report in the form that was asked for. Everything is written when this returns. */
export async function present(
  report: Report,
  style: ReportStyle,
  ports: Ports,
  error?: unknown,
): Promise<void> {
  const [out, err] = await Promise.all([screen(1, style, ports), screen(2, style, ports)]);
  const view = { out, err, quiet: style.quiet, terminal: report.lines !== undefined && isTerminal(1) };
  const streams = RENDERERS[style.json ? 'json' : 'human'](report, view);
  writeAll(1, streams.out);
  writeAll(2, streams.err);
  if (ports.env.get('VNES_DEBUG') === '1' && error instanceof Error) {
    writeAll(2, PLAIN.finish(`${error.stack}\n`));
  }
}

async function screen(stream: 1 | 2, style: ReportStyle, ports: Ports): Promise<Screen> {
  if (style.json || !wantsColour(style.color, ports.env, () => isTerminal(stream))) return PLAIN;
  const { colourScreen } = await import('./render/colour.ts');
  return colourScreen(Buffer.from(ports.entropy.bytes(SECRET_BYTES)).toString('hex'));
}
