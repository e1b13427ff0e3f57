/**
 * Holds the arrows of the design: which package may import which, and inside the server which room may import which.
 * Reads import statements as text, which is enough: dynamic imports are written with literal paths too.
 * Prints each arrow that points the wrong way and exits with 1.
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Package -> the packages of ours that it may import. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  client: ['protocol'],
  server: ['protocol'],
  tui: ['client', 'protocol'],
  cli: ['protocol', 'client', 'server', 'tui'],
};

/** The meaning: knows the words, time, who somebody is, and how bytes fan out; nothing of the wire or of backends. */
const FOR_MEANING = ['clock.ts', 'fan-out', 'auth/identity.ts', 'telemetry/log.ts'];

/** Room of the server -> what it may import besides itself. A room that is not here may import everything. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  chat: FOR_MEANING,
  market: FOR_MEANING,
  presence: FOR_MEANING,
  auth: ['clock.ts', 'telemetry/log.ts'],
  'fan-out': ['clock.ts'],
  adapters: ['chat', 'market', 'presence', 'auth', 'clock.ts', 'telemetry/log.ts'],
  telemetry: ['clock.ts'],
};

/** Technologies that only their own adapter folder may touch. */
const BACKENDS: Readonly<Record<string, string>> = {
  'node:sqlite': 'sqlite',
  mysql2: 'mysql',
  ioredis: 'redis',
  kafkajs: 'kafka',
};

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s*)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

const wrong: string[] = [];
for (const file of globSync('packages/*/src/**/*.{ts,tsx}')) {
  if (/\.(test|contract)\.tsx?$/.test(file)) continue;
  const [, pkg = '', , ...inside] = file.split(path.sep);
  for (const match of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    const specifier = match[1] ?? match[2] ?? '';
    const complaint = complaintAbout(pkg, inside, specifier, file);
    if (complaint !== undefined) wrong.push(`${file}: ${complaint}`);
  }
}

function complaintAbout(pkg: string, inside: readonly string[], specifier: string, file: string): string | undefined {
  const ours = /^@rtd\/([^/]+)/.exec(specifier)?.[1];
  if (ours !== undefined) {
    return PACKAGES[pkg]?.includes(ours) === true ? undefined : `@rtd/${pkg} may not import @rtd/${ours}`;
  }
  if (specifier.startsWith('.')) {
    const target = path.relative(`packages/${pkg}/src`, path.join(path.dirname(file), specifier));
    if (target.startsWith('..')) return `reaches out of its package: ${specifier}`;
    return pkg === 'server' ? complaintAboutRoom(inside, target) : undefined;
  }
  const technology = Object.keys(BACKENDS).find((name) => specifier === name || specifier.startsWith(`${name}/`));
  if (technology === undefined || pkg !== 'server') return undefined;
  const home = `adapters/${BACKENDS[technology]}`;
  return inside.join('/').startsWith(home) ? undefined : `${technology} belongs in ${home}`;
}

function complaintAboutRoom(inside: readonly string[], target: string): string | undefined {
  const [room = ''] = inside;
  const allowed = ROOMS[room];
  if (allowed === undefined || inside.length === 1) return undefined;
  const fits = [room, ...allowed].some((place) => target === place || target.startsWith(`${place}/`));
  return fits ? undefined : `the room ${room} may not import ${target}`;
}

for (const line of wrong) console.error(line);
console.log(wrong.length === 0 ? 'arrows: all point the right way' : `arrows: ${wrong.length} point the wrong way`);
process.exitCode = wrong.length === 0 ? 0 : 1;
