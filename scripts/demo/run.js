/**
 * The demo, told step by step: seven capsules watch four years of Seattle weather. Everything that is printed was checked; the
 * exit status is 1 when anything disagrees.
 *
 *   node scripts/demo/run.js        records into $DEMO_RECORD, or into a new folder under .vnes/runs/
 */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expectedAlerts } from '../../test/demo/oracle.ts';
import { differences } from './compare.ts';
import { seattleWeather, toEvents, toNdjson } from './events.ts';
import { CAPSULES, ROOT, TRUST, vnes } from './vnes.js';

const started = performance.now();
const runs = path.join(ROOT, '.vnes/runs');
mkdirSync(runs, { recursive: true });
const folder = mkdtempSync(path.join(runs, 'demo-'));
const [first, second] = [
  path.resolve(process.env.DEMO_RECORD || path.join(folder, 'first')),
  path.join(folder, 'second'),
];
const input = path.join(folder, 'events.ndjson');
const trust = ['--trust', TRUST];

try {
  await story();
} catch (error) {
  say(`\nthe demo failed: ${error.message}`);
  process.exitCode = 1;
}

async function story() {
  const csv = readFileSync(seattleWeather(), 'utf8');
  const events = toEvents(csv);
  writeFileSync(input, toNdjson(events));
  say(
    `1. ${events.length} days of real weather in Seattle (npm package vega-datasets) become events: ${shown(input)}`,
  );

  command(2, 'every capsule is checked against its signed receipt', ['verify', CAPSULES, ...trust]);
  const { verified, failed } = (await vnes(['verify', CAPSULES, ...trust])).totals;
  require(verified > 0 && failed === 0, `${failed} capsules failed`);
  say(`   ${verified} capsules verified`);

  const resolve = ['resolve', CAPSULES, '--dry-run', ...trust];
  command(3, 'each requirement is given a provider', resolve);
  for (const { id, bindings } of (await vnes(resolve)).capsules) {
    for (const [capability, provider] of Object.entries(bindings))
      say(`   ${id} gets ${capability} from ${provider}`);
  }

  const [one, two] = [runOf(1, first), runOf(2, second)];
  command(4, 'the capsules run, and everything they do is recorded', one);
  const run = await vnes(one);
  say(`   ${run.frames} frames, ${run.events} events, ${run.deliveries.ok} deliveries`);
  require(run.deliveries.ok > 0 &&
    Object.values(run.deliveries).reduce((sum, n) => sum + n, 0) === run.deliveries.ok, 'a delivery failed');

  command(5, 'again, with the timing of the workers disturbed', two);
  const replay = ['replay', first];
  command(6, 'the recording is run again, and every effect compared', replay);
  const [again, replayed] = await Promise.all([vnes(two), vnes(replay)]);
  for (const root of ['logRoot', 'stateRoot']) {
    require(new Set([run[root], again[root], replayed[root]]).size === 1, `the ${root}s of the runs differ`);
    say(`   ${root.padEnd(9)} three times ${run[root]}`);
  }

  const get = ['state', 'get', first, 'seattle.weather.alert_report/summary'];
  command(7, 'what is in the state now', get);
  const summary = (await vnes(get)).value;
  checkAgainstOracle(csv, summary);
  say(
    `\nall of it agrees, in ${((performance.now() - started) / 1000).toFixed(1)} s. Look further into the recording:`,
  );
  say(`   node bin/vnes.js state history ${shown(first)} seattle.weather.alert_report/summary`);
  say(`   node bin/vnes.js bus log ${shown(first)} --topic report.alert.v1`);
}

/** Compares the outputs with what the oracle expects, and shows the alerts. */
function checkAgainstOracle(csv, summary) {
  const outputs = readFileSync(path.join(first, 'outputs.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  const payloads = topic => outputs.filter(event => event.topic === topic).map(event => event.payload);
  const [alerts, months] = [payloads('report.alert.v1'), payloads('telemetry.metrics.v1')];
  const expected = expectedAlerts(csv);
  const metrics = Object.fromEntries(months.map(month => [month.period, month.metrics]));
  const wrong = [...differences(alerts, expected.alerts), ...differences(metrics, expected.metrics)];
  require(wrong.length === 0, `the capsules and the oracle disagree:\n${wrong.slice(0, 10).join('\n')}`);
  require(expected.alerts.length > 0 &&
    summary.alerts === alerts.length, 'the summary does not count the alerts');
  for (const [station, count] of Object.entries(summary.stations)) {
    const days = alerts.filter(alert => alert.station === station).map(alert => alert.subject);
    require(days.length === count, `the summary miscounts ${station}`);
    const more = days.length > 5 ? ` and ${days.length - 5} more` : '';
    say(`   ${station.padEnd(7)}${String(count).padStart(3)}  ${days.slice(0, 5).join(' ')}${more}`);
  }
  const both = alerts.filter(alert => alert.voters.length > 1);
  say(`   both detectors agree on ${both.map(alert => alert.subject).join(', ')}`);
  say(
    `8. an implementation that shares no code with the capsules expects the same ${alerts.length} alerts and ${months.length} months of metrics`,
  );
}

function runOf(timing, record) {
  return [
    'run',
    CAPSULES,
    '--input',
    input,
    '--seed',
    '7',
    '--timing-seed',
    String(timing),
    '--record',
    record,
    ...trust,
  ];
}

function require(holds, message) {
  if (!holds) throw new Error(message);
}

function command(number, purpose, args) {
  say(`${number}. ${purpose}`);
  say(`   $ vnes ${args.map(shown).join(' ')}`);
}

/** A path as a reader in the repository's root would type it. */
function shown(text) {
  return path.isAbsolute(text) && text.startsWith(ROOT) ? path.relative(ROOT, text) : text;
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
