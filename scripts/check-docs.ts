/**
 * Holds what the pages say of names: every relative link and its anchor, every command and option of `rtd`, every `RTD_`
 * variable, every npm script and every path of this repository that they name is there.
 * Prints each that is not, with its place, and exits with 1. Needs a build.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { SERVER_OPTIONS } from '@rtd/server';
import { type Found, type Page, readPage } from './docs/markdown.ts';
import { complaintsAbout, type KnownCommand } from './docs/rtd-commands.ts';

interface LoadedCommand {
  readonly words: string;
  readonly command: {
    readonly flags: Readonly<
      Record<
        string,
        { readonly type: string; readonly char?: string; readonly allowNo?: boolean; readonly env?: string }
      >
    >;
  };
}

const root = path.join(import.meta.dirname, '..');
const files = globSync(['*.md', 'docs/**/*.md', 'bench/*.md', 'packages/*/*.md'], { cwd: root });
const pages = new Map(
  files.map((file) => [path.join(root, file), readPage(readFileSync(path.join(root, file), 'utf8'))]),
);

const program: { loadCommands(): Promise<readonly LoadedCommand[]> } = await import(
  pathToFileURL(path.join(root, 'packages/cli/dist/all-commands.js')).href
);
const loaded = await program.loadCommands();
const commands = loaded.map(({ words, command }): KnownCommand => {
  const options = Object.entries(command.flags).flatMap(([name, { char, allowNo }]) => [
    `--${name}`,
    ...(allowNo === true ? [`--no-${name}`] : []),
    ...(char === undefined ? [] : [`-${char}`]),
  ]);
  return { words, options: new Set(options) };
});
const options = new Set(commands.flatMap((command) => [...command.options]));

const VARIABLE = /\bRTD_[A-Z]+(?:_[A-Z]+)*\b(?!_)/g;
/** Those of options, and those that the program reads by name. */
const variables = new Set([
  ...loaded.flatMap(({ command }) => Object.values(command.flags).map((flag) => flag.env)),
  ...SERVER_OPTIONS.flatMap((option) => option.env),
  ...globSync(['packages/*/src/**/!(*.test).ts', 'scripts/test-services.ts'], { cwd: root }).flatMap((file) =>
    [...readFileSync(path.join(root, file), 'utf8').matchAll(VARIABLE)].map(([name]) => name),
  ),
]);

const manifest: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(path.join(root, 'package.json'), 'utf8'),
);

const wrong: string[] = [];
for (const [file, page] of pages) {
  const say = (complaint: string, { line }: Found): void => {
    wrong.push(`${path.relative(root, file)}:${line}: ${complaint}`);
  };
  for (const link of page.links) {
    const complaint = complaintAboutLink(file, page, link.text);
    if (complaint !== undefined) say(complaint, link);
  }
  for (const found of [...page.shell, ...page.code]) {
    for (const complaint of complaintsAbout(found.text, commands)) say(complaint, found);
    for (const [name] of found.text.matchAll(VARIABLE)) {
      if (!variables.has(name)) say(`nothing reads ${name}`, found);
    }
    for (const [, name = ''] of found.text.matchAll(/\bnpm run ([\w:-]+)/g)) {
      if (manifest.scripts[name] === undefined) say(`there is no npm script ${name}`, found);
    }
  }
  for (const code of page.code) {
    const option = /^--[a-z-]+/.exec(code.text)?.[0];
    if (option !== undefined && path.relative(root, file).startsWith('docs') && !options.has(option)) {
      say(`no command has an option ${option}`, code);
    }
    if (/^(packages|scripts|docs|deploy|bench|foreign-clients)\/[\w./-]+$/.test(code.text)) {
      if (!existsSync(path.join(root, code.text))) say(`there is no ${code.text}`, code);
    }
  }
}

function complaintAboutLink(file: string, page: Page, link: string): string | undefined {
  if (/^[a-z]+:/.test(link)) return undefined;
  const [target = '', anchor] = link.split('#');
  const reached = target === '' ? file : path.join(path.dirname(file), target);
  if (!existsSync(reached)) return `the link ${link} leads nowhere`;
  const anchors = target === '' ? page.anchors : pages.get(reached)?.anchors;
  return anchor === undefined || anchors?.has(anchor) === true ? undefined : `the link ${link} has no such heading`;
}

for (const line of wrong) console.error(line);
console.log(
  wrong.length === 0 ? `docs: ${pages.size} pages name what there is` : `docs: ${wrong.length} names of nothing`,
);
process.exitCode = wrong.length === 0 ? 0 : 1;
