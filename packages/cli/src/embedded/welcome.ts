/** What `rtd start` says where there is no screen: where everything is, and two lines to try it with. */

export interface Welcome {
  readonly url: string;
  /** What is other than asked for. */
  readonly notes: readonly string[];
  readonly dataDir: string;
  readonly logFile: string;
}

/** Several lines, without a line break at the end. */
export function welcome({ url, notes, dataDir, logFile }: Welcome): string {
  const { host } = new URL(url);
  return [
    ...notes,
    `RTD is running at ${url}`,
    '',
    `  chat     ws://${host}/ws-endpoint   STOMP; SockJS at ${url}/ws-endpoint`,
    `  prices   ${url}/stream   server-sent events`,
    `  api      ${url}/openapi.json`,
    `  data     ${dataDir}`,
    `  log      ${logFile}`,
    '',
    'Try it from another terminal:',
    '',
    `  curl -N "${url}/stream?symbols=BTC,ETH"`,
    `  curl -X POST ${url}/api/chat/messages -H 'content-type: application/json' -H 'x-user-id: me' -d '{"content":"Hello"}'`,
    '',
    'Ctrl-C ends it.',
  ].join('\n');
}
