/** The document of `rtd doctor --json`, and the verdict that both it and the terminal end with. */
import { z } from 'zod';
import { type CheckResult, STATUSES, STRETCHES } from './check.ts';

const count = z.int().min(0);

export const DoctorReport = z
  .strictObject({
    version: z.literal(1).describe('of this document'),
    url: z.string().describe('the server that was looked at'),
    server: z.enum(['rtd', 'other']).describe('rtd: one of ours; other: another one, or none that answers'),
    startedAt: z.iso.datetime(),
    millis: z.number().min(0),
    checks: z
      .array(
        z.strictObject({
          id: z.string().describe('as --only takes it'),
          stretch: z.enum(STRETCHES).describe('which part of the way that data takes'),
          title: z.string(),
          status: z.enum(STATUSES),
          evidence: z.strictObject({
            asked: z.string().describe('what was asked, of whom; empty when skipped'),
            answered: z.string().describe('what came back'),
            millis: z.number().min(0),
          }),
          meaning: z.string(),
          fix: z.string().nullable().describe('commands, a line each'),
          fixed: z.string().nullable().describe('what --fix did; the rest is what was found after it'),
          link: z.string().describe('the section of the troubleshooting page'),
        }),
      )
      .describe('in the order of the way that data takes'),
    counts: z.strictObject({ pass: count, warn: count, fail: count, skip: count }),
    verdict: z.strictObject({ ok: z.boolean().describe('nothing fails: exit code 0'), text: z.string() }),
  })
  .meta({ title: 'The document of rtd doctor --json' });
export type DoctorReport = z.infer<typeof DoctorReport>;

export interface ReportFacts {
  readonly url: string;
  readonly server: 'rtd' | 'other';
  readonly startedAt: Date;
  readonly millis: number;
}

export function reportOf(
  results: readonly CheckResult[],
  { url, server, startedAt, millis }: ReportFacts,
): DoctorReport {
  return {
    version: 1,
    url,
    server,
    startedAt: startedAt.toISOString(),
    millis: Math.round(millis),
    checks: results.map(({ id, stretch, title, status, asked, answered, millis: took, meaning, fix, fixed, link }) => ({
      id,
      stretch,
      title,
      status,
      evidence: { asked, answered, millis: took },
      meaning,
      fix: fix ?? null,
      fixed: fixed ?? null,
      link,
    })),
    counts: countsOf(results),
    verdict: verdictOf(results),
  };
}

/** One line, and whether all is well. */
export function verdictOf(results: readonly CheckResult[]): DoctorReport['verdict'] {
  const { pass, warn, skip } = countsOf(results);
  const failed = results.filter(({ status }) => status === 'fail');
  const rest = `${pass} passed, ${warn} ${warn === 1 ? 'warning' : 'warnings'}, ${skip} skipped`;
  const [first] = failed;
  if (first === undefined) {
    if (pass + warn === 0) return { ok: true, text: `Nothing was checked (${rest}).` };
    return { ok: true, text: warn === 0 ? `All is well (${rest}).` : `It works (${rest}).` };
  }
  const others = failed.slice(1).map(({ id }) => id);
  const also = others.length === 0 ? '' : ` Also: ${others.join(', ')}.`;
  return { ok: false, text: `${first.id} fails: ${first.meaning}${also} (${failed.length} failed, ${rest})` };
}

function countsOf(results: readonly CheckResult[]): DoctorReport['counts'] {
  const counts = { pass: 0, warn: 0, fail: 0, skip: 0 };
  for (const { status } of results) counts[status] += 1;
  return counts;
}
