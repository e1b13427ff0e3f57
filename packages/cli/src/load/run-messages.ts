/**
 * Messages from some connections to others: `fanout` (few senders, many subscribers) and `send` (many senders; one
 * subscriber where deliveries are to be verified). At a rate that does not wait for anybody, or as fast as the server
 * acknowledges.
 */
import { pause } from '../interruption.ts';
import type { LoadRun, RunEnd } from './load-run.ts';
import { keepPace } from './pace.ts';
import { ramp } from './ramp.ts';
import { bodyOf, type StompSettings } from './settings.ts';
import { MOST_MESSAGES } from './stamp.ts';
import { refusalIn, StompClients } from './stomp-clients.ts';
import type { StompLoadConnection } from './stomp-load-connection.ts';

/** Where the server confirms no SUBSCRIBE: how long it is given before something is sent. */
const SETTLE_MILLIS = 1_000;
/** With rate `max`: a sender that was refused waits for so long. */
const AFTER_REFUSAL_MILLIS = 100;

/** Sends, and has room for the acknowledgement. */
export interface Sender {
  readonly connection: StompLoadConnection;
  /** From 0. */
  readonly index: number;
}

/** @throws nothing: what goes wrong is in the tally. */
export async function runMessages(run: LoadRun, settings: StompSettings, subscribers: number): Promise<RunEnd> {
  using clients = new StompClients(run, settings);
  const { rate, durationMillis, receipts, verify, drainMillis, connectsPerSecond, atOnce } = settings;
  const { signal } = run;
  let listening = 0;
  const senders: Sender[] = [];
  const onAnswer: ((sender: number, refused: boolean) => void)[] = [];

  await ramp({
    count: subscribers + settings.senders,
    perSecond: connectsPerSecond,
    atOnce,
    signal,
    open: async (index) => {
      if (index < subscribers) {
        // Its place in the check is where it came in, so that clients that never came are not in it.
        let place = -1;
        const opened = await clients.open({
          name: `bench-${run.stamps.run}-${index}`,
          subscribes: true,
          hearsRefusals: false,
          onMessages: (numbers) => run.arrived(place, numbers),
        });
        if (opened === undefined) return;
        place = listening;
        listening += 1;
        return;
      }
      const name = `bench-${run.stamps.run}-sender-${index - subscribers}`;
      const at = { sender: -1 };
      const connection = await clients.open({
        name,
        subscribes: false,
        hearsRefusals: true,
        onReceipt: (receiptId) => {
          if (run.acknowledged(Number(receiptId))) onAnswer[at.sender]?.(at.sender, false);
        },
        onRefusal: (body) => {
          run.refused(refusalIn(body));
          onAnswer[at.sender]?.(at.sender, true);
        },
      });
      if (connection === undefined) return;
      at.sender = senders.length;
      senders.push({ connection, index: at.sender });
    },
  });
  // With nobody to deliver to there is nothing to be measured.
  if (subscribers > 0 && listening === 0) return run.end([]);
  if (!receipts) await pause(SETTLE_MILLIS, signal);

  run.begin(verify ? { clients: listening, senders: senders.length } : undefined);
  const end = run.startedAt + durationMillis;
  const send = (sender: Sender, intendedAt: number): void => sendMessage(run, settings, sender, intendedAt);
  if (senders.length === 0) run.tally.because('no connection to send on');
  else if (rate === 'max') await asFastAsAcknowledged({ run, settings, senders, onAnswer, end, send });
  else {
    let turn = 0;
    await keepPace({
      rate,
      start: run.startedAt,
      end,
      signal,
      now: () => performance.now(),
      send: (due) => {
        for (const intendedAt of due) {
          const sender = senders[turn % senders.length];
          turn += 1;
          if (sender !== undefined) send(sender, intendedAt);
        }
      },
    });
  }
  if (senders.length > 0) await run.drain(drainMillis, () => listening * run.tally.sent, receipts);
  return run.end(
    rate === 'max'
      ? ['each message was sent when the one before was acknowledged, so latencies leave out what a stall held up']
      : [],
  );
}

/** One message, stamped, and counted as sent now; its latency counts from `intendedAt`. */
export function sendMessage(run: LoadRun, settings: StompSettings, sender: Sender, intendedAt: number): void {
  const { tally, log, stamps } = run;
  if (log.count >= MOST_MESSAGES) return;
  const number = log.add(sender.index, intendedAt);
  const { sendTo, sendHeaders, receipts, size, body } = settings;
  const headers: (readonly [string, string])[] = [['destination', sendTo], ...sendHeaders];
  if (receipts) headers.push(['receipt', String(number)]);
  sender.connection.send({ command: 'SEND', headers, body: bodyOf(body, stamps.write(number), size) });
  tally.sent += 1;
  tally.lateness.record(performance.now() - intendedAt);
  // Without receipts nobody acknowledges: what was sent counts as promised.
  if (!receipts) log.acknowledge(number);
}

/** Each sender keeps as many messages under way as it may, until the end. */
function asFastAsAcknowledged(options: {
  readonly run: LoadRun;
  readonly settings: StompSettings;
  readonly senders: readonly Sender[];
  readonly onAnswer: ((sender: number, refused: boolean) => void)[];
  readonly end: number;
  readonly send: (sender: Sender, intendedAt: number) => void;
}): Promise<void> {
  const { run, settings, senders, onAnswer, end, send } = options;
  const goesOn = (): boolean => !run.signal.aborted && performance.now() < end;
  for (const sender of senders) {
    onAnswer[sender.index] = (_index, refused) => {
      if (!goesOn()) return;
      if (refused) setTimeout(() => goesOn() && send(sender, performance.now()), AFTER_REFUSAL_MILLIS);
      else send(sender, performance.now());
    };
    for (let count = 0; count < settings.inFlight; count += 1) send(sender, performance.now());
  }
  return pause(end - performance.now(), run.signal);
}
