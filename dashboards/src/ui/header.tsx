import { signOut, viewer } from '../api/session';
import { moment } from '../format/date';
import { lang, t, type Lang } from '../i18n';
import { Bell } from './bell';
import { Filters } from './filters';
import { Freshness } from './freshness';
import { Mark, SignOut } from './icons';
import { PeriodPicker } from './period-picker';
import { Segmented } from './segmented';

export function Language() {
  return (
    <Segmented<Lang>
      label={t('language')} value={lang.value} onPick={(l) => (lang.value = l)}
      choices={[
        { value: 'ru', text: 'RU' },
        { value: 'en', text: 'EN' },
      ]}
    />
  );
}

export function Header() {
  const who = viewer.value;
  return (
    <header class="top">
      <h1>
        <Mark />
        <span lang="ru">{t('brand')}</span>
      </h1>
      <div class="top-controls">
        <PeriodPicker />
        <Filters />
      </div>
      <Freshness />
      <div class="top-user">
        <Bell />
        <Language />
        <span class="who">{who?.employee?.name ?? who?.login}</span>
        <button type="button" class="quiet-button" aria-label={t('logout')} title={t('logout')} onClick={() => void signOut()}>
          <SignOut />
        </button>
      </div>
      <p class="print-only">{t('printed', { moment: moment(new Date()) })}</p>
    </header>
  );
}
