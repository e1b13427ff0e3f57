import { describe, expect, it } from 'vitest';
import { manualClock } from '../test/manual-clock.ts';
import { TypingMark } from './typing-sender.ts';

function typingMark() {
  const clock = manualClock();
  const told: boolean[] = [];
  return { clock, told, mark: new TypingMark(clock, (isTyping) => told.push(isTyping)) };
}

describe('TypingMark', () => {
  it('is sent after 500 ms of typing, and ended 2 s after the last key', async () => {
    const { clock, told, mark } = typingMark();
    mark.keyPressed();
    await clock.advance(499);
    expect(told).toEqual([]);
    await clock.advance(1);
    expect(told).toEqual([true]);
    await clock.advance(1_000);
    mark.keyPressed();
    await clock.advance(1_999);
    expect(told).toEqual([true]);
    await clock.advance(1);
    expect(told).toEqual([true, false]);
    expect(clock.pending).toBe(0);
  });

  it('is renewed while typing lasts, before the 5 s after which a server ends it', async () => {
    const { clock, told, mark } = typingMark();
    for (let i = 0; i < 100; i++) {
      mark.keyPressed();
      await clock.advance(100);
    }
    const marks = told.length;
    expect(told).not.toContain(false);
    // 10 s: at 0.5, and then at least every 5 s, but not at every key.
    expect(marks).toBeGreaterThanOrEqual(3);
    expect(marks).toBeLessThanOrEqual(5);
  });

  it('ends at once when the message is sent, and says nothing when it never began', async () => {
    const { clock, told, mark } = typingMark();
    mark.keyPressed();
    mark.stopped();
    await clock.advance(10_000);
    expect(told).toEqual([]);
    mark.keyPressed();
    await clock.advance(600);
    mark.stopped();
    mark.stopped();
    await clock.advance(10_000);
    expect(told).toEqual([true, false]);
  });
});
