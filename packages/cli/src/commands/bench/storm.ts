/** `rtd bench storm`: everybody is cut off and comes back at once. */
import { Command } from '@oclif/core/command';
import { string } from '@oclif/core/flags';
import { summaryOf } from '../../command-list.ts';
import { UsageError } from '../../failure.ts';
import { rateFlag, sizeFlag, stompFlags, stompSettingsOf, verifyFlag, whereOf } from '../../load/flags.ts';
import { runBench } from '../../load/run-bench.ts';
import { runStorm } from '../../load/run-storm.ts';

export default class BenchStorm extends Command {
  static override summary = summaryOf('bench storm');
  static override description =
    'Cuts all connections at once, without a goodbye, and measures how long each takes to be back and subscribed; again and ' +
    'again until the time is over. With --verify one sender goes on all the while, and clients ask for what they missed ' +
    '(RTD: the header after-seq with the seq of the last message).';
  static override examples = [
    '<%= config.bin %> bench storm --connections 5000',
    '<%= config.bin %> bench storm --connections 1000 --rate 10 --verify',
    '<%= config.bin %> bench storm --connections 5000 --ramp 1000',
  ];
  static override flags = {
    ...stompFlags,
    rate: rateFlag({ description: 'with --verify: messages a second', helpValue: 'NUMBER', default: 10, char: 'r' }),
    size: sizeFlag({ default: 100, char: 's' }),
    'resume-header': string({
      description: 'header of SUBSCRIBE that asks for what was missed',
      default: 'after-seq',
      helpValue: 'NAME',
    }),
    'resume-field': string({
      description: 'number in the body of a message that this header takes',
      default: 'seq',
      helpValue: 'NAME',
    }),
    verify: verifyFlag,
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(BenchStorm);
    const { connections, rate, size, verify, duration } = flags;
    if (rate === 'max') throw new UsageError('--rate takes a number of messages a second here, not max.');
    const traffic = { verify, rate, size, senders: 1, inFlight: 1 };
    const resume = { header: flags['resume-header'], field: flags['resume-field'] };
    await runBench(
      {
        mode: 'storm',
        settings: { ...stompSettingsOf(flags, traffic, process.env), resume },
        sockets: connections + 1,
        flags,
        options: { connections, rate, size, duration, verify, ...whereOf(flags) },
        run: runStorm,
      },
      process,
    );
  }
}
