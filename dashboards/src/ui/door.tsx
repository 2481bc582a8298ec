/** The card that stands before the reports: signing in, and what has to be done first. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { ApiError } from '../api/client';
import { known, t } from '../i18n';
import { Language } from './header';
import { Mark } from './icons';

interface DoorProps {
  lead: string;
  problem: string;
  onSubmit: (fields: FormData) => Promise<void>;
  children: ComponentChildren;
}

export function Door({ lead, problem, onSubmit, children }: DoorProps) {
  return (
    <main class="login">
      <div class="login-language">
        <Language />
      </div>
      <form
        class="login-card"
        onSubmit={(e) => {
          e.preventDefault();
          void onSubmit(new FormData(e.currentTarget));
        }}
      >
        <h1>
          <Mark />
          <span lang="ru">{t('brand')}</span>
        </h1>
        <p class="login-lead">{lead}</p>
        {problem && (
          <p class="login-problem" role="alert">
            {problem}
          </p>
        )}
        {children}
      </form>
    </main>
  );
}

interface DoorFieldProps {
  label: string;
  name: string;
  autocomplete: string;
  type?: 'text' | 'password';
  autofocus?: boolean;
}

export function DoorField({ label, name, autocomplete, type = 'text', autofocus = false }: DoorFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  // The attribute counts only while the page loads; a field that comes later is focused by hand.
  useEffect(() => {
    if (autofocus) input.current?.focus();
  }, [autofocus]);
  const common = { ref: input, name, required: true, autocomplete, autocapitalize: 'none', spellcheck: false } as const;
  return (
    <label>
      {label}
      {type === 'password' ? <input {...common} type="password" /> : <input {...common} />}
    </label>
  );
}

/** What went wrong, in words. */
export function problemOf(cause: unknown): string {
  const key = `error.${cause instanceof ApiError ? cause.code : 'OTHER'}`;
  return t(known(key) ? key : 'error.OTHER');
}
