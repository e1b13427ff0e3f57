import { describe, expect, test } from 'vitest';
import { parseTarget } from '../wire/target.ts';
import { type Check, type Finding, fail, pass, skip } from './check.ts';
import { verdictOf } from './report.ts';
import { runChecks } from './run-checks.ts';
import { surroundingsOf } from './surroundings.ts';

const EVIDENCE = { asked: 'a', answered: 'b' };
const GOOD = pass(EVIDENCE, 'good');
const BAD = fail(EVIDENCE, 'bad', 'mend it');

function check(id: string, run: () => Promise<Finding> | Finding, more: Partial<Check> = {}): Check {
  return { id, stretch: 'machine', title: id, run: async () => run(), ...more };
}

async function run(checks: readonly Check[], { fix = false, url = 'http://127.0.0.1:1' } = {}) {
  const told: string[] = [];
  const surroundings = surroundingsOf({
    target: parseTarget(url),
    identity: { userId: undefined, token: undefined, login: undefined, passcode: undefined },
    config: undefined,
    configProblem: undefined,
    env: {},
    platform: 'linux',
    nodeVersion: '24.0.0',
    terminal: { isTerminal: false, columns: undefined, rows: undefined, colours: false },
    timeoutMillis: 1,
    connections: 1,
    origin: undefined,
    destination: undefined,
    virtualHost: undefined,
    connectHeaders: [],
    httpHeaders: [],
    streamPath: undefined,
    now: () => 0,
  });
  const watcher = {
    began: ({ id }: Check) => void told.push(`+${id}`),
    ended: ({ id }: { id: string }) => void told.push(`-${id}`),
  };
  const results = await runChecks(checks, surroundings, {
    fix,
    watcher,
    clean: (text) => text.replaceAll('secret', '***'),
  });
  return { told, results, statuses: Object.fromEntries(results.map(({ id, status }) => [id, status])) };
}

describe('the order', () => {
  test('a slow check holds up no other, and results come in the order of the checks', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { told } = await run([
      check('first', () => GOOD),
      check(
        'slow',
        async () => {
          await promise;
          return GOOD;
        },
        { slow: true },
      ),
      check('last', () => {
        resolve();
        return GOOD;
      }),
    ]);
    expect(told).toEqual(['+first', '-first', '+slow', '+last', '-slow', '-last']);
  });

  test('what stands on a failure is skipped, also at second hand, and the others go on', async () => {
    const { statuses, results } = await run([
      check('ground', () => BAD),
      check('wall', () => GOOD, { needs: ['ground'] }),
      check('roof', () => GOOD, { needs: ['wall'] }),
      check('tree', () => GOOD),
    ]);
    expect(statuses).toEqual({ ground: 'fail', wall: 'skip', roof: 'skip', tree: 'pass' });
    expect(results[2]?.meaning).toBe('It says nothing while ground fails.');
  });

  test('what stands on something that does not apply goes on', async () => {
    const { statuses } = await run([
      check('ground', () => skip('no TLS here')),
      check('wall', () => GOOD, { needs: ['ground', 'not-asked-for'] }),
    ]);
    expect(statuses).toEqual({ ground: 'skip', wall: 'pass' });
  });

  test('what is of this machine alone is skipped for a server elsewhere', async () => {
    const local = check('disk', () => GOOD, { local: true });
    expect((await run([local], { url: 'http://192.0.2.1' })).statuses).toEqual({ disk: 'skip' });
    expect((await run([local])).statuses).toEqual({ disk: 'pass' });
  });
});

test('a check that throws fails, without its secrets', async () => {
  const { results } = await run([check('broken', () => Promise.reject(new Error('the secret is out')))]);
  expect(results[0]).toMatchObject({
    status: 'fail',
    answered: 'the *** is out',
    link: 'docs/troubleshooting.md#broken',
  });
});

describe('mending', () => {
  function folder(): Check {
    let made = false;
    return check('folder', () => (made ? GOOD : BAD), {
      repair: async () => {
        made = true;
        return 'made it';
      },
    });
  }

  test('happens only when it is asked for, and then the check looks again', async () => {
    expect((await run([folder()])).results[0]).toMatchObject({ status: 'fail', fixed: undefined });
    expect((await run([folder()], { fix: true })).results[0]).toMatchObject({ status: 'pass', fixed: 'made it' });
  });

  test('that fails is told, and the failure stays', async () => {
    const check2 = check('folder', () => BAD, { repair: () => Promise.reject(new Error('no rights')) });
    expect((await run([check2], { fix: true })).results[0]).toMatchObject({
      status: 'fail',
      fixed: 'tried to mend it, and could not: no rights',
    });
  });
});

test.each<[Finding[], boolean, RegExp]>([
  [[GOOD, skip('x')], true, /^All is well \(1 passed, 0 warnings, 1 skipped\)\.$/],
  [[GOOD, { ...GOOD, status: 'warn' }], true, /^It works \(1 passed, 1 warning, 0 skipped\)\.$/],
  [[GOOD, BAD, BAD], false, /^c1 fails: bad Also: c2\. \(2 failed, 1 passed, 0 warnings, 0 skipped\)$/],
  [[skip('x')], true, /^Nothing was checked/],
])('the verdict %#', async (findings, ok, text) => {
  const { results } = await run(findings.map((finding, index) => check(`c${index}`, () => finding)));
  const verdict = verdictOf(results);
  expect(verdict.ok).toBe(ok);
  expect(verdict.text).toMatch(text);
});
