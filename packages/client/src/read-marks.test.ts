import { ConversationId } from '@rtd/protocol';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../test/manual-clock.ts';
import type { ChatWire } from './chat-wire.ts';
import { ReadMarks } from './read-marks.ts';

const ROOM = ConversationId.parse('room');
const OTHER = ConversationId.parse('other');

/** A wire that only remembers what it was told, and when the server has processed it. */
function wireThatCan(tells: boolean) {
  const told: unknown[] = [];
  const done: (() => void)[] = [];
  const wire: ChatWire = {
    kind: 'live',
    serve: () => () => {},
    deliver: () => Promise.reject(new Error('not asked for')),
    tell: (_destination, body, onDone) => {
      if (!tells) return false;
      told.push(body);
      if (onDone !== undefined) done.push(onDone);
      return true;
    },
    close: () => Promise.resolve(),
    abort: () => {},
  };
  return { wire, told, done };
}

describe('ReadMarks', () => {
  it('sends the newest at most once a second a conversation', async () => {
    const clock = manualClock();
    const marks = new ReadMarks(clock);
    const { wire, told } = wireThatCan(true);
    marks.attach(wire);
    for (let seq = 1; seq <= 50; seq++) marks.mark(ROOM, seq);
    marks.mark(OTHER, 3);
    expect(told).toEqual([
      { conversationId: ROOM, seq: 1 },
      { conversationId: OTHER, seq: 3 },
    ]);
    await clock.advance(1_000);
    expect(told.slice(2)).toEqual([{ conversationId: ROOM, seq: 50 }]);
    await clock.advance(10_000);
    expect(told).toHaveLength(3);
    expect(clock.pending).toBe(0);
  });

  it('never goes backwards', async () => {
    const clock = manualClock();
    const marks = new ReadMarks(clock);
    const { wire, told } = wireThatCan(true);
    marks.attach(wire);
    marks.mark(ROOM, 7);
    await clock.advance(2_000);
    marks.mark(ROOM, 5);
    await clock.advance(2_000);
    expect(told).toEqual([{ conversationId: ROOM, seq: 7 }]);
  });

  it('tells the next wire what the last one did not bring home, and nothing else', async () => {
    const clock = manualClock();
    const marks = new ReadMarks(clock);
    const first = wireThatCan(true);
    marks.attach(first.wire);
    marks.mark(ROOM, 7);
    marks.mark(OTHER, 3);
    first.done[0]?.();
    marks.detach();
    marks.mark(OTHER, 4);
    await clock.advance(2_000);
    const polling = wireThatCan(false);
    marks.attach(polling.wire);
    marks.detach();
    const second = wireThatCan(true);
    marks.attach(second.wire);
    expect(second.told).toEqual([{ conversationId: OTHER, seq: 4 }]);
    marks.close();
    expect(clock.pending).toBe(0);
  });
});
