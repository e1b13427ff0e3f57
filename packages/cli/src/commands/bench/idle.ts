/** `rtd bench idle`: connections that do nothing but be there. */
import { Command } from '@oclif/core/command';
import { summaryOf } from '../../command-list.ts';
import { stompFlags, stompSettingsOf, whereOf } from '../../load/flags.ts';
import { runBench } from '../../load/run-bench.ts';
import { runIdle } from '../../load/run-idle.ts';

const NO_TRAFFIC = { verify: false, rate: 1, size: 16, senders: 0, inFlight: 1 } as const;

export default class BenchIdle extends Command {
  static override summary = summaryOf('bench idle');
  static override description =
    'Opens connections, keeps their heart-beats, and tells which were lost or fell silent. On loopback ' +
    'they come from several addresses (127.0.0.2 and on) where one has not enough ports.';
  static override examples = [
    '<%= config.bin %> bench idle --connections 10000 --duration 60',
    '<%= config.bin %> bench idle --connections 50000 --ramp 2000 --heart-beat 30000',
  ];
  static override flags = stompFlags;

  override async run(): Promise<void> {
    const { flags } = await this.parse(BenchIdle);
    const { connections, duration } = flags;
    await runBench(
      {
        mode: 'idle',
        settings: stompSettingsOf(flags, NO_TRAFFIC, process.env),
        sockets: connections,
        flags,
        options: { connections, duration, heartBeat: flags['heart-beat'], ...whereOf(flags) },
        run: runIdle,
      },
      process,
    );
  }
}
