/** Who is looking. `undefined` until the server has answered once. */
import { signal } from '@preact/signals';
import documents from './session.graphql?raw';
import { send, whenSignedOut } from './client';
import type {
  CurrentViewer, ErrorCode, PasswordChange, PasswordChangeVariables, Permission, SessionContinue, SessionContinueVariables, SessionCreate, SessionCreateVariables, SessionDelete,
  TotpConfirm, TotpConfirmVariables, TotpEnrol, TotpEnrolVariables,
} from './operations';

export type Viewer = NonNullable<CurrentViewer['viewer']>;

export const viewer = signal<Viewer | null | undefined>(undefined);
whenSignedOut(() => (viewer.value = null));

/** Where people may sign in without a password of ours; `null` when there is no such provider. */
export const provider = signal<CurrentViewer['signInProvider']>(null);

/** Read while the page loads: the view then writes the address anew, without it. */
let cameBack = new URLSearchParams(location.search).get('signIn');

/** What became of a sign-in there; told once, so that whoever signs out later does not read it again. */
export function takeCameBack(): string | null {
  const code = cameBack;
  cameBack = null;
  return code;
}

/** What the server would refuse is not asked for and not shown. */
export const may = (permission: Permission): boolean => viewer.value?.permissions.includes(permission) ?? false;

export async function resume(): Promise<void> {
  try {
    const current = await send<CurrentViewer>(documents, {}, { operationName: 'CurrentViewer' });
    provider.value = current.signInProvider;
    viewer.value = current.viewer;
  } catch {
    viewer.value = null;
  }
}

/** Why something was refused; the server always says one. */
const refusal = (errors: Array<{ code: ErrorCode }>): ErrorCode => errors[0]?.code ?? 'INVALID_INPUT';

/** `null` when somebody came in, else why not; throws `ApiError` for what cannot be mended by typing. */
export async function signIn(login: string, password: string, code: string | null): Promise<ErrorCode | null> {
  const variables: SessionCreateVariables = { input: { login, password, code } };
  const { sessionCreate } = await send<SessionCreate>(documents, variables, { operationName: 'SessionCreate' });
  if (!sessionCreate.viewer) return refusal(sessionCreate.userErrors);
  viewer.value = sessionCreate.viewer;
  return null;
}

/** The same for whom the provider let in and whose second factor is still to be shown. */
export async function continueSignIn(code: string): Promise<ErrorCode | null> {
  const variables: SessionContinueVariables = { input: { code } };
  const { sessionContinue } = await send<SessionContinue>(documents, variables, { operationName: 'SessionContinue' });
  if (!sessionContinue.viewer) return refusal(sessionContinue.userErrors);
  viewer.value = sessionContinue.viewer;
  return null;
}

export async function changePassword(present: string, wanted: string): Promise<ErrorCode | null> {
  const variables: PasswordChangeVariables = { input: { present, new: wanted } };
  const { passwordChange } = await send<PasswordChange>(documents, variables, { operationName: 'PasswordChange' });
  if (!passwordChange.viewer) return refusal(passwordChange.userErrors);
  viewer.value = passwordChange.viewer;
  return null;
}

/** What to put into an application, or why not. */
export async function enrolFactor(password: string): Promise<{ secret: string; uri: string } | ErrorCode> {
  const variables: TotpEnrolVariables = { input: { password } };
  const { totpEnrol } = await send<TotpEnrol>(documents, variables, { operationName: 'TotpEnrol' });
  const { secret, uri } = totpEnrol;
  return secret && uri ? { secret, uri } : refusal(totpEnrol.userErrors);
}

/** The recovery codes, or why not. */
export async function confirmFactor(code: string): Promise<string[] | ErrorCode> {
  const variables: TotpConfirmVariables = { input: { code } };
  const { totpConfirm } = await send<TotpConfirm>(documents, variables, { operationName: 'TotpConfirm' });
  return totpConfirm.recoveryCodes.length ? totpConfirm.recoveryCodes : refusal(totpConfirm.userErrors);
}

export async function signOut(): Promise<void> {
  await send<SessionDelete>(documents, {}, { operationName: 'SessionDelete' }).catch(() => undefined);
  viewer.value = null;
}
