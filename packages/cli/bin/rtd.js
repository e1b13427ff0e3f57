#!/usr/bin/env node
// Written for any Node that knows import(): what is newer comes only after the version is known to do.
const NEEDED = 24;

if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  console.error(
    `rtd needs Node ${NEEDED} or newer, and this is ${process.version}. Inside the checkout, "npx rtd" and "npm start" ` +
      'bring their own Node; elsewhere, install one from https://nodejs.org.',
  );
  process.exitCode = 1;
} else {
  const { enableCompileCache } = await import('node:module');
  enableCompileCache();
  // The terminal client is drawn by React, whose development build is slower and keeps a record of every frame.
  process.env.NODE_ENV ??= 'production';
  const { main } = await import('../dist/main.js').catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    console.error('rtd is not built yet: run "npm ci" (or "npm run build") in the checkout first.');
    process.exit(1);
  });
  await main(process);
}
