/** What the viewer was told. The count is asked for now and then while the tab is visible, the texts when the box opens. */
import { signal } from '@preact/signals';
import documents from './bell.graphql?raw';
import { send } from './client';
import type { NotificationsRead, NotificationsReadVariables, Told, Unread } from './operations';
import { viewer } from './session';

const POLL_MS = 15_000;

export type Line = Told['notifications']['nodes'][number];

export const unread = signal(0);
/** The last told, newest first; `null` until the box was opened once. */
export const told = signal<Line[] | null>(null);

export async function look(): Promise<void> {
  const answer = await send<Told>(documents, {}, { operationName: 'Told' });
  told.value = answer.notifications.nodes;
  unread.value = answer.notificationsUnread;
}

export async function readAll(): Promise<void> {
  const variables: NotificationsReadVariables = { input: { all: true } };
  const { notificationsRead } = await send<NotificationsRead>(documents, variables, { operationName: 'NotificationsRead' });
  unread.value = notificationsRead.unread;
  await look();
}

async function count(): Promise<void> {
  const answer = await send<Unread>(documents, {}, { operationName: 'Unread', signal: AbortSignal.timeout(4_000) });
  unread.value = answer.notificationsUnread;
}

/** Runs as long as somebody is signed in. */
export function ring(): () => void {
  const due = () => {
    if (!document.hidden && viewer.peek()) void count().catch(() => undefined);
  };
  due();
  const timer = setInterval(due, POLL_MS);
  document.addEventListener('visibilitychange', due);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', due);
    told.value = null;
    unread.value = 0;
  };
}
