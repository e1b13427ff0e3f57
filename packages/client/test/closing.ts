/** What a test has opened is closed after it, the newest first, whether it passed or not. */
import { afterEach } from 'vitest';

type Closing = { close(): unknown };

const open: Closing[] = [];

export function closedAfterTest<Thing extends Closing>(thing: Thing): Thing {
  open.push(thing);
  return thing;
}

afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing.close();
});
