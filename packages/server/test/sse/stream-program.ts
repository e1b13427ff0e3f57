/**
 * A process that serves `/stream` over the tick log of a folder, prints its port, and makes ticks without end: eight symbols
 * in turn, each price one more than the last that the log holds. To be killed. Run: node stream-program.ts <folder>
 */
import { SYMBOLS, startStreamServer } from './stream-server.ts';

const server = await startStreamServer({ folder: process.argv[2] });
let price = Math.max(0, ...server.market.snapshot().ticks.map((tick) => tick.price));
process.stdout.write(`${server.port}\n`);
for (;;) {
  const ticks = Array.from({ length: 3 }, () => {
    price += 1;
    const symbol = SYMBOLS[price % SYMBOLS.length];
    if (symbol === undefined) throw new Error('no symbol');
    return { symbol, price };
  });
  await server.market.accept(ticks);
  await new Promise((resolve) => setTimeout(resolve, 1));
}
