// Named checks: each passes or tells why not; at the end one JSON line for all of them.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

// Longer than a server keeps silent.
const PATIENCE = 30_000;
const failed = [];
let total = 0;

/** Runs one check. */
export async function check(name, body) {
  total += 1;
  try {
    await inTime(body(), name);
  } catch (error) {
    failed.push(name);
    console.error(`failed: ${name}: ${error?.message ?? JSON.stringify(error)}`);
  }
}

/** What is awaited, or an error when it takes too long. */
export function inTime(promise, what) {
  const late = new AbortController();
  const limit = sleep(PATIENCE, null, { signal: late.signal }).then(() => assert.fail(`${what}: nothing came in time`));
  return Promise.race([promise, limit]).finally(() => late.abort());
}

/** Prints the line and ends, whatever is still open. */
export function conclude() {
  console.log(JSON.stringify({ ok: total - failed.length, total, failed }));
  process.exit(0);
}
