/** Runs with each file of tests: one that fails in the middle may leave its programs behind. */
import { afterAll } from 'vitest';
import { children } from './children.ts';

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});
