/** Company, channel and manager: what every report is narrowed to. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { send } from '../api/client';
import type { Choices } from '../api/operations';
import { t } from '../i18n';
import { look, view } from '../state/view';
import query from '../api/choices.graphql?raw';
import { Down, Funnel } from './icons';
import { Popover } from './popover';

const choices = signal<Choices | null>(null);

export function Filters() {
  useEffect(() => {
    send<Choices>(query, {}).then((c) => (choices.value = c)).catch(() => undefined);
  }, []);
  const lists = choices.value;
  const v = view.value;
  const chosen = [v.company, v.channel, v.manager].filter(Boolean).length;
  if (!lists) return null;
  const names = [
    lists.companies.find((c) => c.id === v.company)?.name,
    lists.channels.find((c) => c.id === v.channel)?.name,
    lists.employees.find((c) => c.id === v.manager)?.name,
  ].filter((n): n is string => n !== undefined);
  return (
    <Popover
      class={`filters${chosen ? ' is-set' : ''}`}
      label={[t('filter'), ...names].join(': ')}
      face={
        <>
          <Funnel />
          <span class="filters-face">{names.length ? names.join(', ') : t('filter')}</span>
          <Down />
        </>
      }
    >
      {(close) => (
        <>
          <Pick label={t('filter.company')} value={v.company} from={lists.companies} onPick={(company) => look({ company })} />
          <Pick label={t('filter.channel')} value={v.channel} from={lists.channels} onPick={(channel) => look({ channel })} />
          <Pick label={t('filter.manager')} value={v.manager} from={lists.employees} onPick={(manager) => look({ manager })} />
          {chosen > 0 && (
            <button
              type="button" class="button"
              onClick={() => {
                look({ company: '', channel: '', manager: '' });
                close();
              }}
            >
              {t('filter.reset')}
            </button>
          )}
        </>
      )}
    </Popover>
  );
}

interface PickProps {
  label: string;
  value: string;
  from: Array<{ id: string; name: string }>;
  onPick: (id: string) => void;
}

function Pick({ label, value, from, onPick }: PickProps) {
  return (
    <label class="filter-pick">
      {label}
      <select value={value} onChange={(e) => onPick(e.currentTarget.value)}>
        <option value="">{t('filter.any')}</option>
        {from.map((o) => (
          <option key={o.id} value={o.id}>
            {o.name}
          </option>
        ))}
      </select>
    </label>
  );
}
