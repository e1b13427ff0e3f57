import { defineConfig } from 'vitest/config';

const SERVICES = '**/*.services.test.ts';

/**
 * Tests run on the sources of every package (the `source` condition of their exports), so none can see a stale build.
 * What talks to MariaDB, Redis or Kafka is named `*.services.test.ts`: they are started for those tests, and only for them.
 */
export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    testTimeout: 20_000,
    // Files share a worker and what it has loaded: half of the time otherwise. So none leaves anything behind.
    isolate: false,
    setupFiles: ['packages/cli/test/end-children.ts'],
    // Most of them wait for sockets and processes rather than compute.
    maxWorkers: 3,
    hookTimeout: 30_000,
    reporters: ['default', './scripts/count-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'embedded',
          include: ['packages/*/{src,test}/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts'],
          exclude: [SERVICES],
        },
      },
      {
        extends: true,
        test: {
          name: 'services',
          include: [`packages/*/{src,test}/${SERVICES}`],
          globalSetup: './scripts/test-services.ts',
          testTimeout: 60_000,
          hookTimeout: 90_000,
        },
      },
    ],
  },
});
