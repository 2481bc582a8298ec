/** What a person has to do before the reports open: an own password, a second factor. */
import { useState } from 'preact/hooks';
import { changePassword, confirmFactor, enrolFactor, resume } from '../api/session';
import type { ErrorCode } from '../api/operations';
import { t } from '../i18n';
import { Door, DoorField, problemOf } from './door';

function refusalOf(code: ErrorCode): string {
  switch (code) {
    case 'CREDENTIALS_WRONG':
      return t('login.failed');
    case 'TOO_MANY_ATTEMPTS':
      return t('login.wait');
    case 'SECOND_FACTOR_WRONG':
      return t('login.code.wrong');
    case 'INVALID_INPUT':
      return t('password.refused');
    default:
      return t('error.OTHER');
  }
}

/** Runs a step and keeps what is wrong with it. */
function useStep() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const run = async (step: () => Promise<ErrorCode | null>) => {
    setBusy(true);
    setProblem('');
    try {
      const refused = await step();
      if (refused) setProblem(refusalOf(refused));
    } catch (cause) {
      setProblem(problemOf(cause));
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, setProblem, run };
}

export function NewPassword() {
  const { busy, problem, setProblem, run } = useStep();
  const submit = async (fields: FormData) => {
    const wanted = String(fields.get('new'));
    if (wanted !== String(fields.get('again'))) setProblem(t('password.differ'));
    else await run(() => changePassword(String(fields.get('present')), wanted));
  };
  return (
    <Door lead={t('password.lead')} problem={problem} onSubmit={submit}>
      <DoorField label={t('password.present')} name="present" type="password" autocomplete="current-password" autofocus />
      <DoorField label={t('password.new')} name="new" type="password" autocomplete="new-password" />
      <DoorField label={t('password.again')} name="again" type="password" autocomplete="new-password" />
      <button type="submit" class="button is-primary" disabled={busy}>
        {t('password.submit')}
      </button>
    </Door>
  );
}

export function NewFactor() {
  const { busy, problem, run } = useStep();
  const [made, setMade] = useState<{ secret: string; uri: string } | null>(null);
  const [recovery, setRecovery] = useState<string[]>([]);

  if (recovery.length) {
    return (
      <Door lead={t('factor.recovery')} problem={problem} onSubmit={resume}>
        <pre class="login-secret">{recovery.join('\n')}</pre>
        <button type="submit" class="button is-primary">
          {t('factor.done')}
        </button>
      </Door>
    );
  }
  const enrol = (fields: FormData) =>
    run(async () => {
      const answer = await enrolFactor(String(fields.get('password')));
      if (typeof answer === 'string') return answer;
      setMade(answer);
      return null;
    });
  const confirm = (fields: FormData) =>
    run(async () => {
      const answer = await confirmFactor(String(fields.get('code')));
      if (typeof answer === 'string') return answer;
      setRecovery(answer);
      return null;
    });
  if (!made) {
    return (
      <Door lead={t('factor.lead')} problem={problem} onSubmit={enrol}>
        <DoorField label={t('login.password')} name="password" type="password" autocomplete="current-password" autofocus />
        <button type="submit" class="button is-primary" disabled={busy}>
          {t('factor.begin')}
        </button>
      </Door>
    );
  }
  return (
    <Door lead={t('factor.secret')} problem={problem} onSubmit={confirm}>
      <code class="login-secret">{made.secret.match(/.{1,4}/g)?.join(' ')}</code>
      <a href={made.uri}>{t('factor.open')}</a>
      <DoorField key="code" label={t('login.code')} name="code" autocomplete="one-time-code" autofocus />
      <button type="submit" class="button is-primary" disabled={busy}>
        {t('factor.confirm')}
      </button>
    </Door>
  );
}
