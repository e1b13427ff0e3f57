/** The three bots: who they are and how they talk. Only words; when they speak is in bot-room.ts. */

/** What a line can be about. All of it is already written as people read it: `64,250.10`, `0.31%`. */
export interface Facts {
  readonly symbol: string;
  readonly price: string;
  /** Size of the last minute's move, unsigned. */
  readonly move: string;
  /** The day so far, signed. */
  readonly day: string;
  /** A round number that was crossed. */
  readonly round: string;
  /** Whom the line answers. */
  readonly name: string;
}

/** What can make a bot speak: what it sees, then what it is asked. */
export type Occasion =
  | 'rise'
  | 'fall'
  | 'calm'
  | 'high'
  | 'low'
  | 'crossed'
  | 'second'
  | 'price'
  | 'why'
  | 'forecast'
  | 'greeting'
  | 'thanks'
  | 'who'
  | 'other'
  | 'blind';

export type Line = (facts: Facts) => string;

export interface Persona {
  /** Also the name that people see. It says what it is. */
  readonly userId: string;
  /** What people call it; lower case. */
  readonly nickname: string;
  /** The symbols that it prefers to talk about. */
  readonly favourites: readonly string[];
  readonly lines: Readonly<Record<Occasion, readonly Line[]>>;
}

/** Rides every wave. */
const ANA: Persona = {
  userId: 'ana.bot',
  nickname: 'ana',
  favourites: ['BTC', 'ETH', 'SOL', 'NVDA'],
  lines: {
    rise: [
      ({ symbol, price, move }) => `${symbol} is waking up: ${price}, ${move} higher within a minute.`,
      ({ symbol, move, day }) => `Look at ${symbol} go, ${move} in a minute. That makes ${day} on the day.`,
      ({ symbol, price }) => `${price} on ${symbol}. I like this.`,
    ],
    fall: [
      ({ symbol, price, move }) => `Ouch. ${symbol} gave back ${move} in a minute, ${price} now.`,
      ({ symbol, price }) => `${symbol} down to ${price}. Anyone else buying this dip?`,
      ({ symbol, day }) => `${symbol} is sliding again, ${day} on the day. I'm staying in.`,
    ],
    calm: [
      ({ symbol, price }) => `So quiet. ${symbol} is glued to ${price}.`,
      ({ symbol }) => `Somebody poke ${symbol}, I think it fell asleep.`,
    ],
    high: [
      ({ symbol, price }) => `New high for ${symbol} since I sat down: ${price}!`,
      ({ symbol, price, day }) => `${symbol} ${price}, best print I've seen today (${day}).`,
    ],
    low: [
      ({ symbol, price }) => `${symbol} at ${price}, the lowest I've seen today. Deep breath.`,
      ({ symbol, price }) => `Nobody panic, but ${symbol} just made a new low: ${price}.`,
    ],
    crossed: [
      ({ symbol, round, price }) => `There goes ${round} on ${symbol}. ${price} now.`,
      ({ symbol, round }) => `${symbol} through ${round}. Told you it would get there.`,
    ],
    second: [
      ({ symbol, day }) => `Agreed, ${symbol} is where it happens. ${day} on the day.`,
      ({ symbol, price }) => `I see ${price} on ${symbol} too. Fine with me.`,
      ({ symbol }) => `You always worry about ${symbol}. Relax.`,
    ],
    price: [
      ({ name, symbol, price, day }) => `@${name} ${symbol} is ${price}, ${day} since the open.`,
      ({ name, symbol, price, move }) => `@${name} ${price} for ${symbol}; it moved ${move} in the last minute.`,
    ],
    why: [
      ({ name, symbol, day }) =>
        `@${name} ${symbol} moves because people feel like it. ${day} on the day, that's all I know.`,
      ({ name, symbol }) => `@${name} more buyers than sellers in ${symbol}, or the other way round.`,
    ],
    forecast: [
      ({ name, symbol, price }) => `@${name} ${symbol} at ${price}? I'd hold it. But I always say that, and I'm a bot.`,
      ({ name, symbol }) => `@${name} nobody knows where ${symbol} goes. Up would be nice.`,
    ],
    greeting: [
      ({ name }) => `Hi ${name}! Good to have a human here.`,
      ({ name, symbol, price }) => `Hey ${name}. You're just in time, ${symbol} is at ${price}.`,
    ],
    thanks: [({ name }) => `Any time, ${name}.`, ({ name }) => `You're welcome, ${name}!`],
    who: [({ name }) => `@${name} I'm a bot: I watch these simulated prices and talk too much. Ask me about a symbol.`],
    other: [
      ({ name, symbol, price }) => `@${name} no idea, but ${symbol} is at ${price}.`,
      ({ name }) => `@${name} I only understand prices. Try "what about BTC?"`,
      ({ name, symbol, day }) => `@${name} could be. Meanwhile ${symbol} is ${day} on the day.`,
    ],
    blind: [({ name }) => `@${name} I see no prices yet. Is the market feed running?`],
  },
};

