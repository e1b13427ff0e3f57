/** `rtd bench send`: many send; how many messages a second are acknowledged, and how soon. */
import { Command } from '@oclif/core/command';
import { summaryOf } from '../../command-list.ts';
import { numberFlag } from '../../flags/values.ts';
import { rateFlag, sizeFlag, stompFlags, stompSettingsOf, verifyFlag, whereOf } from '../../load/flags.ts';
import { runBench } from '../../load/run-bench.ts';
import { runMessages } from '../../load/run-messages.ts';

export default class BenchSend extends Command {
  static override summary = summaryOf('bench send');
  static override description =
    'All connections send by turns and wait for the receipts; nobody subscribes, but for one client with --verify. At a ' +
    'rate, latency counts from the intended time of sending; with --rate max each sender waits for its acknowledgement. ' +
    'RTD takes 20 messages a second of one user: raise it (rtd serve --limit-messages-per-second 0) to see what the store can do.';
  static override examples = [
    '<%= config.bin %> bench send --rate 500 --verify',
    '<%= config.bin %> bench send --connections 100 --rate max --in-flight 4',
    '<%= config.bin %> bench send --url stomp://127.0.0.1:61613 --to /queue/load --subscribe /queue/load',
  ];
  static override flags = {
    ...stompFlags,
    connections: numberFlag({
      description: 'how many, all of them senders',
      takes: 'a number of connections from 1 to 50000, such as 100',
      min: 1,
      max: 50_000,
    })({ default: 100, char: 'c' }),
    rate: rateFlag({ default: 500, char: 'r' }),
    size: sizeFlag({ default: 100, char: 's' }),
    'in-flight': numberFlag({
      description: 'with --rate max: messages of one sender that wait for their acknowledgement',
      takes: 'a number of messages from 1 to 1000, such as 4',
      min: 1,
      max: 1_000,
    })({ default: 1 }),
    verify: verifyFlag,
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(BenchSend);
    const { connections, rate, size, verify, duration } = flags;
    const traffic = { verify, rate, size, senders: connections, inFlight: flags['in-flight'] };
    await runBench(
      {
        mode: 'send',
        settings: stompSettingsOf(flags, traffic, process.env),
        sockets: connections + 1,
        flags,
        options: { connections, rate, size, inFlight: flags['in-flight'], duration, verify, ...whereOf(flags) },
        run: (run, settings) => runMessages(run, settings, verify ? 1 : 0),
      },
      process,
    );
  }
}
