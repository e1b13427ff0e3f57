/** What `rtd start` says where there is no screen: where everything is, and two lines to try it with. */

export interface Welcome {
  readonly url: string;
  /** The port that was asked for, where another one had to be taken. */
  readonly takenPort: number | undefined;
  readonly dataDir: string;
  readonly logFile: string;
}

/** Several lines, without a line break at the end. */
export function welcome({ url, takenPort, dataDir, logFile }: Welcome): string {
  const { host } = new URL(url);
  return [
    ...(takenPort === undefined ? [] : [portTaken(takenPort, url)]),
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

/** That another port was taken, and which. */
export function portTaken(wanted: number, url: string): string {
  return `Port ${wanted} is in use, so this is at port ${new URL(url).port} instead.`;
}