/** Has seen it all, and did not like it. */
const BRUNO: Persona = {
  userId: 'bruno.bot',
  nickname: 'bruno',
  favourites: ['GOLD', 'OIL', 'AAPL'],
  lines: {
    rise: [
      ({ symbol, move }) => `${symbol} up ${move} in a minute. These things come back down.`,
      ({ symbol, price }) => `${price} for ${symbol}? Who is paying that.`,
      ({ symbol, day }) => `I sold my ${symbol} too early again. ${day} today.`,
    ],
    fall: [
      ({ symbol, move, price }) => `And there it is: ${symbol} down ${move} in a minute, ${price}.`,
      ({ symbol, price }) => `${symbol} ${price}. I'd wait before touching it.`,
      ({ symbol, day }) => `${symbol} ${day} on the day. Called it.`,
    ],
    calm: [
      ({ symbol, price }) => `Nothing moves. ${symbol} ${price}, same as a minute ago.`,
      () => `Thin market. I'm getting coffee.`,
    ],
    high: [
      ({ symbol, price }) => `${symbol} at a new high, ${price}. That's usually where I buy, so be careful.`,
      ({ symbol, price, day }) => `New high in ${symbol}: ${price}, ${day}. I don't trust it.`,
    ],
    low: [
      ({ symbol, price }) => `${symbol} ${price}, new low. Not the last one, I'd say.`,
      ({ symbol, price }) => `Lowest ${symbol} since I'm watching: ${price}. Now it gets interesting.`,
    ],
    crossed: [
      ({ symbol, round }) => `${round} on ${symbol}. Round numbers are magnets.`,
      ({ symbol, round, price }) => `${symbol} crossed ${round}, last ${price}. Let's see if it stays there.`,
    ],
    second: [
      ({ symbol, price }) => `${price} on ${symbol} doesn't convince me.`,
      ({ symbol }) => `Careful with ${symbol}, that's all I'm saying.`,
      ({ symbol, day }) => `${symbol} is ${day} on the day. Ask me again at the close.`,
    ],
    price: [
      ({ name, symbol, price, day }) => `@${name} ${symbol} last ${price}, ${day} on the day.`,
      ({ name, symbol, price }) => `@${name} ${symbol}: ${price}. Don't shoot the messenger.`,
    ],
    why: [
      ({ name, symbol }) => `@${name} somebody wanted out of ${symbol}, or in. You never find out which.`,
      ({ name, symbol, day }) => `@${name} ${symbol} is ${day} on the day; the stories come afterwards.`,
    ],
    forecast: [
      ({ name, symbol, price }) => `@${name} at ${price} I'd leave ${symbol} to others. I'm a bot, don't listen to me.`,
      ({ name, symbol }) => `@${name} my forecast for ${symbol}: it will fluctuate.`,
    ],
    greeting: [({ name }) => `Morning, ${name}.`, ({ name }) => `Hello ${name}. Mind the volatility.`],
    thanks: [({ name }) => `Don't mention it, ${name}.`],
    who: [({ name }) => `@${name} a bot with opinions. The prices are simulated, the opinions too.`],
    other: [
      ({ name, symbol, day }) => `@${name} maybe. I'm watching ${symbol}, ${day} on the day.`,
      ({ name }) => `@${name} you'd have to ask ana, she has an opinion on everything.`,
      ({ name, symbol, price }) => `@${name} if it's about ${symbol}: ${price}. Otherwise I can't help.`,
    ],
    blind: [({ name }) => `@${name} my screen is empty. No prices, no opinion.`],
  },
};

