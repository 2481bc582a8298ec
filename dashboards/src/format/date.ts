/** Dates and times as people read them. Business dates have no time zone and never get one. */
import { lang } from '../i18n';

const locales = { ru: 'ru-RU', en: 'en-GB' } as const;

function format(options: Intl.DateTimeFormatOptions, value: Date): string {
  return new Intl.DateTimeFormat(locales[lang.value], options).format(value);
}

/** "2026-07-01" → "01.07.2026" */
export function date(iso: string): string {
  return format({ timeZone: 'UTC', day: '2-digit', month: '2-digit', year: 'numeric' }, new Date(`${iso.slice(0, 10)}T00:00:00Z`));
}

/** "2026-07-01" or "2026-07" → "июл. 26" */
export function month(iso: string): string {
  const day = new Date(`${iso.slice(0, 7)}-01T00:00:00Z`);
  const name = format({ timeZone: 'UTC', month: 'short' }, day).replace('.', '');
  return `${name} ’${iso.slice(2, 4)}`;
}

/** "июль 2026 г." */
export function longMonth(iso: string): string {
  return format({ timeZone: 'UTC', month: 'long', year: 'numeric' }, new Date(`${iso.slice(0, 7)}-01T00:00:00Z`));
}

/** An instant in the reader's own time zone: "12:34:56". */
export function time(instant: string): string {
  return format({ hour: '2-digit', minute: '2-digit', second: '2-digit' }, new Date(instant));
}

/** An instant in the reader's own time zone: "01.07.2026, 12:34". */
export function moment(instant: string | Date): string {
  return format({ day: '2-digit', month: '2-digit', year: 'numeric', hour: '2-digit', minute: '2-digit' }, new Date(instant));
}
