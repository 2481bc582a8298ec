/** The look every chart of the page shares. */
import { compact, money } from '../format/number';
import type { EChartsCoreOption } from './echarts';
import type { Theme } from './theme';

/** A point of a chart: a float for its length, the exact text for its tooltip. */
export interface Point {
  value: number;
  text: string;
}

export function point(decimal: string, text: string = `${money(decimal)} ₽`): Point {
  return { value: Number(decimal), text };
}

/** A bar that goes below zero is a loss and looks like one. */
export function bar(t: Theme, decimal: string): object {
  return Number(decimal) < 0 ? { ...point(decimal), itemStyle: { color: t['chart-loss'] } } : point(decimal);
}

export function base(t: Theme): EChartsCoreOption {
  return {
    animation: t.motion,
    animationDuration: 350,
    animationDurationUpdate: 250,
    textStyle: { fontFamily: t.font, fontSize: 12, color: t.muted },
    grid: { left: 8, right: 8, top: 36, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    legend: {
      top: 0, left: 0, padding: 0, icon: 'roundRect', itemWidth: 10, itemHeight: 10, itemGap: 16,
      textStyle: { color: t.muted, fontSize: 12 }, inactiveColor: t.line,
    },
    tooltip: {
      trigger: 'axis',
      confine: true,
      axisPointer: { type: 'shadow', shadowStyle: { color: t.accent, opacity: 0.06 } },
      backgroundColor: t.surface,
      borderColor: t.line,
      textStyle: { color: t.ink, fontSize: 12 },
      extraCssText: 'box-shadow: var(--shadow-raised); border-radius: 8px; font-variant-numeric: tabular-nums;',
      formatter: tooltip,
    },
    aria: { enabled: false, decal: { show: t.patterns } },
  };
}

export function categories(t: Theme, data: string[], extra: object = {}): object {
  return {
    type: 'category', data,
    axisLine: { lineStyle: { color: t.line } }, axisTick: { show: false },
    axisLabel: { color: t.muted, hideOverlap: true },
    ...extra,
  };
}

export function values(t: Theme, extra: object = {}): object {
  return {
    type: 'value', splitNumber: 4,
    axisLabel: { color: t.muted, formatter: (v: number) => compact(v) },
    splitLine: { lineStyle: { color: t.line, opacity: 0.7 } },
    ...extra,
  };
}

interface Hovered {
  seriesName: string;
  color: string;
  axisValueLabel?: string;
  name: string;
  data?: Point | null;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string): string => text.replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c);

/** Exact amounts, never the float the bar was drawn with; labels come from data and are escaped. */
function tooltip(hovered: Hovered | Hovered[]): string {
  const list = Array.isArray(hovered) ? hovered : [hovered];
  const rows = list
    .filter((h) => h.data)
    .map((h) => `<div class="tip-row"><i style="background:${h.color}"></i><span>${escape(h.seriesName)}</span><b>${escape(h.data?.text ?? '')}</b></div>`);
  const first = list[0];
  return `<div class="tip"><strong>${escape(first?.axisValueLabel ?? first?.name ?? '')}</strong>${rows.join('')}</div>`;
}
