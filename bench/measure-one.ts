/** The process of one benchmark, started by run.ts: `measure-one.ts <name> <pace as JSON>`; sends its result and ends. */
import { BENCHMARKS } from './benchmarks.ts';
import { listenForInterruption } from './harness/interruption.ts';

listenForInterruption();
const [name = '', pace = '{}'] = process.argv.slice(2);
const benchmark = BENCHMARKS.get(name);
if (benchmark === undefined) throw new Error(`no benchmark is called ${name}`);
const result = await benchmark.run(JSON.parse(pace));
process.send?.(result);
process.removeAllListeners('disconnect');
process.disconnect();
