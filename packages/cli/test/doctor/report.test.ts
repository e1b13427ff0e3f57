/** The document of --json, its schema in docs, and the page that every check points to. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { CHECKS } from '../../src/doctor/checks.ts';
import { DoctorReport } from '../../src/doctor/report.ts';

const DOCS = path.join(import.meta.dirname, '../../../../docs');

const LINE_WIDTH = 120;

/** As the repository's formatter writes it: lists of words on one line where they fit. */
function formatted(document: object): string {
  const text = `${JSON.stringify(document, undefined, 2)}\n`;
  return text.replace(
    /^(.*)\[\n((?:\s+"[^"]*",?\n)+)\s*\](,?)$/gm,
    (whole, before: string, list: string, comma: string) => {
      const line = `${before}[${list.trim().replaceAll(/,\n\s+/g, ', ')}]${comma}`;
      return line.length <= LINE_WIDTH ? line : whole;
    },
  );
}

/** `npx vitest run packages/cli/test/doctor/report.test.ts -u` writes it anew. */
test('docs/doctor-report.schema.json is that of the document', async () => {
  const schema = z.toJSONSchema(DoctorReport, { target: 'draft-2020-12' });
  await expect(formatted(schema)).toMatchFileSnapshot(path.join(DOCS, 'doctor-report.schema.json'));
});

test('the troubleshooting page has a section for every check, under the name that links point to, and for no other', () => {
  const page = readFileSync(path.join(DOCS, 'troubleshooting.md'), 'utf8');
  const headings = [...page.matchAll(/^### `?([a-z-]+)`?$/gm)].map(([, id]) => id);
  expect(headings).toEqual(CHECKS.map(({ id }) => id));
  for (const section of page.split(/^### /m).slice(1)) {
    for (const part of ['**Symptom.**', '**Cause.**', '**Fix.**']) expect(section).toContain(part);
  }
});

test('names are unique, and what a check needs comes before it', () => {
  const seen = new Set<string>();
  for (const { id, needs = [] } of CHECKS) {
    expect(seen).not.toContain(id);
    for (const need of needs) expect(seen).toContain(need);
    seen.add(id);
  }
});
