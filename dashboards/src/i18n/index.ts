/** The language of the page: `?lang=` wins, then what was chosen before, then Russian. */
import { effect, signal } from '@preact/signals';
import { en } from './en';
import { ru, type Key } from './ru';

export type Lang = 'ru' | 'en';
export type { Key };

const dictionaries = { ru, en };
const STORED = 'shpunt.lang';

function initial(): Lang {
  const asked = new URLSearchParams(location.search).get('lang') ?? localStorage.getItem(STORED);
  return asked === 'en' ? 'en' : 'ru';
}

export const lang = signal<Lang>(initial());

effect(() => {
  localStorage.setItem(STORED, lang.value);
  document.documentElement.lang = lang.value;
  document.title = dictionaries[lang.value]['page.title'];
});

/** The text of a key, with `{name}` places filled. */
export function t(key: Key, values?: Record<string, string | number>): string {
  const text: string = dictionaries[lang.value][key];
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** Whether a key made from server data (an enum a newer server may extend) has a text. */
export function known(key: string): key is Key {
  return key in ru;
}

/** The text of `prefix.VALUE`, or the value itself when this page does not know it yet. */
export function term(prefix: string, value: string): string {
  const key = `${prefix}.${value}`;
  return known(key) ? t(key) : value;
}