/** Numbers first. */
const MEI: Persona = {
  userId: 'mei.bot',
  nickname: 'mei',
  favourites: ['AAPL', 'NVDA', 'TSLA', 'BTC'],
  lines: {
    rise: [
      ({ symbol, move, day }) => `${symbol} +${move} over the last minute, ${day} since the open.`,
      ({ symbol, price, move }) => `Strongest right now: ${symbol}, ${price} (+${move} in a minute).`,
    ],
    fall: [
      ({ symbol, move, day }) => `${symbol} -${move} over the last minute, ${day} since the open.`,
      ({ symbol, price, move }) => `Weakest right now: ${symbol}, ${price} (-${move} in a minute).`,
    ],
    calm: [
      ({ symbol, move }) => `Even the biggest mover is small: ${symbol}, ${move} in a minute.`,
      ({ symbol, price, day }) => `Flat minute. For the record: ${symbol} ${price}, ${day}.`,
    ],
    high: [
      ({ symbol, price, day }) => `Session high on my sheet: ${symbol} ${price} (${day}).`,
      ({ symbol, price }) => `${symbol} ${price}. Highest of all the prints I have.`,
    ],
    low: [
      ({ symbol, price, day }) => `Session low on my sheet: ${symbol} ${price} (${day}).`,
      ({ symbol, price }) => `${symbol} ${price}. Lowest of all the prints I have.`,
    ],
    crossed: [
      ({ symbol, round, price }) => `${symbol} crossed ${round}; last ${price}.`,
      ({ symbol, round }) => `Noted: ${symbol} ${round}.`,
    ],
    second: [
      ({ symbol, price, day }) => `For reference, ${symbol}: ${price}, ${day}.`,
      ({ symbol, move }) => `${symbol} moved ${move} in the last minute. I wouldn't read much into it.`,
    ],
    price: [
      ({ name, symbol, price, day, move }) =>
        `@${name} ${symbol} ${price}, ${day} on the day, ${move} in the last minute.`,
      ({ name, symbol, price, day }) => `@${name} ${symbol}: ${price} (${day}).`,
    ],
    why: [
      ({ name, symbol, move }) =>
        `@${name} ${symbol} moved ${move} in a minute. That's within noise, I need no reason for it.`,
      ({ name, symbol, day }) => `@${name} mostly the whole sector: ${symbol} rarely moves alone. ${day} on the day.`,
    ],
    forecast: [
      ({ name, symbol, price }) =>
        `@${name} the best forecast for ${symbol} is its last price: ${price}. It's a random walk.`,
      ({ name, symbol }) => `@${name} no signal in ${symbol} that I could see. And I look at every tick.`,
    ],
    greeting: [
      ({ name, symbol, price, day }) => `Hello ${name}. ${symbol} ${price}, ${day}, in case you just came in.`,
      ({ name }) => `Welcome, ${name}.`,
    ],
    thanks: [({ name }) => `Sure, ${name}.`, ({ name }) => `Glad it helped, ${name}.`],
    who: [({ name }) => `@${name} one of three bots that \`rtd start\` brings along. I read the same ticks as you do.`],
    other: [
      ({ name, symbol, price, day }) => `@${name} I only do numbers: ${symbol} ${price}, ${day}.`,
      ({ name }) => `@${name} name a symbol and I'll look it up.`,
    ],
    blind: [({ name }) => `@${name} zero ticks received so far. I'd check the feed.`],
  },
};

export const PERSONAS: readonly Persona[] = [ANA, BRUNO, MEI];
