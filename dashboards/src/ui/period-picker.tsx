/** Presets, explicit dates, and the moment the books are seen from. */
import { useState } from 'preact/hooks';
import { date, moment } from '../format/date';
import { t } from '../i18n';
import { isDate, PRESETS } from '../state/period';
import { look, period, periodPreset, view } from '../state/view';
import { Calendar, Close, Down } from './icons';
import { Popover } from './popover';

export function PeriodPicker() {
  const chosen = periodPreset.value;
  const { from, to } = period.value;
  const range = chosen === 'all' ? '' : `${date(from)} – ${date(to)}`;
  return (
    <Popover
      class="period"
      label={`${t('period')}: ${chosen ? t(`period.${chosen}`) : ''} ${range}`}
      face={
        <>
          <Calendar />
          <span class="period-face">
            {chosen && <b>{t(`period.${chosen}`)}</b>}
            {range && <span>{range}</span>}
          </span>
          <Down />
        </>
      }
    >
      {(close) => (
        <>
          <div class="presets" role="group" aria-label={t('period')}>
            {PRESETS.map((name) => (
              <button
                key={name} type="button" class={name === chosen ? 'is-on' : ''} aria-pressed={name === chosen}
                onClick={() => {
                  look({ period: name });
                  close();
                }}
              >
                {t(`period.${name}`)}
              </button>
            ))}
          </div>
          <Dates from={from} to={to} close={close} />
          <KnownAt />
        </>
      )}
    </Popover>
  );
}

function Dates({ from, to, close }: { from: string; to: string; close: () => void }) {
  const [first, setFirst] = useState(from);
  const [last, setLast] = useState(to);
  const valid = isDate(first) && isDate(last) && first <= last;
  return (
    <form
      class="dates"
      onSubmit={(e) => {
        e.preventDefault();
        if (!valid) return;
        look({ period: { from: first, to: last } });
        close();
      }}
    >
      <label>
        {t('period.from')}
        <input type="date" required value={first} onInput={(e) => setFirst(e.currentTarget.value)} />
      </label>
      <label>
        {t('period.to')}
        <input type="date" required value={last} onInput={(e) => setLast(e.currentTarget.value)} />
      </label>
      <button type="submit" class="button is-primary" disabled={!valid}>
        {t('period.apply')}
      </button>
      {!valid && <p role="alert">{t('period.invalid')}</p>}
    </form>
  );
}

/** "2026-07-01T12:30" in the reader's zone, as the input wants it. */
function local(instant: string): string {
  if (!instant) return '';
  const at = new Date(instant);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function KnownAt() {
  return (
    <label class="known-at">
      {t('knownAt')}
      <input
        type="datetime-local" value={local(view.value.knownAt)}
        onChange={(e) => look({ knownAt: e.currentTarget.value ? new Date(e.currentTarget.value).toISOString() : '' })}
      />
      <small>{t('knownAt.hint')}</small>
    </label>
  );
}

/** Says over the whole page that these are not today's numbers. */
export function KnownAtBanner() {
  const at = view.value.knownAt;
  if (!at) return null;
  return (
    <p class="banner" role="status">
      {t('knownAt.note', { moment: moment(at) })}
      <button type="button" class="button" onClick={() => look({ knownAt: '' })}>
        <Close /> {t('knownAt.reset')}
      </button>
    </p>
  );
}
