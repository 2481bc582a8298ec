/**
 * What the reader looks at: period, filters and views. All of it lives in the URL's query, so that
 * a link shows another director the same numbers.
 */
import { computed, effect, signal } from '@preact/signals';
import { lang } from '../i18n';
import { isDate, preset, presetOf, PRESETS, today, type Period, type Preset } from './period';
import type { FunnelGroup, GrossProfitGroup, ReportBasis, ReportScopeInput } from '../api/operations';

export interface View {
  /** A preset moves with the calendar; explicit dates do not. */
  period: Preset | Period;
  company: string;
  channel: string;
  manager: string;
  knownAt: string;
  vat: 'net' | 'gross';
  by: GrossProfitGroup;
  basis: ReportBasis;
  funnel: FunnelGroup;
}

const GROUPS: readonly GrossProfitGroup[] = ['MONTH', 'CUSTOMER', 'MANAGER', 'PRODUCT', 'BATCH', 'DEAL', 'ORDER'];
const FUNNEL_GROUPS: readonly FunnelGroup[] = ['CHANNEL', 'MANAGER', 'MONTH'];

function pick<T extends string>(value: string | null, allowed: readonly T[], fallback: T): T {
  return allowed.find((a) => a === value) ?? fallback;
}

function read(): View {
  const q = new URLSearchParams(location.search);
  const from = q.get('from');
  const to = q.get('to');
  const known = q.get('knownAt');
  return {
    period: isDate(from) && isDate(to) && from <= to ? { from, to } : pick(q.get('period'), PRESETS, 'year'),
    company: q.get('company') ?? '',
    channel: q.get('channel') ?? '',
    manager: q.get('manager') ?? '',
    knownAt: known && !Number.isNaN(Date.parse(known)) ? new Date(known).toISOString() : '',
    vat: pick(q.get('vat'), ['net', 'gross'], 'net'),
    by: pick(q.get('by'), GROUPS, 'MONTH'),
    basis: pick(q.get('basis'), ['POSTED', 'SHIPPED'], 'POSTED'),
    funnel: pick(q.get('funnel'), FUNNEL_GROUPS, 'CHANNEL'),
  };
}

function write(v: View): string {
  const q = new URLSearchParams();
  if (typeof v.period === 'string') {
    if (v.period !== 'year') q.set('period', v.period);
  } else {
    q.set('from', v.period.from);
    q.set('to', v.period.to);
  }
  for (const name of ['company', 'channel', 'manager', 'knownAt'] as const) if (v[name]) q.set(name, v[name]);
  if (v.vat !== 'net') q.set('vat', v.vat);
  if (v.by !== 'MONTH') q.set('by', v.by);
  if (v.basis !== 'POSTED') q.set('basis', v.basis);
  if (v.funnel !== 'CHANNEL') q.set('funnel', v.funnel);
  if (lang.value !== 'ru') q.set('lang', lang.value);
  const text = q.toString();
  return text ? `?${text}` : location.pathname;
}

export const view = signal<View>(read());

/** Changes the view; the browser's "back" undoes it. */
export function look(change: Partial<View>): void {
  view.value = { ...view.value, ...change };
  history.pushState(null, '', write(view.value));
}

addEventListener('popstate', () => (view.value = read()));
effect(() => {
  if (lang.value) history.replaceState(null, '', write(view.peek()));
});

export const period = computed<Period>(() => {
  const p = view.value.period;
  return typeof p === 'string' ? preset(p, today()) : p;
});
export const periodPreset = computed(() => {
  const p = view.value.period;
  return typeof p === 'string' ? p : presetOf(p, today());
});

export const scope = computed<ReportScopeInput | null>(() => {
  const { company, channel, manager } = view.value;
  if (!company && !channel && !manager) return null;
  return { companyId: company || null, channelId: channel || null, managerId: manager || null };
});
export const knownAt = computed(() => view.value.knownAt || null);

/** A balance in the future is today's: nothing is posted ahead. */
export const balanceDay = computed(() => {
  const day = today();
  return period.value.to < day ? period.value.to : day;
});
