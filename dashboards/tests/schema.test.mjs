// What the gate on breaking changes lets through and what it does not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { breaks } from '../scripts/breaking.mjs';

const released = 'type Query { deal(id: ID!): Deal } type Deal { title: String! stage: Stage! } enum Stage { LEAD WON }';

test('what is added breaks nobody', () => {
  const more = released.replace('title: String!', 'title: String! note: String').replace('LEAD WON', 'LEAD WON LOST').replace('(id: ID!)', '(id: ID!, at: String)');
  assert.deepEqual(breaks(released, more), []);
  assert.deepEqual(breaks(released, released.replace('title: String!', 'title: String! @deprecated(reason: "2026-12-01")')), []);
});

test('what is taken away, or asked for anew, breaks clients', () => {
  for (const [from, to] of [['title: String!', ''], ['title: String!', 'title: String'], ['LEAD WON', 'LEAD'], ['(id: ID!)', '(id: ID!, at: String!)'], ['stage: Stage!', 'stage: Int!']]) {
    assert.equal(breaks(released, released.replace(from, to)).length, 1, to);
  }
});
