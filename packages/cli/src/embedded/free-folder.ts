/** Lets one start a second time what is running already: with a data folder of its own. */
import { RtdError } from '@rtd/protocol';
import { type Embedded, type EmbeddedOptions, startEmbedded } from './embedded.ts';

/** Starts in the data folder, or where another server has that one, in `…-2`, `…-3`, up to `…-{attempts}`. */
export async function startInFreeFolder(options: EmbeddedOptions, attempts: number): Promise<Embedded> {
  for (let attempt = 1; ; attempt += 1) {
    const dataDir = `${options.config.dataDir}${attempt === 1 ? '' : `-${attempt}`}`;
    try {
      return await startEmbedded({ ...options, config: { ...options.config, dataDir } });
    } catch (error) {
      const inUse = error instanceof RtdError && error.code === 'CONFLICT';
      if (!inUse || attempt >= attempts) throw error;
    }
  }
}
