/** How fresh the numbers are: said in words, marked by shape and colour. */
import { lagMs, offline, position } from '../api/frontier';
import { time } from '../format/date';
import { seconds } from '../format/number';
import { t } from '../i18n';

const LATE_MS = 5_000;
const STALE_MS = 60_000;

export function Freshness() {
  const lag = lagMs.value;
  const at = position.value;
  if (lag === null || at === null) return <span class="fresh is-unknown" aria-hidden="true" />;
  const level = lag > STALE_MS ? 'stale' : lag > LATE_MS || offline.value ? 'late' : 'ok';
  const words = t(offline.value ? 'fresh.offline' : `fresh.${level}`);
  return (
    <span class={`fresh is-${level}`} title={words} data-level={level} data-lsn={at.lsn}>
      <i aria-hidden="true" />
      <span class="sr-only" role="status">{words}</span>
      <span class="fresh-at">{t('fresh.asOf', { time: time(new Date(Date.now() - lag).toISOString()) })}</span>
      <span>
        <span class="fresh-word">{offline.value ? words : t('fresh.lag')}</span> {t('fresh.seconds', { lag: seconds(lag) })}
      </span>
    </span>
  );
}
