#!/usr/bin/env node
// Checks the version of Node before anything else is loaded: what is loaded next needs it. Written for old ones.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `rtd-server needs Node 24 or later, and this is ${process.versions.node}. Start it with "npx rtd-server" in the project's folder, which brings its own, or install a newer one.\n`,
  );
  process.exitCode = 1;
} else {
  const { enableCompileCache } = await import('node:module');
  enableCompileCache();
  const { main } = await import('../dist/main.js');
  await main();
}
