/** What a test has opened is closed after it, the newest first, whether it passed or not. */
import { onTestFinished } from 'vitest';

export function closedAfterTest<Thing extends { close(): unknown }>(thing: Thing): Thing {
  onTestFinished(async () => {
    await thing.close();
  });
  return thing;
}
