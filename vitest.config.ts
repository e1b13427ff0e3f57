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
    testTimeout: 60_000,
    // Files share a worker and what it has loaded: half of the time otherwise. So none leaves anything behind.
    isolate: false,
    setupFiles: ['packages/cli/test/end-children.ts'],
    // Most of them wait for sockets and processes rather than compute.
    maxWorkers: 5,
    hookTimeout: 60_000,
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
          // Projects run in the order of their names, and the longest tests are best begun first.
          name: 'backends',
          include: [`packages/*/{src,test}/${SERVICES}`],
          globalSetup: './scripts/test-services.ts',
          hookTimeout: 90_000,
        },
      },
    ],
  },
});
