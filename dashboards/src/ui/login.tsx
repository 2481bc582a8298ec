import { useState } from 'preact/hooks';
import { continueSignIn, provider, signIn, takeCameBack } from '../api/session';
import { known, t } from '../i18n';
import { Door, DoorField, problemOf } from './door';

/** Why the provider's way in led back here, in words. */
function lostWay(code: string | null): string {
  const key = `login.provider.${code ?? ''}`;
  return known(key) ? t(key) : '';
}

export function Login() {
  const [cameBack] = useState(takeCameBack);
  const [proven, setProven] = useState(cameBack === 'SECOND_FACTOR_NEEDED');
  const [lost, setLost] = useState(() => lostWay(cameBack));
  if (proven) {
    const leave = (why: string) => {
      setLost(why);
      setProven(false);
    };
    return <ProvenLogin onLeave={leave} />;
  }
  return <PasswordLogin problem={lost} />;
}

function PasswordLogin({ problem: first }: { problem: string }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(first);
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
      {provider.value && (
        <a class="button login-provider" href={provider.value.path}>
          {t('login.provider', { label: provider.value.label })}
        </a>
      )}
    </Door>
  );
}

/** The provider let somebody in whose login has a second factor. */
function ProvenLogin({ onLeave }: { onLeave: (why: string) => void }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');

  const submit = async (fields: FormData) => {
    setBusy(true);
    setProblem('');
    try {
      const refused = await continueSignIn(String(fields.get('code')));
      if (refused === 'SIGN_IN_EXPIRED') onLeave(t('login.provider.SIGN_IN_EXPIRED'));
      else if (refused) setProblem(t(refused === 'TOO_MANY_ATTEMPTS' ? 'login.wait' : 'login.code.wrong'));
    } catch (cause) {
      setProblem(problemOf(cause));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Door lead={t('login.provider.lead')} problem={problem} onSubmit={submit}>
      <DoorField label={t('login.code')} name="code" autocomplete="one-time-code" autofocus />
      <button type="submit" class="button is-primary" disabled={busy}>
        {t(busy ? 'login.busy' : 'login.submit')}
      </button>
      <button type="button" class="button login-provider" onClick={() => onLeave('')}>
        {t('login.provider.back')}
      </button>
    </Door>
  );
}
