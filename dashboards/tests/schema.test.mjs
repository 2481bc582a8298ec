// What the gate on breaking changes lets through and what it does not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { breaks, undated } from '../scripts/breaking.mjs';

const released = 'type Query { deal(id: ID!): Deal } type Deal { title: String! stage: Stage! } enum Stage { LEAD WON }';

test('what is added breaks nobody', () => {
  const more = released.replace('title: String!', 'title: String! note: String').replace('LEAD WON', 'LEAD WON LOST').replace('(id: ID!)', '(id: ID!, at: String)');
  assert.deepEqual(breaks(released, more, '2026-11-01'), []);
  assert.deepEqual(breaks(released, released.replace('title: String!', 'title: String! @deprecated(reason: "2026-12-01")'), '2026-11-01'), []);
});

test('what is taken away, or asked for anew, breaks clients', () => {
  for (const [from, to] of [['title: String!', ''], ['title: String!', 'title: String'], ['LEAD WON', 'LEAD'], ['(id: ID!)', '(id: ID!, at: String!)'], ['stage: Stage!', 'stage: Int!']]) {
    assert.equal(breaks(released, released.replace(from, to), '2026-11-01').length, 1, to);
  }
});

test('what said that it would be gone may go from that day on', () => {
  const said = released.replace('title: String!', 'title: String! @deprecated(reason: "Ask name. Gone from 2026-12-01")');
  const gone = released.replace('title: String!', 'name: String');
  assert.deepEqual(breaks(said, gone, '2026-11-30'), ['Deal.title was removed.']);
  assert.deepEqual(breaks(said, gone, '2026-12-01'), []);
  assert.equal(breaks(said, gone.replace('stage: Stage!', ''), '2026-12-01').length, 1);
});

test('what is deprecated says from which day it may be gone', () => {
  const by = (reason) => released.replace('title: String!', `title: String! @deprecated${reason}`);
  assert.deepEqual(undated(by('(reason: "Ask name. Gone from 2026-12-01")')), []);
  assert.deepEqual(undated(by('(reason: "Ask name")')), ['Deal.title']);
  assert.deepEqual(undated(by('')), ['Deal.title']);
  assert.deepEqual(undated(released.replace('LEAD WON', 'LEAD WON @deprecated')), ['Stage.WON']);
});
