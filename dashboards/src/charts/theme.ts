/** Colours of the charts: the page's own tokens, read again when the colour scheme changes. */
import { computed, signal } from '@preact/signals';

const dark = matchMedia('(prefers-color-scheme: dark)');
const contrast = matchMedia('(prefers-contrast: more)');
const calm = matchMedia('(prefers-reduced-motion: reduce)');
const changed = signal(0);
for (const query of [dark, contrast, calm]) query.addEventListener('change', () => (changed.value += 1));

/** While the page is printed, charts are drawn for white paper. Runs before any other listener of these events. */
export const paper = signal(false);
for (const [event, on] of [['beforeprint', true], ['afterprint', false]] as const) {
  addEventListener(event, () => {
    document.documentElement.toggleAttribute('data-paper', on);
    paper.value = on;
  });
}

const NAMES = [
  'ink', 'muted', 'line', 'surface', 'accent', 'positive', 'negative',
  'chart-accent', 'chart-mid', 'chart-soft', 'chart-warm', 'chart-loss',
] as const;
type Name = (typeof NAMES)[number];
export type Theme = Record<Name, string> & { font: string; patterns: boolean; motion: boolean };

export const theme = computed<Theme>(() => {
  void changed.value;
  void paper.value;
  const style = getComputedStyle(document.documentElement);
  const colours = Object.fromEntries(NAMES.map((n) => [n, style.getPropertyValue(`--${n}`).trim()]));
  return {
    ...(colours as Record<Name, string>),
    font: getComputedStyle(document.body).fontFamily,
    patterns: contrast.matches,
    motion: !calm.matches && !paper.value,
  };
});
