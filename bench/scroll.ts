/** What scrolling costs in a conversation of 100,000 messages, from the key to the painted rows: the same as in one of 100. */
import { systemClock } from '@rtd/client';
import { type ChatMessage, GLOBAL_CONVERSATION, ChatMessage as Message } from '@rtd/protocol';
import type { ChatEvent } from '../packages/tui/src/state/chat.ts';
import { createFrameStore } from '../packages/tui/src/state/frame-store.ts';
import { initialTerminal, isUrgent, reduceTerminal } from '../packages/tui/src/state/terminal.ts';
import { chatWindow, scrolled } from '../packages/tui/src/view/chat-window.ts';
import { createDrawing } from '../packages/tui/src/view/drawing.ts';
import { createLocalTime } from '../packages/tui/src/view/local-time.ts';
import { chatQuery, screenRows } from '../packages/tui/src/view/screen-rows.ts';
import { createTheme } from '../packages/tui/src/view/theme.ts';
import type { Benchmark, Row } from './harness/benchmark.ts';
import { type Comparison, compareByTurns } from './harness/rounds.ts';

const LONG = 100_000;
const SHORT = 100;
/** How much dearer the long one may be. */
const MOST_RATIO = 1.5;
const MAX_CONTENT = 4_000;
const SIZE = { columns: 100, rows: 30 };
const BEGAN = Date.parse('2026-11-21T12:00:00.000Z');

const STEPS = {
  page: 'a page up, or down again',
  row: 'a row up, or down again',
  fresh: 'a page up to what was never drawn',
  ends: 'to the first message, or back to the end',
  message: 'a message comes while the view stands in the middle',
} as const;
type Step = keyof typeof STEPS;

export const scroll: Benchmark = {
  title: `scrolling ${LONG.toLocaleString('en-US')} messages at ${SIZE.columns}x${SIZE.rows}: from the key to the painted rows`,
  naive: `the same in a conversation of ${SHORT} messages`,
  async run(pace) {
    const long = openConversation(LONG);
    const short = openConversation(SHORT);
    const stepMillis = pace.roundMillis / Object.keys(STEPS).length;
    const compared = await compareByTurns(pace, Object.keys(STEPS) as Step[], {
      ours: () => measureSteps(long, stepMillis),
      naive: () => measureSteps(short, stepMillis),
    });
    return {
      rows: Object.entries(STEPS).map(([step, what]) => row(what, compared[step as Step], step !== 'message')),
      notes: [
        'Ink is not in it: what it does with the rows does not depend on the messages',
        'a message that comes costs a copy of the list; at the end of a conversation at most 6,250 are held, and no 100,000',
      ],
    };
  },
};

function row(what: string, { ours, naive, ratio }: Comparison, isPromised: boolean): Row {
  const target = !isPromised ? undefined : { text: `<= ${MOST_RATIO}x`, met: ratio <= MOST_RATIO };
  return { what, unit: 'ms', ours, naive, comparison: `${ratio.toFixed(2)}x`, target };
}

interface OpenConversation {
  /** Moves the view by so many rows and paints the screen. */
  scrollBy(rows: number): void;
  /** The next message comes, and the screen is painted. */
  hear(): void;
  /** Back to the end, with every message as new as if it had never been drawn. */
  renew(): void;
  readonly page: number;
}

function openConversation(count: number): OpenConversation {
  const theme = createTheme({ level: 3 });
  const drawing = createDrawing(theme, createLocalTime('UTC'));
  const open = () =>
    createFrameStore({
      initial: initialTerminal({ serverUrl: 'http://127.0.0.1:8080', size: SIZE, now: BEGAN }),
      reduce: reduceTerminal,
      isUrgent,
      clock: systemClock,
      frameMillis: 100,
    });
  let store = open();
  let last = 0;
  const tell = (event: ChatEvent): void =>
    store.dispatch({ kind: 'conversations', event: { kind: 'chat', key: GLOBAL_CONVERSATION, event } });
  const move = (rows: number): void => {
    const position = rows === Number.POSITIVE_INFINITY ? ({ kind: 'end' } as const) : scrolled(query(), rows);
    store.dispatch({ kind: 'scrolled', scroll: position });
  };
  const query = () => chatQuery(store.state, drawing);
  const paint = (): number =>
    screenRows(store.state, drawing, MAX_CONTENT).rows.reduce((sum, painted) => sum + theme.paint(painted).length, 0);
  const messages = Array.from({ length: count }, (_, index) => messageOf(index + 1));
  const renew = (): void => {
    store.close();
    store = open();
    last = count;
    // The others come as they do when somebody scrolls back to them: what is held at the end is less.
    const near = messages.slice(-SHORT).map((message) => ({ ...message }));
    tell({ kind: 'older', messages: near, hasMore: count > SHORT });
    move(-1);
    if (count > SHORT) tell({ kind: 'older', messages: messages.slice(0, -SHORT), hasMore: false });
    paint();
  };
  renew();
  return {
    page: query().height - 2,
    renew,
    scrollBy(rows) {
      move(rows);
      // As after each key: whether older ones have to be fetched.
      chatWindow(query());
      paint();
    },
    hear() {
      last += 1;
      tell({ kind: 'message', message: messageOf(last) });
      paint();
    },
  };
}

function messageOf(seq: number): ChatMessage {
  const senderId = `user-${seq % 7}`;
  return Message.parse({
    id: `m-${seq}`,
    conversationId: GLOBAL_CONVERSATION,
    seq,
    senderId,
    senderName: senderId,
    type: 'TEXT',
    content: `message ${seq}, as long as people write them when they have ${seq % 3 === 0 ? 'a good deal more ' : ''}to say`,
    status: 'SENT',
    timestamp: new Date(BEGAN + seq * 1_000).toISOString(),
  });
}

/** Milliseconds a step. */
function measureSteps(conversation: OpenConversation, millis: number): Record<Step, number> {
  const { page, scrollBy, hear, renew } = conversation;
  const there = Math.floor(SHORT / 2);
  const alternating = (rows: number): number => {
    let by = -rows;
    return timed(millis, () => {
      scrollBy(by);
      by = -by;
    });
  };
  const fresh = timed(
    millis,
    () => scrollBy(-page),
    () => renew(),
  );
  renew();
  scrollBy(-there);
  return {
    page: alternating(page),
    row: alternating(1),
    ends: alternating(Number.POSITIVE_INFINITY),
    fresh,
    message: timed(millis, hear),
  };
}

/** Milliseconds that `action` takes; what `before` takes is not counted. */
function timed(millis: number, action: () => void, before?: () => void): number {
  const end = performance.now() + millis;
  let spent = 0;
  let count = 0;
  do {
    before?.();
    const began = performance.now();
    action();
    spent += performance.now() - began;
    count += 1;
  } while (performance.now() < end);
  return spent / count;
}
