import { useState } from 'preact/hooks';
import { signIn } from '../api/session';
import { t } from '../i18n';
import { Door, DoorField, problemOf } from './door';

export function Login() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const [asksCode, setAsksCode] = useState(false);

  const submit = async (fields: FormData) => {
    setBusy(true);
    setProblem('');
    try {
      const code = fields.get('code');
      const refused = await signIn(String(fields.get('login')).trim(), String(fields.get('password')), code === null ? null : String(code));
      // The password is right: the field for the code appears, and nothing is wrong yet.
      if (refused === 'SECOND_FACTOR_NEEDED') setAsksCode(true);
      else if (refused === 'SECOND_FACTOR_WRONG') setProblem(t('login.code.wrong'));
      else if (refused === 'TOO_MANY_ATTEMPTS') setProblem(t('login.wait'));
      else if (refused) {
        setAsksCode(false);
        setProblem(t('login.failed'));
      }
    } catch (cause) {
      setProblem(problemOf(cause));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Door lead={t('login.lead')} problem={problem} onSubmit={submit}>
      <DoorField label={t('login.login')} name="login" autocomplete="username" autofocus />
      <DoorField label={t('login.password')} name="password" type="password" autocomplete="current-password" />
      {asksCode && <DoorField label={t('login.code')} name="code" autocomplete="one-time-code" autofocus />}
      <button type="submit" class="button is-primary" disabled={busy}>
        {t(busy ? 'login.busy' : 'login.submit')}
      </button>
    </Door>
  );
}
