import type { StompFrame } from '@rtd/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameQueue, type FrameRunner } from './frame-queue.ts';

const HEADERS: ReadonlyMap<string, string> = new Map();

function frame(command: string, body = ''): StompFrame {
  return { command, headers: HEADERS, body: Buffer.from(body) };
}

const nameOf = ({ command, body }: StompFrame): string => `${command}${Buffer.from(body).toString()}`;

/** SENDs and SUBSCRIBEs take as long as a test says; everything else is done at once. */
class Runner implements FrameRunner {
  /** Begun, in order. */
  readonly begun: string[] = [];
  /** Outcomes told, in order. */
  readonly told: string[] = [];
  readonly congestion: boolean[] = [];
  readonly #pending = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();

  get running(): readonly string[] {
    return [...this.#pending.keys()];
  }

  overlaps({ command }: StompFrame): boolean {
    return command === 'SEND';
  }

  run(one: StompFrame): void | Promise<void> {
    this.begun.push(nameOf(one));
    if (one.command === 'BREACH') throw new Error('breach');
    if (one.command !== 'SEND' && one.command !== 'SUBSCRIBE') return;
    return new Promise((resolve, reject) => {
      this.#pending.set(nameOf(one), { resolve, reject });
    });
  }

  succeeded(one: StompFrame): void {
    this.told.push(nameOf(one));
  }

  failed(one: StompFrame): void {
    this.told.push(`!${nameOf(one)}`);
  }

  congested(isCongested: boolean): void {
    this.congestion.push(isCongested);
  }

  async finish(name: string, how: 'resolve' | 'reject' = 'resolve'): Promise<void> {
    const pending = this.#pending.get(name);
    if (pending === undefined) throw new Error(`${name} is not running`);
    this.#pending.delete(name);
    pending[how](new Error('refused'));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function queueOf(): { runner: Runner; queue: FrameQueue } {
  const runner = new Runner();
  return { runner, queue: new FrameQueue(runner) };
}

it('SENDs overlap, and are told in their order', async () => {
  const { runner, queue } = queueOf();
  for (const n of ['1', '2', '3']) queue.push(frame('SEND', n));
  expect(runner.running).toEqual(['SEND1', 'SEND2', 'SEND3']);
  await runner.finish('SEND3');
  await runner.finish('SEND2', 'reject');
  expect(runner.told).toEqual([]);
  await runner.finish('SEND1');
  expect(runner.told).toEqual(['SEND1', '!SEND2', 'SEND3']);
});

it('any other frame waits for all before it, and all wait for it', async () => {
  const { runner, queue } = queueOf();
  for (const command of ['SEND', 'SUBSCRIBE', 'BEGIN', 'SEND2']) queue.push(frame(command));
  expect(runner.begun).toEqual(['SEND']);
  await runner.finish('SEND');
  expect(runner.begun).toEqual(['SEND', 'SUBSCRIBE']);
  await runner.finish('SUBSCRIBE');
  expect(runner.told).toEqual(['SEND', 'SUBSCRIBE', 'BEGIN', 'SEND2']);
});

it('what waits is not the memory of the parser', async () => {
  const { runner, queue } = queueOf();
  queue.push(frame('SUBSCRIBE'));
  const memory = Buffer.from('mine');
  queue.push({ command: 'BEGIN', headers: HEADERS, body: memory });
  memory.fill('x');
  await runner.finish('SUBSCRIBE');
  expect(runner.begun).toEqual(['SUBSCRIBE', 'BEGINmine']);
});

describe('afterAll', () => {
  it('is at once when nothing is under way, and else when everything before it is told', async () => {
    const { runner, queue } = queueOf();
    const done: string[] = [];
    queue.afterAll(() => done.push('idle'));
    expect(done).toEqual(['idle']);
    queue.push(frame('SEND'));
    queue.push(frame('BEGIN'));
    queue.afterAll(() => done.push(runner.told.join()));
    expect(done).toHaveLength(1);
    await runner.finish('SEND');
    expect(done).toEqual(['idle', 'SEND,BEGIN']);
  });
});

it('clear forgets what waits, and leaves alone what is under way', async () => {
  const { runner, queue } = queueOf();
  queue.push(frame('SEND'));
  queue.push(frame('BEGIN'));
  queue.clear();
  await runner.finish('SEND');
  expect(runner.told).toEqual(['SEND']);
  queue.push(frame('ABORT'));
  expect(runner.told).toEqual(['SEND', 'ABORT']);
});

it('who sends faster than it is served is paused, and let go on at half of that', async () => {
  const { runner, queue } = queueOf();
  for (let n = 0; n < 300; n += 1) queue.push(frame('SEND', `-${n}`));
  expect(runner.running).toHaveLength(256);
  expect(runner.congestion).toEqual([true]);
  for (let n = 0; n < 300; n += 1) {
    await runner.finish(`SEND-${n}`);
    if (runner.congestion.length === 2) expect(runner.running.length).toBeLessThan(128);
  }
  expect(runner.congestion).toEqual([true, false]);
  expect(runner.told).toHaveLength(300);
});

it('large bodies that wait are reason enough', async () => {
  const { runner, queue } = queueOf();
  queue.push(frame('SUBSCRIBE'));
  for (let n = 0; n < 3; n += 1) queue.push(frame('BEGIN', 'x'.repeat(30_000)));
  expect(runner.congestion).toEqual([true]);
  await runner.finish('SUBSCRIBE');
  expect(runner.congestion).toEqual([true, false]);
});

it('law: whatever takes how long, frames begin and are told in the order in which they came', async () => {
  const commands = fc.array(fc.constantFrom('SEND', 'SEND', 'SEND', 'SUBSCRIBE', 'BEGIN', 'BREACH'), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(
      commands,
      fc.infiniteStream(fc.nat()),
      fc.infiniteStream(fc.boolean()),
      async (script, picks, refusals) => {
        const { runner, queue } = queueOf();
        const names = script.map((command, n) => `${command}${n}`);
        for (const [n, command] of script.entries()) {
          queue.push(frame(command, String(n)));
          const [pick, refused] = [picks.next().value ?? 0, refusals.next().value];
          const name = runner.running[pick % (2 * runner.running.length + 1)];
          if (name !== undefined) await runner.finish(name, refused ? 'reject' : 'resolve');
        }
        while (runner.running.length > 0) {
          const name = runner.running[(picks.next().value ?? 0) % runner.running.length];
          if (name !== undefined) await runner.finish(name);
        }
        expect(runner.begun).toEqual(names);
        expect(runner.told.map((name) => name.replace('!', ''))).toEqual(names);
      },
    ),
    { numRuns: 200 },
  );
});

it('a frame that fails at once among others that still run: those are told first, and nothing behind it begins', async () => {
  class AllAtOnce extends Runner {
    override overlaps(): boolean {
      return true;
    }
  }
  const runner = new AllAtOnce();
  const queue = new FrameQueue(runner);
  queue.push(frame('SEND', '1'));
  queue.push(frame('BREACH'));
  queue.push(frame('SEND', '2'));
  expect([runner.begun, runner.told]).toEqual([['SEND1', 'BREACH'], []]);
  await runner.finish('SEND1');
  expect(runner.told).toEqual(['SEND1', '!BREACH']);
  expect(runner.begun).toEqual(['SEND1', 'BREACH', 'SEND2']);
});
