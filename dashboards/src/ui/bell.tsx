/** What one was told: how many are unread, and the last of them. */
import { useEffect, useState } from 'preact/hooks';
import { look, readAll, ring, told, unread } from '../api/bell';
import { moment } from '../format/date';
import { t } from '../i18n';
import { Bell as Drawing } from './icons';
import { Popover } from './popover';

function List() {
  const [failed, setFailed] = useState(false);
  const attempt = (work: () => Promise<void>) => {
    setFailed(false);
    work().catch(() => setFailed(true));
  };
  useEffect(() => attempt(look), []);
  if (failed) {
    return (
      <p role="alert">
        {t('bell.failed')}{' '}
        <button type="button" class="button" onClick={() => attempt(look)}>
          {t('panel.retry')}
        </button>
      </p>
    );
  }
  if (told.value === null) return <p role="status">{t('panel.loading')}</p>;
  if (told.value.length === 0) return <p>{t('bell.empty')}</p>;
  return (
    <>
      <ul class="told">
        {told.value.map((line) => (
          <li key={line.id} class={line.readAt ? '' : 'is-unread'}>
            <b>{line.kind.title}</b>
            <time dateTime={line.createdAt}>{moment(new Date(line.createdAt))}</time>
            <span>{line.text}</span>
          </li>
        ))}
      </ul>
      {unread.value > 0 && (
        <button type="button" class="button" onClick={() => attempt(readAll)}>
          {t('bell.readAll')}
        </button>
      )}
    </>
  );
}

export function Bell() {
  useEffect(ring, []);
  const n = unread.value;
  const face = (
    <>
      <Drawing />
      {n > 0 && <span class="bell-count">{n > 99 ? '99+' : n}</span>}
    </>
  );
  return (
    <Popover class="bell" label={n > 0 ? t('bell.unread', { n: String(n) }) : t('bell')} face={face}>
      {() => <List />}
    </Popover>
  );
}
