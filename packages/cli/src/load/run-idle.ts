/** `idle`: connections that do nothing but be there, and keep their heart-beats. */
import { pause } from '../interruption.ts';
import type { LoadRun, RunEnd } from './load-run.ts';
import { ramp } from './ramp.ts';
import type { StompSettings } from './settings.ts';
import { StompClients } from './stomp-clients.ts';

export async function runIdle(run: LoadRun, settings: StompSettings): Promise<RunEnd> {
  using clients = new StompClients(run, settings);
  const { connections, durationMillis, connectsPerSecond, atOnce } = settings;
  await ramp({
    count: connections,
    perSecond: connectsPerSecond,
    atOnce,
    signal: run.signal,
    open: async (index) => {
      await clients.open({
        name: `bench-${run.stamps.run}-${index}`,
        subscribes: true,
        hearsRefusals: false,
        onMessages: (numbers) => run.arrived(index, numbers),
      });
    },
  });
  run.begin();
  if (run.tally.open > 0) await pause(durationMillis, run.signal);
  return run.end([]);
}
