import { relative, resolve } from 'node:path';
import { type Scaffolded, scaffold } from '../../authoring/scaffold/scaffold.ts';
import { TEMPLATES } from '../../authoring/scaffold/templates.ts';
import { fail } from '../../base/diagnostic.ts';
import { shellWord } from '../../base/shell.ts';
import type { CommandSpec, Context, OptionValues, Paint, Result } from '../command.ts';
import { text } from '../values.ts';

export const command: CommandSpec = {
  name: 'scaffold',
  summary: 'start a new capsule from a template',
  arguments: [
    { name: 'template', help: TEMPLATES.map(({ name, language }) => `${name} (${language})`).join(' or ') },
    { name: 'id', help: 'id of the capsule, such as user.ada.counter' },
  ],
  options: [
    { name: 'dir', value: 'DIR', help: 'folder to make; by default the last segment of the id' },
    { name: 'list', help: 'list the templates' },
  ],
  examples: [
    'vnes scaffold wasm-ts user.ada.counter',
    'vnes scaffold wasm-js user.ada.report --dir capsules/report',
    'vnes scaffold python user.ada.triage',
  ],
  run,
};

async function run(
  context: Context,
  [template, id]: readonly string[],
  options: OptionValues,
): Promise<Result> {
  if (options.list) return list();
  if (template === undefined || id === undefined) {
    fail('VNES9004', 'the template or the id is missing', {
      expected: 'vnes scaffold TEMPLATE ID',
      help: 'vnes scaffold wasm-ts user.ada.counter',
    });
  }
  const { cwd } = context.ports.env;
  const made = scaffold({ template, id, dir: text(options.dir), cwd, templates: context.asset('templates') });
  const { identity, dir, files } = made;
  return {
    data: { id: identity.id, template, dir, files, next: nextCommands(made, cwd) },
    diagnostics: [],
    text: paint => describe(made, cwd, paint),
  };
}

function list(): Result {
  return {
    data: { templates: TEMPLATES.map(({ name, language, summary }) => ({ name, language, summary })) },
    diagnostics: [],
    text: paint =>
      TEMPLATES.map(({ name, language, summary }) => `${paint.bold(name)}  ${language}: ${summary}`).join(
        '\n',
      ),
  };
}

function describe(made: Scaffolded, cwd: string, paint: Paint): string {
  const head = `${paint.good('made')} ${paint.bold(made.identity.id)} in ${made.dir} (${made.files.length} files)`;
  return [head, '', ...nextCommands(made, cwd).map(line => `  ${paint.accent(line)}`)].join('\n');
}

function nextCommands({ dir, template }: Scaffolded, cwd: string): string[] {
  const shown = shellWord(relative(cwd, resolve(cwd, dir)) || '.');
  return [
    ...(template.compiler === 'npm' ? [`npm install --prefix ${shown}`] : []),
    `vnes build ${shown}`,
    `vnes keys create`,
    `vnes sign ${shown}`,
    `vnes verify ${shown}`,
    `vnes run ${shown} --input ${shown}/examples/events.ndjson`,
  ];
}
