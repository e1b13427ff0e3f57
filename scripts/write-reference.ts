/**
 * Writes what `docs/reference` says of commands, options, HTTP, metrics and error codes out of the program itself, so that
 * it cannot say anything else. `--check` writes nothing and fails where a page is not what it would write.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defaultConfig, startServer, systemClock } from '@rtd/server';
import { commandsPage } from './reference/commands-page.ts';
import { errorsPage } from './reference/errors-page.ts';
import { httpPage } from './reference/http-page.ts';
import { metricsPage } from './reference/metrics-page.ts';
import { optionsPage } from './reference/options-page.ts';

const root = path.join(import.meta.dirname, '..');
const folder = path.join(root, 'docs', 'reference');

const dataDir = mkdtempSync(path.join(tmpdir(), 'rtd-reference-'));
const server = await startServer(defaultConfig({ dataDir, port: 0, logLevel: 'silent' }), {
  clock: systemClock,
  randomBytes: (count) => randomBytes(count),
});
const pages: Record<string, string> = {};
try {
  const [openApi, metrics] = await Promise.all([
    fetch(`${server.url}/openapi.json`).then((answer) => answer.json()),
    fetch(`${server.url}/metrics`).then((answer) => answer.text()),
  ]);
  pages['commands.md'] = await commandsPage(path.join(root, 'packages', 'cli'));
  pages['options.md'] = optionsPage();
  pages['http.md'] = httpPage(openApi);
  pages['metrics.md'] = metricsPage(metrics);
  pages['errors.md'] = errorsPage();
} finally {
  await server.close();
  rmSync(dataDir, { recursive: true, force: true });
}

for (const [name, text] of Object.entries(pages)) {
  const file = path.join(folder, name);
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error(`docs/reference/${name} is not what the program says: run \`npm run reference\`.`);
    process.exitCode = 1;
  }
}
