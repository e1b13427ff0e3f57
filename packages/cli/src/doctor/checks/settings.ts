import { type Check, fail, pass, warn } from '../check.ts';

export const settings: Check = {
  id: 'settings',
  stretch: 'machine',
  title: "the server's settings",
  run: async ({ config, configProblem, env }) => {
    const names = Object.keys(env).filter((name) => name.startsWith('RTD_') && env[name] !== '');
    const asked = names.length === 0 ? 'no RTD_ variable is set' : names.toSorted().join(', ');
    if (config === undefined) {
      return fail(
        { asked, answered: configProblem ?? '' },
        'A server with these settings would not start.',
        'rtd serve --help',
      );
    }
    if (config.warnings.length > 0) {
      return warn(
        { asked, answered: config.warnings.join('\n') },
        'A server would start, and warn of this.',
        'rtd serve --help',
      );
    }
    const store = config.mysqlUrl === undefined ? 'SQLite' : 'MySQL';
    const between = config.redisUrl === undefined ? 'alone' : 'connected by Redis';
    const ticks = config.kafkaBrokers === undefined ? 'SQLite' : 'Kafka';
    return pass(
      { asked, answered: `messages in ${store}, ticks in ${ticks}, ${between}, auth ${config.auth.mode}` },
      'All of it fits. These are the settings of this shell; a server that runs already may have others.',
    );
  },
};
