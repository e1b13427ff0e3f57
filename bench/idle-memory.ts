/** What a connection costs in memory while nothing happens on it. */
import type { Benchmark, Row } from './harness/benchmark.ts';
import { whyNotConnections } from './harness/open-files.ts';
import { IdleProcess, type Kind, type Memory } from './idle/idle-process.ts';

const CLIENTS = 10_000;
/** Opened first and not counted: they bring in the code that serves them. */
const FIRST_CLIENTS = 500;
/** When there is little time, or the machine does not let a process have more. */
const FEWER_CLIENTS = [1_500, 400];
const MOST_KIB = 8;

/** KiB a connection. */
async function costOf(kind: Kind, subscribed: boolean, clients: number): Promise<Memory> {
  await using server = new IdleProcess(kind);
  const before = await server.ask({ clients: FIRST_CLIENTS, subscribed });
  const after = await server.ask({ clients, subscribed });
  const each = (bytes: number): number => bytes / clients / 1_024;
  return { resident: each(after.resident - before.resident), heap: each(after.heap - before.heap) };
}

function row(what: string, ours: number, naive: number, target: boolean): Row {
  return {
    what,
    unit: 'KiB',
    ours,
    naive,
    comparison: `${ours >= naive ? '+' : ''}${(ours - naive).toFixed(1)} KiB`,
    target: target ? { text: `<= ${MOST_KIB} KiB`, met: ours <= MOST_KIB } : undefined,
  };
}

export const idleMemory: Benchmark = {
  title: `Memory of the server a connection, at ${CLIENTS.toLocaleString('en-US')} idle ones`,
  naive: 'ws alone, which knows nothing of STOMP, users, or presence',
  async run(pace) {
    const whyNot = whyNotConnections(CLIENTS);
    const sizes = pace.quick ? FEWER_CLIENTS : [CLIENTS - FIRST_CLIENTS, ...FEWER_CLIENTS];
    const clients = sizes.find((size) => whyNotConnections(size + FIRST_CLIENTS) === undefined) ?? 0;
    const ws = await costOf('ws', false, clients);
    const connected = await costOf('ours', false, clients);
    const subscribed = await costOf('ours', true, clients);
    return {
      rows: [
        row('connected, resident', connected.resident, ws.resident, clients === sizes[0] && !pace.quick),
        row('connected, JavaScript heap', connected.heap, ws.heap, false),
        row('and subscribed to the chat, resident', subscribed.resident, ws.resident, false),
        row('and subscribed to the chat, heap', subscribed.heap, ws.heap, false),
      ],
      notes: [
        `measured on ${clients.toLocaleString('en-US')}, after ${FIRST_CLIENTS} that are not counted`,
        ...(whyNot === undefined ? [] : [whyNot]),
        'the whole server; each connection is a STOMP session of a user of its own, with presence',
      ],
    };
  },
};
