/**
 * `storm`: all connections are cut at once and come back at once, again and again, as after a network that failed or a
 * server that was restarted. With `verify`, messages are sent all the while, and each client asks for what it missed.
 */
import { pause } from '../interruption.ts';
import type { LoadRun, RunEnd } from './load-run.ts';
import { keepPace } from './pace.ts';
import { ramp } from './ramp.ts';
import { type Sender, sendMessage } from './run-messages.ts';
import type { StompSettings } from './settings.ts';
import { refusalIn, StompClients } from './stomp-clients.ts';
import type { Headers, StompLoadConnection } from './stomp-load-connection.ts';

const ATTEMPTS = 5;
const BETWEEN_ATTEMPTS_MILLIS = 200;
const BETWEEN_STORMS_MILLIS = 1_000;

interface Client {
  readonly index: number;
  connection: StompLoadConnection | undefined;
  /** True once it has got a message. */
  hasHeard: boolean;
  /** Where it goes on from: the place of the last message that it got in order. */
  place: string | undefined;
}

export async function runStorm(run: LoadRun, settings: StompSettings): Promise<RunEnd> {
  using clients = new StompClients(run, settings);
  const { connections, durationMillis, verify, receipts, drainMillis } = settings;
  const { signal, tally } = run;
  const all = Array.from(
    { length: connections },
    (_, index): Client => ({ index, connection: undefined, hasHeard: false, place: undefined }),
  );
  /** The place that the server gave a message, by its number. */
  const places: string[] = [];

  const connect = async (client: Client): Promise<void> => {
    for (let attempt = 0; attempt < ATTEMPTS && !signal.aborted; attempt += 1) {
      client.connection = await clients.open({
        name: `bench-${run.stamps.run}-${client.index}`,
        subscribes: true,
        subscribeHeaders: resumeFrom(settings, client.place),
        hearsRefusals: false,
        onParsed: (number, { body }) => {
          const place = placeIn(settings, body);
          if (number >= 0 && place !== undefined) places[number] = place;
        },
        onMessages: (numbers) => {
          run.arrived(client.index, numbers);
          client.hasHeard = true;
          const last = numbers.at(-1);
          if (last !== undefined && last >= 0) client.place = places[last] ?? client.place;
        },
      });
      if (client.connection !== undefined) return;
      await pause(BETWEEN_ATTEMPTS_MILLIS * (attempt + 1), signal);
    }
  };
  const connectAll = (onBack: () => void): Promise<void> =>
    ramp({
      count: connections,
      perSecond: settings.connectsPerSecond,
      atOnce: settings.atOnce,
      signal,
      open: async (index) => {
        const client = all[index];
        if (client === undefined) return;
        await connect(client);
        if (client.connection !== undefined) onBack();
      },
    });

  await connectAll(() => undefined);
  const sender = verify ? await openSender(run, clients) : undefined;
  run.begin(verify ? { clients: connections, senders: 1 } : undefined);
  const end = run.startedAt + durationMillis;
  const sending = new AbortController();
  const sent =
    sender === undefined || settings.rate === 'max'
      ? Promise.resolve()
      : keepPace({
          rate: settings.rate,
          start: run.startedAt,
          end: Number.POSITIVE_INFINITY,
          signal: AbortSignal.any([signal, sending.signal]),
          now: () => performance.now(),
          send: (due) => {
            for (const intendedAt of due) sendMessage(run, settings, sender, intendedAt);
          },
        });
  // Who has got nothing yet has no place to go on from: the first message comes before the first cut.
  if (sender !== undefined)
    await until(() => all.every(({ connection, hasHeard }) => connection === undefined || hasHeard), signal);

  const millisToBeBack: number[] = [];
  while (tally.open > (sender === undefined ? 0 : 1) && !signal.aborted) {
    const cutAt = performance.now();
    for (const client of all) {
      if (client.connection !== undefined) clients.cut(client.connection);
      client.connection = undefined;
    }
    await connectAll(() => tally.recovery.record(performance.now() - cutAt));
    if (!signal.aborted) millisToBeBack.push(performance.now() - cutAt);
    if (performance.now() + BETWEEN_STORMS_MILLIS >= end) break;
    await pause(BETWEEN_STORMS_MILLIS, signal);
  }
  sending.abort();
  await sent;
  if (sender !== undefined) await run.drain(drainMillis, () => connections * tally.sent, receipts);
  const couldResume = sender === undefined || tally.deliveries === 0 || places.length > 0;
  return run.end([...notesOn(millisToBeBack, connections), ...(couldResume ? [] : [cannotResume(settings)])]);
}

async function openSender(run: LoadRun, clients: StompClients): Promise<Sender | undefined> {
  const connection = await clients.open({
    name: `bench-${run.stamps.run}-sender`,
    subscribes: false,
    hearsRefusals: true,
    onReceipt: (receiptId) => run.acknowledged(Number(receiptId)),
    onRefusal: (body) => run.refused(refusalIn(body)),
  });
  return connection === undefined ? undefined : { connection, index: 0 };
}

function resumeFrom({ resume }: StompSettings, place: string | undefined): Headers {
  return resume === undefined || place === undefined ? [] : [[resume.header, place]];
}

/** The value of the field in a JSON body: a number, or a string of digits. */
function placeIn({ resume }: StompSettings, body: Uint8Array): string | undefined {
  if (resume === undefined) return undefined;
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8');
  const at = text.indexOf(`"${resume.field}":`);
  return at === -1 ? undefined : /^\s*"?(\d+)/.exec(text.slice(at + resume.field.length + 3))?.[1];
}

async function until(holds: () => boolean, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!holds() && !signal.aborted && performance.now() < deadline) await pause(10, signal);
}

function cannotResume({ resume }: StompSettings): string {
  return `no message had a number "${resume?.field}" in its body, so nobody could ask for what was missed (--resume-field, --resume-header): what was sent while a client was away counts as lost`;
}

function notesOn(millisToBeBack: readonly number[], connections: number): readonly string[] {
  if (millisToBeBack.length === 0) return ['nothing was cut'];
  const slowest = Math.max(...millisToBeBack);
  const perSecond = Math.round((connections * 1_000) / slowest);
  return [
    `${millisToBeBack.length} storm${millisToBeBack.length === 1 ? '' : 's'}; in the slowest, all were back after ${(slowest / 1_000).toFixed(2)} s (${perSecond.toLocaleString('en-US')} connections a second)`,
  ];
}
