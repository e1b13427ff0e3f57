/** The main entry runs in a browser: nothing that it imports, at any depth, is Node's. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const PACKAGES = path.resolve(import.meta.dirname, '../..');
const IMPORT = /^(?:import|export)\s+(?:[^'";]*\sfrom\s+)?'(?<from>[^']+)';/gm;

/** What the sources of our packages import from elsewhere, starting at a file. */
async function foreignImports(
  file: string,
  seen = new Set<string>(),
  foreign = new Set<string>(),
): Promise<Set<string>> {
  if (seen.has(file)) return foreign;
  seen.add(file);
  const source = await readFile(file, 'utf8');
  for (const { groups } of source.matchAll(IMPORT)) {
    const from = groups?.from ?? '';
    if (from.startsWith('.')) await foreignImports(path.resolve(path.dirname(file), from), seen, foreign);
    else if (from === '@rtd/protocol')
      await foreignImports(path.join(PACKAGES, 'protocol/src/index.ts'), seen, foreign);
    else foreign.add(from);
  }
  return foreign;
}

it('imports nothing but zod', async () => {
  expect(await foreignImports(path.join(PACKAGES, 'client/src/index.ts'))).toEqual(new Set(['zod']));
});

it('uses none of the globals that only Node has', async () => {
  const seen = new Set<string>();
  await foreignImports(path.join(PACKAGES, 'client/src/index.ts'), seen);
  expect(seen.size).toBeGreaterThan(30);
  for (const file of seen) {
    expect
      .soft(await readFile(file, 'utf8'), file)
      .not.toMatch(/\b(?:process|Buffer|setImmediate|__dirname|require)\b[.(]/);
  }
});

it('notices Node in the entry that is Node’s', async () => {
  const file = fileURLToPath(new URL('../src/node.ts', import.meta.url));
  expect([...(await foreignImports(file))].some((from) => from.startsWith('node:'))).toBe(true);
});
