/** Words of refusals that must be the same wherever they come from. No imports: the store's threads use it too. */

/** For a conversation that does not exist and for one that one is not in, so that nothing leaks. */
export const NOT_A_MEMBER = 'You are not a member of that conversation, or there is none.';
