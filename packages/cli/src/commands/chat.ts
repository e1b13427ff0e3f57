/** `rtd chat`: the terminal client. */
import { Command } from '@oclif/core/command';
import { boolean, option } from '@oclif/core/flags';
import { createHttpApi } from '@rtd/client';
import { summaryOf } from '../command-list.ts';
import { EXIT } from '../failure.ts';
import { connectionFlags, identityOf } from '../flags/connection.ts';
import { onStop, untilResumed } from '../interruption.ts';

export default class Chat extends Command {
  static override summary = summaryOf('chat');
  static override description =
    'Chat, prices, and who is there. It reconnects by itself and misses nothing. Without a terminal, or with --plain, it ' +
    'prints lines and sends what comes in by standard input.';
  static override examples = [
    '<%= config.bin %> chat --name alice',
    '<%= config.bin %> chat --url https://chat.example.com',
    '<%= config.bin %> chat --plain',
  ];
  static override flags = {
    plain: boolean({ description: 'lines instead of a screen: for screen readers, logs, and slow links' }),
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
    await createHttpApi({ url, identity }).health();
    const { runPlain, runTerminal } = await import('@rtd/tui');
    const { stdin, stdout, stderr, env } = process;
    using stop = onStop(process);
    const options = { url, identity, transport, stdin, stdout, stderr, env, signal: stop.signal };
    const plain = flags.plain || stdin.isTTY !== true || stdout.isTTY !== true;
    process.exitCode = await (plain
      ? runPlain(options)
      : runTerminal({ ...options, suspend: () => untilResumed(process) }));
    if (plain && stop.signal.aborted) process.exitCode = EXIT.interrupted;
  }
}
