/** The full-screen client: wires sessions, store, controller and screen, and takes them apart again. */
import { systemClock } from '@rtd/client';
import type { TerminalOptions } from './options.ts';
import { runPlain } from './run-plain.ts';
import { connectBoth } from './session/connect.ts';
import { createController, MAX_CONTENT } from './session/controller.ts';
import { openRooms } from './session/rooms.ts';
import { createFrameStore } from './state/frame-store.ts';
import { initialTerminal, isUrgent, reduceTerminal, type Size } from './state/terminal.ts';
import { createDrawing } from './view/drawing.ts';
import { createLocalTime } from './view/local-time.ts';
import { chatQuery } from './view/screen-rows.ts';
import { colorLevel, createTheme } from './view/theme.ts';

/** What others do is drawn at most so often; what the user does, at once. */
const FRAME_MILLIS = 100;
/** How long leaving waits for messages that are on their way. */
const FAREWELL_MILLIS = 2_000;

/**
 * Runs until the user leaves or `signal` is aborted; resolves with the exit code, the terminal as it was. Without a
 * terminal on both ends it is {@link runPlain}.
 * @throws RtdError VALIDATION for an address or a name that cannot be one, before anything is drawn; whatever broke the
 * drawing, after the terminal is restored.
 */
export async function runTerminal(options: TerminalOptions): Promise<number> {
  const { stdin, stdout, env } = options;
  if (!stdin.isTTY || !stdout.isTTY || env.TERM === 'dumb') return runPlain(options);
  const clock = options.clock ?? systemClock;
  const theme = createTheme({ level: colorLevel(env), ascii: options.ascii });
  const drawing = createDrawing(theme, createLocalTime(options.timeZone));
  const sizeNow = (): Size => ({ columns: Math.max(1, stdout.columns), rows: Math.max(1, stdout.rows) });
  // Loaded here, so that nothing else pays for it.
  const { drawTerminal } = await import('./screens/draw-terminal.tsx');
  const { chat, market } = connectBoth(options);

  // Whatever goes wrong in here ends the client by way of `finally`: an error on the alternate screen is one nobody sees.
  const broken = Promise.withResolvers<never>();
  const guarded =
    <Args extends readonly unknown[], Result>(
      action: (...args: Args) => Result,
      otherwise: (...args: Args) => Result,
    ) =>
    (...args: Args): Result => {
      try {
        return action(...args);
      } catch (error) {
        broken.reject(error);
        return otherwise(...args);
      }
    };

  const store = createFrameStore({
    initial: initialTerminal({ serverUrl: chat.api.baseUrl, size: sizeNow(), now: clock.now() }),
    reduce: guarded(reduceTerminal, (state) => state),
    isUrgent,
    clock,
    frameMillis: FRAME_MILLIS,
  });
  const rooms = openRooms({ store, chat, market, clock });

  const second = (): void => {
    store.dispatch({ kind: 'time', now: clock.now() });
    timer = clock.after(1_000, second);
  };
  let timer = clock.after(1_000, second);
  const resize = (): void => store.dispatch({ kind: 'resized', size: sizeNow() });
  stdout.on('resize', resize);

  let leaving = false;
  const quit = (): void => {
    if (leaving) drawn.end();
    leaving = true;
    const isLinked = ['live', 'polling'].includes(store.state.links.chat.kind);
    void rooms.settled(isLinked ? FAREWELL_MILLIS : 0).then(() => drawn.end());
  };
  const controller = createController({
    store,
    rooms,
    clock,
    chatQuery: (terminal) => chatQuery(terminal, drawing),
    quit,
  });
  const drawn = drawTerminal({
    store,
    theme,
    drawing,
    maxContent: MAX_CONTENT,
    onAction: guarded(controller.handle, () => undefined),
    sizeNow,
    suspend: options.suspend,
    stdin,
    stdout,
    stderr: options.stderr ?? stdout,
  });
  options.signal?.addEventListener('abort', drawn.end, { once: true });
  if (options.signal?.aborted === true) drawn.end();
  try {
    await Promise.race([drawn.ended, broken.promise]);
  } finally {
    drawn.end();
    await drawn.ended.catch(() => undefined);
    options.signal?.removeEventListener('abort', drawn.end);
    stdout.off('resize', resize);
    timer.cancel();
    store.close();
    await rooms.close();
  }
  const left = rooms.unsent().length;
  if (left > 0) {
    const what = left === 1 ? '1 message was' : `${left} messages were`;
    const then = options.outbox === undefined ? 'gone with this session' : 'kept, and sent the next time';
    (options.stderr ?? stdout).write(`${what} not sent: ${then}.\n`);
  }
  return 0;
}
