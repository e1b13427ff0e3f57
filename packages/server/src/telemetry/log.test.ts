import { describe, expect, it } from 'vitest';
import { createLog, type LogOptions, withoutSecrets } from './log.ts';

function written(format: LogOptions['format'], log: (to: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = [];
  log(createLog({ level: 'debug', format, destination: { write: (line) => lines.push(line) } }));
  return lines.join('');
}

describe('log', () => {
  const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl';

  it.each([
    ['a token in a query', { url: `/stream?symbols=BTC&access_token=${token}` }, 'symbols=BTC'],
    ['an Authorization header', { headers: { authorization: `Bearer ${token}`, accept: 'x/y' } }, 'x/y'],
    ['a secret of the configuration', { jwtSecret: `${token}`, port: 8080 }, '8080'],
    ['the password of a URL', { err: new Error(`connect mysql://root:${token}@db:3306/x failed`) }, 'db:3306'],
    ['a token in free text', { note: `refused Bearer ${token} from alice` }, 'from alice'],
    ['a bare token', { note: `got ${token}` }, 'got'],
  ])('never shows %s', (_what, fields, kept) => {
    for (const format of ['json', 'pretty'] as const) {
      const text = written(format, (log) => log.info(fields, 'said'));
      expect(text).toContain('said');
      expect(text).toContain(kept);
      expect(text).not.toContain(token);
    }
  });

  it('keeps a line of JSON a line of JSON', () => {
    const line = written('json', (log) =>
      log.warn({ token: 'quote " and \\ backslash', url: '/?token=a"b', next: 1 }, 'hello'),
    );
    expect(JSON.parse(line)).toMatchObject({ level: 40, msg: 'hello', token: '[hidden]', next: 1 });
  });

  it('leaves ordinary text alone', () => {
    const line = '{"msg":"listening on http://127.0.0.1:8080","tokens":3,"user":"a@b.c"}';
    expect(withoutSecrets(line)).toBe(line);
  });

  it('writes one line of JSON a message, with an ISO time', () => {
    const entry: unknown = JSON.parse(written('json', (log) => log.info('up')));
    expect(entry).toMatchObject({ level: 30, msg: 'up', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) });
  });
});
