/** `rtd bench sse`: many event streams, one publisher. */
import { Command } from '@oclif/core/command';
import { string } from '@oclif/core/flags';
import { summaryOf } from '../../command-list.ts';
import { UsageError } from '../../failure.ts';
import { type HeaderFlag, headersIn } from '../../flags/headers.ts';
import { numberFlag } from '../../flags/values.ts';
import { type LoadFlags, loadFlags, loadSettingsOf, sizeFlag, verifyFlag } from '../../load/flags.ts';
import { runBench } from '../../load/run-bench.ts';
import { runEventStreams } from '../../load/run-event-streams.ts';
import type { SseSettings } from '../../load/settings.ts';

const OUR_STREAM = '/stream?symbols=BENCH';
/** The stamp goes as a volume: it is a number, and comes back as it went. */
const OUR_TICK = '{"symbol":"BENCH","price":1,"volume":{stamp}}';

export default class BenchSse extends Command {
  static override summary = summaryOf('bench sse');
  static override description =
    'Opens event streams and publishes over HTTP: ticks of a symbol BENCH, or to another server whatever --publish-body ' +
    'says. A server that conflates for slow readers leaves ticks out on purpose; --verify counts them as lost. With --rate 0 ' +
    'it only listens, and counts what comes.';
  static override examples = [
    '<%= config.bin %> bench sse --connections 5000 --rate 50 --verify',
    '<%= config.bin %> bench sse --path /stream --rate 0 --duration 30',
    '<%= config.bin %> bench sse --url http://127.0.0.1:3000 --path /events --publish-path /publish --publish-body "{payload}" --verify',
  ];
  static override flags = {
    ...loadFlags,
    path: string({ description: 'path of the stream', default: OUR_STREAM, helpValue: 'PATH' }),
    rate: numberFlag({
      description: 'messages published a second; 0 only listens',
      takes: 'a number of messages a second, such as 20',
      min: 0,
      max: 1_000_000,
      fractions: true,
    })({ default: 20, char: 'r' }),
    'publish-path': string({ description: 'path to POST to', default: '/api/market/ticks', helpValue: 'PATH' }),
    'publish-body': string({
      description: `body of the POST; {payload} and {stamp} (16 digits) are replaced`,
      default: OUR_TICK,
      helpValue: 'TEMPLATE',
    }),
    'publish-type': string({ description: 'its content type', helpValue: 'TYPE' }),
    size: sizeFlag({ description: 'octets of a {payload}', default: 100, char: 's' }),
    verify: verifyFlag,
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(BenchSse);
    const { connections, rate, size, verify, duration, path } = flags;
    await runBench(
      {
        mode: 'sse',
        settings: settingsOf(flags, process.env),
        sockets: connections + 1,
        flags,
        options: { connections, rate, size, duration, verify, path },
        run: runEventStreams,
      },
      process,
    );
  }
}

interface SseFlags extends LoadFlags {
  readonly verify: boolean;
  readonly header?: HeaderFlag;
  readonly path: string;
  readonly rate: number;
  readonly size: number;
  readonly 'publish-path': string;
  readonly 'publish-body': string;
  readonly 'publish-type'?: string | undefined;
}

function settingsOf(flags: SseFlags, env: NodeJS.ProcessEnv): SseSettings {
  const common = loadSettingsOf(flags, flags.verify, env);
  if (common.target.bareTcp) throw new UsageError('Event streams come over http:// or https://, not stomp://.');
  for (const name of ['path', 'publish-path'] as const) {
    if (!/^\/[!-~]*$/.test(flags[name]))
      throw new UsageError(`--${name} takes a path such as /events, encoded as in a URL.`);
  }
  const body = flags['publish-body'];
  if (!/\{(payload|stamp)\}/.test(body)) {
    throw new UsageError('--publish-body needs {payload} or {stamp} in it: that is how a message is known again.');
  }
  const isOurs = flags['publish-path'] === '/api/market/ticks';
  return {
    ...common,
    path: flags.path,
    headers: headersIn(flags.header),
    rate: flags.rate,
    publish: {
      path: flags['publish-path'],
      contentType: flags['publish-type'] ?? (isOurs ? 'application/x-ndjson' : 'text/plain'),
      body,
      lines: isOurs,
    },
    size: flags.size,
  };
}
