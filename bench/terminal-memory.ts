/** Whether the terminal client's memory stays flat while an hour of busy chat and prices goes through it. */
import { type Benchmark, figureRow } from './harness/benchmark.ts';
import { BusyServerProcess } from './terminal/busy-server-process.ts';
import { openClient } from './terminal/client-on-terminal.ts';

const HOUR = { ticks: 1_800_000, messages: 180_000 };
const SYMBOLS = 50;
const SIXTHS = 6;
const BURSTS_A_SIXTH = 60;
/** Of an hour. */
const QUICK_PART = 0.1;
/** What is held of messages goes up and down by a quarter. */
const MOST_GROWTH_MB = 2;

export const terminalMemory: Benchmark = {
  title: `the terminal client's heap while ${count(HOUR.ticks)} ticks and ${count(HOUR.messages)} messages go through it`,
  naive: 'nothing to compare with: the target is the promise',
  async run(pace) {
    await using server = new BusyServerProcess();
    const bursts = pace.quick ? BURSTS_A_SIXTH * QUICK_PART : BURSTS_A_SIXTH;
    const ticks = HOUR.ticks / SIXTHS / BURSTS_A_SIXTH;
    const messages = HOUR.messages / SIXTHS / BURSTS_A_SIXTH;
    const burst = (mark: string) => server.ask({ kind: 'burst', symbols: SYMBOLS, ticks, messages, mark });
    const url = await burst('the first mark');
    await using client = await openClient(url, 'every-tick');
    const { screen } = client;
    await screen.until('both links live', (text) => text.split('● live').length === 3);
    const heaps: number[] = [];
    const began = performance.now();
    const before = await client.costs();
    for (let sixth = 1; sixth <= SIXTHS; sixth += 1) {
      for (let index = 0; index < bursts; index += 1) {
        const mark = `mark ${sixth}.${index}!`;
        await burst(mark);
        await screen.until(mark, (text) => text.includes(mark));
      }
      heaps.push((await client.costs()).heapBytes / 1e6);
    }
    const after = await client.costs();
    const seconds = (performance.now() - began) / 1_000;
    const sent = ticks * bursts * SIXTHS;
    const growth = (heaps.at(-1) ?? Number.NaN) - (heaps[1] ?? Number.NaN);
    return {
      rows: [
        ...heaps.map((megabytes, index) => figureRow(`heap after sixth ${index + 1}`, 'MB', megabytes)),
        figureRow('growth from the second sixth to the last', 'MB', growth, pace.quick ? undefined : MOST_GROWTH_MB),
        figureRow('ticks that reached it', '%', ((after.ticks - before.ticks) / sent) * 100),
        figureRow('frames drawn', '', after.frames - before.frames),
      ],
      notes: [
        `${count(sent)} ticks and ${count(messages * bursts * SIXTHS)} messages in ${seconds.toFixed(0)} s, through a real server, sessions, stores and screen`,
        'heap: after a collection. Ticks that did not reach it were conflated by the server, because the client was busy',
      ],
    };
  },
};

function count(number: number): string {
  return number.toLocaleString('en-US');
}
