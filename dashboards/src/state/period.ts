/** Reporting periods as calendar dates, both ends included. Pure. */

export interface Period {
  from: string;
  to: string;
}
export type Preset = 'month' | 'previous' | 'quarter' | 'year' | 'all';
export const PRESETS: readonly Preset[] = ['month', 'previous', 'quarter', 'year', 'all'];

/** No company of the product is older than this; "all time" starts here. */
const FIRST_DAY = '2000-01-01';

function iso(year: number, monthIndex: number, day: number): string {
  return new Date(Date.UTC(year, monthIndex, day)).toISOString().slice(0, 10);
}

/** The business day is Moscow's, whatever clock the reader's device keeps. */
export function today(now: Date = new Date()): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Moscow' }).format(now);
}

/** "Quarter" and "year" are the current calendar ones, to their last day. */
export function preset(name: Preset, day: string): Period {
  const year = Number(day.slice(0, 4));
  const month = Number(day.slice(5, 7)) - 1;
  switch (name) {
    case 'month':
      return { from: iso(year, month, 1), to: iso(year, month + 1, 0) };
    case 'previous':
      return { from: iso(year, month - 1, 1), to: iso(year, month, 0) };
    case 'quarter': {
      const first = month - (month % 3);
      return { from: iso(year, first, 1), to: iso(year, first + 3, 0) };
    }
    case 'year':
      return { from: iso(year, 0, 1), to: iso(year, 12, 0) };
    case 'all':
      return { from: FIRST_DAY, to: iso(year, 12, 0) };
  }
}

/** The preset this period is today, if it is one. */
export function presetOf(period: Period, day: string): Preset | undefined {
  return PRESETS.find((name) => {
    const p = preset(name, day);
    return p.from === period.from && p.to === period.to;
  });
}

export function isDate(text: string | null): text is string {
  return text !== null && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
}

/** The calendar month of a date: drilling into "July" asks for its entries. */
export function monthOf(isoDate: string): Period {
  return preset('month', `${isoDate.slice(0, 7)}-01`);
}

/** A month inside a period may be cut by the period's ends. */
export function clip(inner: Period, outer: Period): Period {
  return {
    from: inner.from > outer.from ? inner.from : outer.from,
    to: inner.to < outer.to ? inner.to : outer.to,
  };
}
