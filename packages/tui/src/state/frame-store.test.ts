import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../test/fake-clock.ts';
import { createFrameStore } from './frame-store.ts';

function counting() {
  const clock = createFakeClock();
  const store = createFrameStore<number, 'add' | 'key' | 'nothing'>({
    initial: 0,
    reduce: (state, event) => (event === 'nothing' ? state : state + 1),
    clock,
    frameMillis: 50,
    isUrgent: (event) => event === 'key',
  });
  const frames: number[] = [];
  store.subscribe(() => frames.push(store.shown()));
  return { clock, store, frames };
}

describe('a frame store', () => {
  it('shows however much happens at most once a frame', () => {
    const { clock, store, frames } = counting();
    for (let millis = 0; millis < 1_000; millis += 1) {
      for (let count = 0; count < 20; count += 1) store.dispatch('add');
      clock.advance(1);
    }
    clock.advance(50);
    expect(store.state).toBe(20_000);
    expect(frames.length).toBeLessThanOrEqual(21);
    expect(frames.at(-1)).toBe(20_000);
  });

  it('shows keys at once, and with them all before', () => {
    const { store, frames } = counting();
    store.dispatch('add');
    expect(frames).toEqual([]);
    store.dispatch('key');
    expect(frames).toEqual([2]);
  });

  it('says nothing where nothing changed, and has nothing pending', () => {
    const { clock, store, frames } = counting();
    store.dispatch('nothing');
    clock.advance(1_000);
    expect(frames).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('is quiet once it is closed', () => {
    const { clock, store, frames } = counting();
    store.dispatch('add');
    store.close();
    store.dispatch('key');
    clock.advance(1_000);
    expect(frames).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
