import { RtdError } from '@rtd/protocol';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../test/manual-clock.ts';
import { LinkKeeper, type LinkReport } from './link-keeper.ts';
import type { LinkState } from './link-state.ts';

function linkKeeper() {
  const clock = manualClock();
  const states: LinkState[] = [];
  const attempts: { readonly report: LinkReport; closed: boolean }[] = [];
  const keeper = new LinkKeeper({
    clock,
    random: () => 0.5,
    open: (report) => {
      const attempt = { report, closed: false };
      attempts.push(attempt);
      return {
        close: () => {
          attempt.closed = true;
        },
      };
    },
    onState: (state) => states.push(state),
  });
  const last = () => {
    const attempt = attempts.at(-1);
    if (attempt === undefined) throw new Error('no attempt yet');
    return attempt;
  };
  return { clock, states, attempts, keeper, last };
}

describe('LinkKeeper', () => {
  it('waits 1, 2, 4 s between tries that fail, and says until when and why', async () => {
    const { clock, states, attempts, keeper, last } = linkKeeper();
    keeper.connect();
    for (const waitMillis of [1_000, 2_000, 4_000]) {
      last().report.ended({ kind: 'lost', why: 'nobody there' });
      expect(keeper.state).toEqual({
        kind: 'waiting',
        retryAt: clock.now() + waitMillis,
        retryInMillis: waitMillis,
        why: 'nobody there',
      });
      const before = attempts.length;
      await clock.advance(waitMillis - 1);
      expect(attempts).toHaveLength(before);
      await clock.advance(1);
      expect(attempts).toHaveLength(before + 1);
    }
    expect(states.filter(({ kind }) => kind === 'connecting')).toHaveLength(4);
  });

  it('starts the waits over after a link that held, not after one that flapped', async () => {
    const { clock, keeper, last } = linkKeeper();
    const waitAfter = async (upMillis: number): Promise<number> => {
      last().report.up('live');
      await clock.advance(upMillis);
      last().report.ended({ kind: 'lost', why: 'cut' });
      const { state } = keeper;
      if (state.kind !== 'waiting') throw new Error(state.kind);
      await clock.advance(state.retryInMillis);
      return state.retryInMillis;
    };
    keeper.connect();
    expect([await waitAfter(100), await waitAfter(100), await waitAfter(6_000), await waitAfter(100)]).toEqual([
      1_000, 2_000, 1_000, 2_000,
    ]);
  });

  it('heeds a longer wait that the server asks for', () => {
    const { keeper, last } = linkKeeper();
    keeper.connect();
    last().report.ended({ kind: 'lost', why: 'full', retryAfterMillis: 7_000 });
    expect(keeper.state).toMatchObject({ kind: 'waiting', retryInMillis: 7_000 });
  });

  it('does not try again by itself after a refusal, but when told to', async () => {
    const { clock, attempts, keeper, last } = linkKeeper();
    keeper.connect();
    const error = new RtdError('UNAUTHENTICATED', 'no');
    last().report.ended({ kind: 'refused', error });
    expect(keeper.state).toEqual({ kind: 'refused', error });
    await clock.advance(3_600_000);
    expect(attempts).toHaveLength(1);
    keeper.connectNow();
    expect(attempts).toHaveLength(2);
    expect(keeper.state.kind).toBe('connecting');
  });

  it('hears nothing more of an attempt that was given up', async () => {
    const { clock, attempts, keeper } = linkKeeper();
    keeper.connect();
    keeper.goOffline();
    expect(attempts[0]?.closed).toBe(true);
    attempts[0]?.report.up('live');
    attempts[0]?.report.ended({ kind: 'lost', why: 'late' });
    await clock.advance(60_000);
    expect(keeper.state).toEqual({ kind: 'offline' });
    expect(attempts).toHaveLength(1);
  });

  it('is off for good once closed, without a timer', async () => {
    const { clock, attempts, keeper, last } = linkKeeper();
    keeper.connect();
    last().report.ended({ kind: 'lost', why: 'cut' });
    keeper.close();
    keeper.connectNow();
    expect(clock.pending).toBe(0);
    expect(attempts).toHaveLength(1);
    expect(keeper.state).toEqual({ kind: 'offline' });
  });
});
