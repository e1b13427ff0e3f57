import { cleanup, render } from 'ink-testing-library';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createFakeClock } from '../../test/fake-clock.ts';
import { came, message, NOON, tick } from '../../test/messages.ts';
import type { KeyAction } from '../session/key-actions.ts';
import { createFrameStore } from '../state/frame-store.ts';
import { initialTerminal, isUrgent, reduceTerminal } from '../state/terminal.ts';
import { createDrawing } from '../view/drawing.ts';
import { createLocalTime } from '../view/local-time.ts';
import { createTheme } from '../view/theme.ts';
import { Screen } from './Screen.tsx';

afterEach(cleanup);

function draw(columns: number, rows: number) {
  const clock = createFakeClock(NOON);
  const theme = createTheme({ level: 0 });
  const size = { columns, rows };
  const store = createFrameStore({
    initial: initialTerminal({ serverUrl: 'http://127.0.0.1:8080', size, now: NOON }),
    reduce: reduceTerminal,
    isUrgent,
    clock,
    frameMillis: 100,
  });
  const actions: KeyAction[] = [];
  const screen = render(
    <Screen
      store={store}
      themes={{ dark: theme, light: theme }}
      drawing={createDrawing(theme, createLocalTime('UTC'))}
      maxContent={4_000}
      onAction={(action) => actions.push(action)}
      sizeNow={() => size}
      suspend={undefined}
    />,
  );
  return { clock, store, actions, screen, shown: () => screen.lastFrame() ?? '' };
}

describe('the screen', () => {
  it.each([
    [100, 24],
    [60, 24],
    [40, 10],
  ])('shows what the store shows, at %i by %i', async (columns, rows) => {
    const { store, clock, shown } = draw(columns, rows);
    store.dispatch(came(message({ seq: 1, content: 'hello' })));
    store.dispatch({ kind: 'market', event: { kind: 'ticks', ticks: [tick('BTC', 64_250.1)], now: NOON } });
    clock.advance(100);
    await vi.waitFor(() => expect(shown()).toContain('hello'));
    expect(shown()).toContain('BTC');
    expect(shown().split('\n').length).toBe(rows);
  });

  it('draws a burst of ticks in a few frames', async () => {
    const { store, clock, screen, shown } = draw(100, 24);
    const before = screen.frames.length;
    for (let index = 1; index <= 1_000; index += 1) {
      store.dispatch({ kind: 'market', event: { kind: 'ticks', ticks: [tick('BTC', index)], now: NOON + index } });
      clock.advance(1);
    }
    clock.advance(100);
    await vi.waitFor(() => expect(shown()).toContain('1,000.00'));
    expect(screen.frames.length - before).toBeLessThanOrEqual(11);
  });

  it('passes keys and pastes on as what they mean', async () => {
    const { actions, screen } = draw(100, 24);
    screen.stdin.write('h');
    screen.stdin.write('\x1b[D');
    screen.stdin.write('\x17');
    screen.stdin.write('\x1b[200~a\nb\x1b[201~');
    screen.stdin.write('\r');
    await vi.waitFor(() =>
      expect(actions).toEqual([
        { kind: 'edit', action: { kind: 'insert', text: 'h' } },
        { kind: 'edit', action: { kind: 'move', to: 'left' } },
        { kind: 'edit', action: { kind: 'cut', to: 'word-left' } },
        { kind: 'edit', action: { kind: 'insert', text: 'a\nb' } },
        { kind: 'submit' },
      ]),
    );
  });
});
