/** `rtd bench fanout`: a few send, very many receive. */
import { Command } from '@oclif/core/command';
import { summaryOf } from '../../command-list.ts';
import {
  rateFlag,
  sendersFlag,
  sendersFor,
  sizeFlag,
  stompFlags,
  stompSettingsOf,
  verifyFlag,
  whereOf,
} from '../../load/flags.ts';
import { runBench } from '../../load/run-bench.ts';
import { runMessages } from '../../load/run-messages.ts';

export default class BenchFanout extends Command {
  static override summary = summaryOf('bench fanout');
  static override description =
    'Opens subscribers, sends at an even rate, and measures from the time at which a message should have been sent to each ' +
    'arrival, so a server that stalls cannot hide it. With other destinations and headers it loads any STOMP server.';
  static override examples = [
    '<%= config.bin %> bench fanout --connections 5000 --rate 50 --verify',
    '<%= config.bin %> bench fanout --json > before.json',
    '<%= config.bin %> bench fanout --compare before.json',
    '<%= config.bin %> bench fanout --url ws://127.0.0.1:15674/ws --subscribe /topic/load --to /topic/load --header login:guest --header passcode:guest',
    '<%= config.bin %> bench fanout --url stomp://127.0.0.1:61613 --subscribe /topic/load --to /topic/load --verify',
  ];
  static override flags = {
    ...stompFlags,
    rate: rateFlag({ default: 20, char: 'r' }),
    size: sizeFlag({ default: 100, char: 's' }),
    senders: sendersFlag(),
    verify: verifyFlag,
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(BenchFanout);
    const { connections, rate, size, verify, duration } = flags;
    const senders = flags.senders ?? sendersFor(rate);
    const traffic = { verify, rate, size, senders, inFlight: 1 };
    await runBench(
      {
        mode: 'fanout',
        settings: stompSettingsOf(flags, traffic, process.env),
        sockets: connections + senders,
        flags,
        options: { connections, rate, size, senders, duration, verify, ...whereOf(flags) },
        run: (run, settings) => runMessages(run, settings, connections),
      },
      process,
    );
  }
}
