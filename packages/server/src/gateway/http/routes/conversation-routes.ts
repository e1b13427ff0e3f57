/** Conversations and who is in them. */
import { ConversationId, ConversationSummary, NewConversation, UserId } from '@rtd/protocol';
import { z } from 'zod';
import type { ChatRoom } from '../../../chat/chat-room.ts';
import { json, noContent } from '../reply.ts';
import { jsonBody, noBody } from '../request-body.ts';
import { noParams, noQuery, type Route, userRoute } from '../route.ts';

const area = 'conversations';

const member = {
  area,
  path: '/api/conversations/{id}/members/{userId}',
  params: z.strictObject({
    id: ConversationId.describe('The conversation'),
    userId: UserId.describe('Who is added or removed'),
  }),
  query: noQuery,
  body: noBody,
  errors: ['VALIDATION', 'FORBIDDEN', 'NOT_FOUND', 'STORE_UNAVAILABLE'],
} as const;

export function conversationRoutes(chat: ChatRoom): readonly Route[] {
  return [
    userRoute({
      method: 'GET',
      path: '/api/conversations',
      area,
      summary: 'The conversations of the caller, with what is unread in each.',
      params: noParams,
      query: noQuery,
      body: noBody,
      answers: { 200: { description: 'The conversations', schema: ConversationSummary.array() } },
      errors: ['VALIDATION', 'STORE_UNAVAILABLE'],
      handle: async (_call, who) => json(200, await chat.conversations(who)),
    }),
    userRoute({
      method: 'POST',
      path: '/api/conversations',
      area,
      summary: 'Makes a group or a public room; the caller is its creator and a member.',
      params: noParams,
      query: noQuery,
      body: jsonBody(NewConversation),
      answers: { 201: { description: 'The conversation', schema: ConversationSummary } },
      errors: ['VALIDATION', 'TOO_LARGE', 'CONFLICT', 'STORE_UNAVAILABLE'],
      handle: async ({ body }, who) => json(201, await chat.createConversation(who, body)),
    }),
    userRoute({
      ...member,
      method: 'PUT',
      summary: 'Adds a member: any member adds to a group, anyone themselves to a public room.',
      answers: { 204: { description: 'The user is a member' } },
      handle: async ({ params }, who) => {
        await chat.addMember(who, params.id, params.userId);
        return noContent;
      },
    }),
    userRoute({
      ...member,
      method: 'DELETE',
      summary: 'Removes a member: everybody themselves, the creator anybody. Holds at once on every server.',
      answers: { 204: { description: 'The user is no member' } },
      handle: async ({ params }, who) => {
        await chat.removeMember(who, params.id, params.userId);
        return noContent;
      },
    }),
  ];
}
