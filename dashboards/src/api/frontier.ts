/**
 * How far the reports have followed the books. A tiny query is polled while the tab is visible;
 * reports ask again only when the position moved.
 */
import { computed, signal } from '@preact/signals';
import document_ from './frontier.graphql?raw';
import { send } from './client';
import type { Frontier } from './operations';
import { viewer } from './session';

const POLL_MS = 500;
/** A report is asked for at most this often, however busy the books are. */
const SETTLE_MS = 800;

export type Position = Frontier['frontier'];

export const position = signal<Position | null>(null);
/** When the last answer came; the lag shown grows from here while the server is silent. */
export const heardAt = signal(0);
export const clock = signal(Date.now());
/** Grows by one each time reports should ask again. */
export const edition = signal(0);

/** Milliseconds the reports are behind, or `null` when the server has never answered. */
export const lagMs = computed(() => {
  if (!position.value) return null;
  const silent = clock.value - heardAt.value;
  return position.value.lagMs + (silent > 3 * POLL_MS ? silent : 0);
});
export const offline = computed(() => heardAt.value > 0 && clock.value - heardAt.value > 5_000);

let announcedAt = 0;
let pending: ReturnType<typeof setTimeout> | undefined;

function announce(): void {
  if (pending !== undefined) return;
  const wait = Math.max(0, announcedAt + SETTLE_MS - Date.now());
  pending = setTimeout(() => {
    pending = undefined;
    announcedAt = Date.now();
    edition.value += 1;
  }, wait);
}

async function poll(): Promise<void> {
  const { frontier } = await send<Frontier>(document_, {}, { signal: AbortSignal.timeout(4_000) });
  const moved = position.peek() !== null && position.peek()?.lsn !== frontier.lsn;
  position.value = frontier;
  heardAt.value = Date.now();
  if (moved) announce();
}

/** Runs for the life of the page. */
export async function follow(): Promise<void> {
  for (;;) {
    if (!document.hidden && viewer.peek()) await poll().catch(() => undefined);
    clock.value = Date.now();
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}
