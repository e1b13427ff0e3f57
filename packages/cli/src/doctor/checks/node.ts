import { type Check, fail, pass, warn } from '../check.ts';

const NEEDED = 24;

export const node: Check = {
  id: 'node',
  stretch: 'machine',
  title: 'the Node that this runs on',
  run: async ({ nodeVersion, env }) => {
    const major = Number(nodeVersion.split('.')[0]);
    const evidence = { asked: `process.versions.node, ${NEEDED} or newer`, answered: `Node ${nodeVersion}` };
    if (major < NEEDED) return fail(evidence, `RTD needs Node ${NEEDED}.`, 'npm start   # brings its own Node');
    const options = env.NODE_OPTIONS ?? '';
    if (/--inspect|--max-old-space-size=\d{1,2}\b/.test(options)) {
      return warn(
        { ...evidence, answered: `${evidence.answered}, NODE_OPTIONS="${options}"` },
        'NODE_OPTIONS makes every Node here slower, reachable by a debugger, or short of memory.',
        'unset NODE_OPTIONS',
      );
    }
    return pass(evidence, 'It is new enough.');
  },
};
