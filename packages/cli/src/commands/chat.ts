/** `rtd chat`: the terminal client. */
import { Command } from '@oclif/core/command';
import { boolean, option } from '@oclif/core/flags';
import { createHttpApi } from '@rtd/client';
import { summaryOf } from '../command-list.ts';
import { connectionFlags, identityOf } from '../flags/connection.ts';
import { themeFlag } from '../flags/theme.ts';
import { onStop } from '../interruption.ts';
import { waitingFor } from '../output/while-silent.ts';

export default class Chat extends Command {
  static override summary = summaryOf('chat');
  static override description =
    'Chat, prices, and who is there. It reconnects by itself and misses nothing. Without a terminal, or with --plain, it ' +
    'prints lines and sends what comes in by standard input, where /help tells what else can be said.';
  static override examples = [
    '<%= config.bin %> chat --name alice',
    '<%= config.bin %> chat --url https://chat.example.com',
    '<%= config.bin %> chat --plain',
  ];
  static override flags = {
    plain: boolean({ description: 'lines instead of a screen: for screen readers, logs, and slow links' }),
    ascii: boolean({ description: 'draw with ASCII only, for terminals and fonts without more' }),
    theme: themeFlag(),
    transport: option({
      description: 'how to connect; auto takes WebSocket, and long polling where that is blocked',
      options: ['auto', 'ws', 'poll'] as const,
      default: 'auto',
    })(),
    ...connectionFlags,
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Chat);
    const { url, transport } = flags;
    const identity = identityOf(flags.name, process.env);
    // A screen that only says "cannot connect" helps nobody: this fails at once, and says what to do.
    const api = createHttpApi({ url, identity });
    await waitingFor(`an answer of ${api.baseUrl}`, api.health());
    const { stdin, stdout, stderr, env } = process;
    using stop = onStop(process);
    const { signal } = stop;
    const { ascii, theme } = flags;
    if (flags.plain || stdin.isTTY !== true || stdout.isTTY !== true || env.TERM === 'dumb') {
      const { runPlain } = await import('@rtd/tui');
      process.exitCode = await runPlain({ url, identity, transport, ascii, stdin, stdout, stderr, env, signal });
      if (signal.aborted) process.exitCode = stop.exitCode;
      return;
    }
    const { runScreen } = await import('../terminal/run-screen.ts');
    const server = api.baseUrl;
    process.exitCode = await runScreen({ process, url, identity, transport, server, ascii, theme, signal });
  }
}
