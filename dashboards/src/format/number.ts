/** Numbers as people read them. Decimal strings go to Intl as they are: it formats them exactly. */
import { lang } from '../i18n';

const locales = { ru: 'ru-RU', en: 'en-GB' } as const;

const cache = new Map<string, Intl.NumberFormat>();
function formatter(name: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = lang.value + name;
  let found = cache.get(key);
  if (!found) cache.set(key, (found = new Intl.NumberFormat(locales[lang.value], options)));
  return found;
}

/** A true minus sign keeps digits aligned and is read aloud as "minus". */
function show(format: Intl.NumberFormat, value: string | number): string {
  return format.format(value as Intl.StringNumericLiteral).replace('-', '−');
}

/** "1 234 567,89" */
export function money(value: string): string {
  return show(formatter('money', { minimumFractionDigits: 2, maximumFractionDigits: 2 }), value);
}

/** "1 234 568": for tables wide enough already; the exact value is in the cell's title. */
export function roubles(value: string): string {
  return show(formatter('roubles', { maximumFractionDigits: 0 }), value);
}

/** "1,2 млн ₽" */
export function compactMoney(value: string, signDisplay: 'auto' | 'exceptZero' = 'auto'): string {
  // A tenth of a billion is too coarse to read; a hundredth of a million is too fine.
  const places = Math.abs(Number(value)) >= 1e9 ? 2 : 1;
  return show(
    formatter(`compactMoney${places}${signDisplay}`, {
      signDisplay,
      style: 'currency', currency: 'RUB', currencyDisplay: 'narrowSymbol', notation: 'compact',
      minimumFractionDigits: 0, maximumFractionDigits: places,
    }),
    value,
  );
}

/** "1,2 млн", for axes: the panel names the currency. */
export function compact(value: string | number): string {
  return show(formatter('compact', { notation: 'compact', maximumSignificantDigits: 3 }), value);
}

/** "+1,2 млн ₽": a change rather than an amount. */
export function signedCompactMoney(value: string): string {
  return compactMoney(value, 'exceptZero');
}

/** "12,3 %"; a dash where the server answers null (nothing to divide by). */
export function percent(value: string | null): string {
  if (value === null) return '—';
  return `${show(formatter('percent', { minimumFractionDigits: 1, maximumFractionDigits: 1 }), value)} %`;
}

export function tonnes(value: string): string {
  return show(formatter('tonnes', { minimumFractionDigits: 0, maximumFractionDigits: 1 }), value);
}

export function count(value: number): string {
  return show(formatter('count', { maximumFractionDigits: 0 }), value);
}

export function seconds(milliseconds: number): string {
  return show(formatter('seconds', { minimumFractionDigits: 1, maximumFractionDigits: 1 }), milliseconds / 1000);
}

/** "5 дней" with the language's plural forms. */
export function days(value: number): string {
  return formatter('days', { style: 'unit', unit: 'day', unitDisplay: 'short', maximumFractionDigits: 1 }).format(value);
}

/** Hours as the unit a person would choose: minutes, hours or days. */
export function duration(hours: string | null): string {
  if (hours === null) return '—';
  const value = Number(hours);
  const unit = value < 1 ? 'minute' : value < 48 ? 'hour' : 'day';
  const amount = unit === 'minute' ? value * 60 : unit === 'hour' ? value : value / 24;
  return formatter(unit, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: amount < 10 && unit !== 'minute' ? 1 : 0 }).format(amount);
}
