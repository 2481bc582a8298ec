import { useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import { signIn } from '../api/session';
import { known, t } from '../i18n';
import { Language } from './header';
import { Mark } from './icons';

export function Login() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');

  const submit = async (form: HTMLFormElement) => {
    const fields = new FormData(form);
    setBusy(true);
    setProblem('');
    try {
      const entered = await signIn(String(fields.get('login')).trim(), String(fields.get('password')));
      if (!entered) setProblem(t('login.failed'));
    } catch (cause) {
      const key = `error.${cause instanceof ApiError ? cause.code : 'OTHER'}`;
      setProblem(t(known(key) ? key : 'error.OTHER'));
    } finally {
      setBusy(false);
    }
  };

  return (
    <main class="login">
      <div class="login-language">
        <Language />
      </div>
      <form
        class="login-card"
        onSubmit={(e) => {
          e.preventDefault();
          void submit(e.currentTarget);
        }}
      >
        <h1>
          <Mark />
          <span lang="ru">{t('brand')}</span>
        </h1>
        <p class="login-lead">{t('login.lead')}</p>
        <label>
          {t('login.login')}
          <input name="login" required autocomplete="username" autocapitalize="none" spellcheck={false} autofocus />
        </label>
        <label>
          {t('login.password')}
          <input name="password" type="password" required autocomplete="current-password" />
        </label>
        {problem && (
          <p class="login-problem" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" class="button is-primary" disabled={busy}>
          {t(busy ? 'login.busy' : 'login.submit')}
        </button>
      </form>
    </main>
  );
}
