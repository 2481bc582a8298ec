/** An SVG chart that follows its container, the colour scheme and the language. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ECharts, EChartsCoreOption } from './echarts';
import { base } from './options';
import { paper, theme, type Theme } from './theme';

/** A landscape page of A4 between its margins and the panel's padding, in CSS pixels. */
const PAPER_WIDTH = 960;

interface Props {
  /** What a screen reader is told; the exact figures are in the table beside it. */
  label: string;
  /** At least so many pixels; a taller panel stretches it. */
  height: number;
  option: (theme: Theme, width: number) => EChartsCoreOption;
  /** Called with the index of the clicked category. */
  onPick?: (index: number) => void;
}

export function Chart({ label, height, option, onPick }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts | null>(null);
  const pick = useRef(onPick);
  pick.current = onPick;
  const [width, setWidth] = useState(0);
  const look = theme.value;

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let gone = false;
    const observer = new ResizeObserver(() => {
      chart.current?.resize();
      setWidth(element.clientWidth);
    });
    void import('./echarts').then(({ init }) => {
      if (gone) return;
      const made = init(element, null, { renderer: 'svg' });
      made.on('click', (event) => pick.current?.((event as { dataIndex: number }).dataIndex));
      chart.current = made;
      observer.observe(element);
    });
    return () => {
      gone = true;
      observer.disconnect();
      chart.current?.dispose();
      chart.current = null;
    };
  }, []);

  const draw = (look: Theme, width: number) => {
    if (!chart.current || width === 0) return;
    const wanted = option(look, width);
    const shared = base(look);
    const merged: Record<string, unknown> = { ...shared, ...wanted };
    for (const part of ['grid', 'legend', 'tooltip'] as const) {
      const own = wanted[part];
      merged[part] = own ? { ...(shared[part] as object), ...(own as object) } : shared[part];
    }
    // On a phone the legend takes two lines.
    const narrow = width < 460 && (merged['legend'] as { show?: boolean }).show !== false;
    if (narrow) merged['grid'] = { ...(merged['grid'] as object), top: 58 };
    chart.current.setOption(merged, { replaceMerge: ['series', 'xAxis', 'yAxis'] });
  };
  useEffect(() => draw(look, width));

  // The browser lays the paper out right after this event, so the chart is redrawn inside it.
  const redraw = useRef(draw);
  redraw.current = draw;
  useEffect(() => {
    const print = () => {
      const on = paper.peek();
      chart.current?.resize(on ? { width: PAPER_WIDTH, height } : { width: 'auto', height: 'auto' });
      redraw.current(theme.peek(), on ? PAPER_WIDTH : (box.current?.clientWidth ?? 0));
    };
    addEventListener('beforeprint', print);
    addEventListener('afterprint', print);
    return () => {
      removeEventListener('beforeprint', print);
      removeEventListener('afterprint', print);
    };
  }, [height]);

  return (
    <div class="chart" style={{ minHeight: `${height}px` }} role="img" aria-label={label}>
      <div ref={box} />
    </div>
  );
}
