/** Who is looking. `undefined` until the server has answered once. */
import { signal } from '@preact/signals';
import documents from './session.graphql?raw';
import { send, whenSignedOut } from './client';
import type { CurrentViewer, Permission, SessionCreate, SessionCreateVariables, SessionDelete } from './operations';

export type Viewer = NonNullable<CurrentViewer['viewer']>;

export const viewer = signal<Viewer | null | undefined>(undefined);
whenSignedOut(() => (viewer.value = null));

/** What the server would refuse is not asked for and not shown. */
export const may = (permission: Permission): boolean => viewer.value?.permissions.includes(permission) ?? false;

export async function resume(): Promise<void> {
  try {
    viewer.value = (await send<CurrentViewer>(documents, {}, { operationName: 'CurrentViewer' })).viewer;
  } catch {
    viewer.value = null;
  }
}

/** `false` when the login or the password is wrong; throws `ApiError` for everything else. */
export async function signIn(login: string, password: string): Promise<boolean> {
  const variables: SessionCreateVariables = { input: { login, password } };
  const { sessionCreate } = await send<SessionCreate>(documents, variables, { operationName: 'SessionCreate' });
  if (!sessionCreate.viewer) return false;
  viewer.value = sessionCreate.viewer;
  return true;
}

export async function signOut(): Promise<void> {
  await send<SessionDelete>(documents, {}, { operationName: 'SessionDelete' }).catch(() => undefined);
  viewer.value = null;
}
