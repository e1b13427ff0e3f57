/** Messages over plain HTTP: for scripts, and for clients that cannot have a WebSocket. */
import { ChatMessage, ConversationId, ConversationSend, GLOBAL_CONVERSATION, HistoryPage } from '@rtd/protocol';
import { z } from 'zod';
import type { ChatRoom } from '../../../chat/chat-room.ts';
import { json } from '../reply.ts';
import { jsonBody, noBody } from '../request-body.ts';
import { noParams, noQuery, type Route, userRoute, wholeNumber } from '../route.ts';
import { pollSeconds } from './poll-seconds.ts';

const area = 'chat';
const MAX_PAGE = 500;

const seqAfter = wholeNumber(0, Number.MAX_SAFE_INTEGER);
const conversationId = ConversationId.default(GLOBAL_CONVERSATION);

export function chatRoutes(chat: ChatRoom): readonly Route[] {
  return [
    userRoute({
      method: 'GET',
      path: '/api/chat/history',
      area,
      summary: 'Messages of a conversation in seq order: with `after` the oldest first after it, else the newest.',
      params: noParams,
      query: z.strictObject({
        conversationId: conversationId.describe('The conversation'),
        before: wholeNumber(1, Number.MAX_SAFE_INTEGER).optional().describe('Only seqs before this one'),
        after: seqAfter.optional().describe('Only seqs after this one'),
        limit: wholeNumber(1, MAX_PAGE).default(50).describe('How many messages at most'),
      }),
      body: noBody,
      answers: { 200: { description: 'A page of messages', schema: HistoryPage } },
      errors: ['VALIDATION', 'FORBIDDEN', 'NOT_FOUND', 'STORE_UNAVAILABLE'],
      handle: async ({ query }, who) => json(200, await chat.history(who, query)),
    }),
    userRoute({
      method: 'POST',
      path: '/api/chat/messages',
      area,
      summary: 'Stores a message. The same clientMessageId again stores nothing and answers with the first one.',
      params: noParams,
      query: noQuery,
      body: jsonBody(ConversationSend),
      answers: { 201: { description: 'The message, once it is committed', schema: ChatMessage } },
      errors: ['VALIDATION', 'TOO_LARGE', 'FORBIDDEN', 'NOT_FOUND', 'CONFLICT', 'RATE_LIMITED', 'STORE_UNAVAILABLE'],
      handle: async ({ body }, who) => {
        const { message } = await chat.send(who, body);
        const answer: ChatMessage = { ...message, status: 'SENT' };
        return json(201, answer);
      },
    }),
    userRoute({
      method: 'GET',
      path: '/api/chat/poll',
      area,
      summary: 'Long poll: answers at once when there is a message after `after`, else waits for one.',
      params: noParams,
      query: z.strictObject({
        conversationId: conversationId.describe('The conversation'),
        after: seqAfter.default(0).describe('Only seqs after this one'),
        wait: pollSeconds,
      }),
      body: noBody,
      answers: { 200: { description: 'What came, empty when nothing did in time', schema: HistoryPage } },
      errors: ['VALIDATION', 'FORBIDDEN', 'NOT_FOUND', 'STORE_UNAVAILABLE'],
      handle: async ({ query, signal }, who) => {
        const asked = {
          conversationId: query.conversationId,
          after: query.after,
          limit: MAX_PAGE,
          waitMillis: query.wait * 1_000,
        };
        return json(200, await chat.poll(who, asked, signal));
      },
    }),
  ];
}
