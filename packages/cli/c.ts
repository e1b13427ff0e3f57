import { startServer, defaultConfig, systemClock } from '@rtd/server';
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
const s = await startServer(defaultConfig({ dataDir: mkdtempSync('/tmp/rtd-c-'), port: 0, logLevel: 'warn' }), { clock: systemClock, randomBytes });
if (process.argv[2]) { const r = await fetch(s.url + '/healthz'); console.log(r.status); }
await s.close(); console.log('closed', process.getActiveResourcesInfo());
