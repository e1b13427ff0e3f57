/** The full-screen client: wires sessions, store, controller and screen, and takes them apart again. */
import { writeFile } from 'node:fs/promises';
import { systemClock, type Timer } from '@rtd/client';
import type { TerminalOptions } from './options.ts';
import type { Preferences, PreferencesStore, ThemeChoice } from './preferences.ts';
import { runPlain } from './run-plain.ts';
import { connectBoth } from './session/connect.ts';
import { createController, MAX_CONTENT } from './session/controller.ts';
import { openPrices } from './session/prices.ts';
import { openRooms } from './session/rooms.ts';
import { createWireTap } from './session/wire-tap.ts';
import { createFrameStore } from './state/frame-store.ts';
import { initialTerminal, isUrgent, type Notice, reduceTerminal, type Size } from './state/terminal.ts';
import { ASK_BACKGROUND, backgroundInEnv, openTerminalInput } from './terminal-input.ts';
import { createDrawing } from './view/drawing.ts';
import { createLocalTime } from './view/local-time.ts';
import { chatQuery, shownHelp, shownWire } from './view/screen-rows.ts';
import { colorLevel, createTheme } from './view/theme.ts';
import { savedEntry } from './view/wire-rows.ts';

/** What others do is drawn at most so often; what the user does, at once. */
const FRAME_MILLIS = 100;
/** How long leaving waits for messages that are on their way. */
const FAREWELL_MILLIS = 2_000;
const NOTICE_MILLIS = 8_000;
const BELL = '\x07';

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
  const level = colorLevel(env);
  const { ascii } = options;
  const themes = {
    dark: createTheme({ level, ascii, background: 'dark' }),
    light: createTheme({ level, ascii, background: 'light' }),
  };
  const drawing = createDrawing(themes.dark, createLocalTime(options.timeZone));
  const sizeNow = (): Size => ({ columns: Math.max(1, stdout.columns), rows: Math.max(1, stdout.rows) });
  const tap = createWireTap();
  const { chat, market } = connectBoth(options, tap);
  let said = backgroundInEnv(env);
  const input = openTerminalInput({
    stdin,
    stdout,
    clock,
    onBackground: (background) => {
      said = background;
      lateAnswer();
    },
  });
  let lateAnswer = (): void => undefined;
  const loaded = loadPreferences(options.preferences);
  const chosen = loaded.then(({ kept }) => options.theme ?? kept?.theme ?? 'auto');
  // The console of Linux has no answer, and is dark.
  const isAsked = level > 0 && env.TERM !== 'linux';
  const asked = chosen.then((choice) => (choice === 'auto' && isAsked ? input.ask() : undefined));
  // Ink is loaded here, so that nothing else pays for it.
  const [{ drawTerminal }, choice] = await Promise.all([import('./screens/draw-terminal.tsx'), chosen, asked]).catch(
    (error: unknown) => {
      stdin.setRawMode(false);
      throw error;
    },
  );

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
    initial: initialTerminal({
      serverUrl: chat.api.baseUrl,
      size: sizeNow(),
      now: clock.now(),
      background: choice === 'auto' ? said : choice,
    }),
    reduce: guarded(reduceTerminal, (state) => state),
    isUrgent,
    clock,
    frameMillis: FRAME_MILLIS,
  });
  const rooms = openRooms({ store, chat, clock });
  const say = (tone: Notice['tone'], text: string, until?: number): void => {
    store.dispatch({ kind: 'noticed', notice: { tone, text, until } });
  };
  const prices = openPrices({
    store,
    market,
    clock,
    onRing: (text) => {
      stdout.write(BELL);
      say('warn', text);
      keep();
    },
  });
  if (options.notes !== undefined && options.notes.length > 0) say('warn', options.notes.join(' '));

  // Written one after the other, so that the last change is what is kept.
  let keeping: Promise<unknown> | undefined;
  let theme: ThemeChoice | undefined;
  const keep = (): void => {
    const { preferences } = options;
    if (preferences === undefined || keeping === undefined) return;
    const { alerts, prices: board } = store.state;
    const kept = { watch: board.watched, alerts: alerts.filter(({ rangAt }) => rangAt === undefined), theme };
    keeping = keeping.then(() => preferences.save(kept)).catch((error: unknown) => notKept(error));
  };
  const notKept = (error: unknown): void => {
    say('warn', `${options.preferences?.place ?? ''}: ${error instanceof Error ? error.message : 'cannot be used'}`);
  };
  const { kept, error } = await loaded;
  if (error !== undefined) notKept(error);
  else keeping = Promise.resolve();
  if (kept !== undefined) {
    theme = kept.theme;
    store.dispatch({ kind: 'prices', event: { kind: 'watched', symbols: kept.watch } });
    store.dispatch({ kind: 'alerts', alerts: kept.alerts });
  }

  let colors = choice;
  const color = (): void => {
    const background = colors === 'auto' ? (said ?? 'dark') : colors;
    store.dispatch({ kind: 'background', background });
  };
  lateAnswer = color;
  const takeTheme = (wanted: ThemeChoice | undefined): void => {
    if (wanted !== undefined) {
      colors = theme = wanted;
      if (wanted === 'auto') stdout.write(ASK_BACKGROUND);
      color();
      keep();
    }
    const { background } = store.state;
    const how = level === 0 ? ' There are no colours here.' : colors === 'auto' ? ', as the terminal says.' : '.';
    say('info', `Colours for a ${background} background${how}`, clock.now() + NOTICE_MILLIS);
  };

  let wireTimer: Timer | undefined;
  const showWire = (): void => {
    wireTimer?.cancel();
    wireTimer = undefined;
    store.dispatch({ kind: 'wire', event: { kind: 'entries', entries: tap.entries() } });
  };
  const wireShown = (shown: boolean): void => {
    tap.listen(shown ? () => (wireTimer ??= clock.after(FRAME_MILLIS, showWire)) : undefined);
    if (shown) showWire();
    else wireTimer?.cancel();
    if (!shown) wireTimer = undefined;
  };
  const saveWire = async (file: string): Promise<number> => {
    const entries = tap.entries();
    await writeFile(file, entries.map((entry) => `${savedEntry(entry)}\n`).join(''), { mode: 0o600 });
    return entries.length;
  };

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
    prices,
    clock,
    chatQuery: (terminal) => chatQuery(terminal, drawing),
    shownHelp: (terminal) => shownHelp(terminal, drawing),
    shownWire: (terminal) => shownWire(terminal, drawing),
    saveWire,
    wireShown,
    theme: takeTheme,
    keep,
    quit,
  });
  const drawn = drawTerminal({
    store,
    themes,
    drawing,
    maxContent: MAX_CONTENT,
    onAction: guarded(controller.handle, () => undefined),
    sizeNow,
    suspend: options.suspend,
    stdin: input.stdin,
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
    tap.listen(undefined);
    wireTimer?.cancel();
    store.close();
    prices.close();
    await rooms.close();
    await keeping;
  }
  const left = rooms.unsent().length;
  if (left > 0) {
    const what = left === 1 ? '1 message was' : `${left} messages were`;
    const then = options.outbox === undefined ? 'gone with this session' : 'kept, and sent the next time';
    (options.stderr ?? stdout).write(`${what} not sent: ${then}.\n`);
  }
  return 0;
}

/** What is kept, or why it cannot be read. */
async function loadPreferences(
  store: PreferencesStore | undefined,
): Promise<{ readonly kept?: Preferences | undefined; readonly error?: unknown }> {
  try {
    return { kept: await store?.load() };
  } catch (error) {
    return { error: error ?? 'unknown' };
  }
}
