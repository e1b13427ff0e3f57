/** Runs the real `rtd doctor --json` and sums up its document. */
import { DoctorReport } from '../../src/doctor/report.ts';
import { type How, newFolder, rtd } from '../running.ts';

export interface Examined {
  readonly code: number | undefined;
  readonly report: DoctorReport;
  /** Ids by status. */
  readonly failed: readonly string[];
  readonly warned: readonly string[];
  readonly passed: readonly string[];
  readonly text: string;
  check(id: string): DoctorReport['checks'][number];
}

/** With a data folder of its own that is there, no port to listen on, and no more than `words` and `env` say. */
export async function examine(words: readonly string[], how: How = {}): Promise<Examined> {
  const env = { RTD_DATA_DIR: newFolder(), RTD_PORT: '0', ...how.env };
  const { code, stdout, stderr } = await rtd(['doctor', '--json', ...words], { ...how, env });
  if (stderr !== '') throw new Error(stderr);
  const report = DoctorReport.parse(JSON.parse(stdout));
  const idsOf = (status: string): string[] =>
    report.checks.filter((check) => check.status === status).map(({ id }) => id);
  return {
    code,
    report,
    failed: idsOf('fail'),
    warned: idsOf('warn'),
    passed: idsOf('pass'),
    text: stdout,
    check(id) {
      const found = report.checks.find((check) => check.id === id);
      if (found === undefined) throw new Error(`no check ${id} in ${stdout}`);
      return found;
    },
  };
}
