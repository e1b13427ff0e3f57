/**
 * How hard the load test itself had to work. A test whose own process was the slowest part measures itself, and has to
 * say so.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

/** The resolution of the delay meter, which is in everything that it measures. */
const RESOLUTION_MILLIS = 10;
const BUSY = 0.9;
const HALF = 0.5;
const SLOW_LOOP_MILLIS = 100;
const LATE_MILLIS = 50;

export interface ClientFigures {
  /** Share of one core that this process used: 1 is all of it. */
  readonly cpu: number;
  /** Share of the time in which its event loop was not waiting. */
  readonly loopUtilization: number;
  /** How late its event loop was, in milliseconds. */
  readonly loopDelayP99: number;
  readonly loopDelayMax: number;
  readonly memoryMegabytes: number;
}

export interface ClientMeter extends Disposable {
  /** From now on: what was before does not count. */
  restart(): void;
  figures(): ClientFigures;
}

export function meterClient(process: NodeJS.Process): ClientMeter {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MILLIS });
  delay.enable();
  let cpu = process.cpuUsage();
  let since = performance.now();
  let loop = performance.eventLoopUtilization();
  const over = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MILLIS);
  return {
    restart: () => {
      cpu = process.cpuUsage();
      since = performance.now();
      loop = performance.eventLoopUtilization();
      delay.reset();
    },
    figures: () => {
      const used = process.cpuUsage(cpu);
      const millis = performance.now() - since;
      return {
        cpu: millis === 0 ? 0 : (used.user + used.system) / 1_000 / millis,
        loopUtilization: performance.eventLoopUtilization(loop).utilization,
        loopDelayP99: delay.count === 0 ? 0 : over(delay.percentile(99)),
        loopDelayMax: delay.count === 0 ? 0 : over(delay.max),
        memoryMegabytes: process.memoryUsage.rss() / 1_048_576,
      };
    },
    [Symbol.dispose]: () => {
      delay.disable();
    },
  };
}

/**
 * Why the numbers say more about the client than about the server; empty when they do not. `sendLatenessP99` is in
 * milliseconds.
 */
export function clientWasBottleneck(figures: ClientFigures, sendLatenessP99: number): readonly string[] {
  const why: string[] = [];
  const percent = (share: number): string => `${Math.round(share * 100)}%`;
  if (figures.cpu >= BUSY) why.push(`it used ${percent(figures.cpu)} of a core`);
  else if (figures.loopUtilization >= BUSY)
    why.push(`its event loop was busy for ${percent(figures.loopUtilization)} of the time`);
  const wasBusy = why.length > 0;
  if (figures.loopDelayP99 >= SLOW_LOOP_MILLIS)
    why.push(`its event loop was late by ${Math.round(figures.loopDelayP99)} ms (p99)`);
  if (sendLatenessP99 >= LATE_MILLIS) why.push(`it sent ${Math.round(sendLatenessP99)} ms too late (p99)`);
  if (why.length > 0 && !wasBusy && figures.cpu < HALF) why.push('the machine had no core free for it');
  return why;
}
