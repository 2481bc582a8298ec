/** The frame of a report: heading, definition, controls, and exactly one of loading / error / empty / content. */
import type { ComponentChildren, RefObject } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import type { Report } from '../api/report';
import { t, known, type Key } from '../i18n';
import { Definition } from './definition';
import { Cross } from './icons';
import { Segmented } from './segmented';
import { useVisible } from './use-visible';

export type Face = 'plot' | 'table';

/** What a panel needs before it can ask for its report. */
export function usePanel(first: Face = 'plot') {
  const ref = useRef<HTMLElement>(null);
  const [face, setFace] = useState<Face>(first);
  return { ref, visible: useVisible(ref), face, setFace };
}

interface Props<T> {
  name: string;
  frame: { ref: RefObject<HTMLElement | null>; face: Face; setFace: (face: Face) => void };
  title: string;
  note?: string;
  definition: string;
  controls?: ComponentChildren;
  report: Report<T>;
  isEmpty: (data: T) => boolean;
  emptyText?: string;
  plot: (data: T) => ComponentChildren;
  table: (data: T) => ComponentChildren;
}

export function Panel<T>(p: Props<T>) {
  const heading = useId();
  const { data, error, stale } = p.report;
  return (
    <section class={`panel panel-${p.name}`} ref={p.frame.ref} aria-labelledby={heading} data-panel={p.name} data-state={stateOf(p)}>
      <header class="panel-head">
        <h2 id={heading}>{p.title}</h2>
        <Definition title={p.title} text={p.definition} />
        {p.note && <span class="panel-note">{p.note}</span>}
        <div class="panel-controls">
          {p.controls}
          <Segmented<Face>
            label={t('panel.view')}
            value={p.frame.face}
            choices={[
              { value: 'plot', text: t('panel.plot') },
              { value: 'table', text: t('panel.table') },
            ]}
            onPick={p.frame.setFace}
          />
        </div>
      </header>
      <figure class={`panel-body${stale ? ' is-stale' : ''}`} aria-busy={stale || (!data && !error)}>
        <figcaption class="sr-only">{p.title}</figcaption>
        {body(p)}
      </figure>
    </section>
  );
}

function stateOf<T>({ report, isEmpty }: Props<T>): string {
  if (report.error) return 'error';
  if (report.data === null) return 'loading';
  if (report.stale) return 'stale';
  return isEmpty(report.data) ? 'empty' : 'ready';
}

function body<T>(p: Props<T>): ComponentChildren {
  const { data, error, retry } = p.report;
  if (error) return <Failure code={error.code} retry={retry} />;
  if (data === null) return <Skeleton />;
  if (p.isEmpty(data)) return <Empty text={p.emptyText ?? t('panel.empty')} />;
  return p.frame.face === 'plot' ? p.plot(data) : p.table(data);
}

export function Failure({ code, retry }: { code: string; retry: () => void }) {
  const key = `error.${code}`;
  const text: Key = known(key) ? key : 'error.OTHER';
  return (
    <div class="state state-error" role="alert">
      <Cross />
      <p>
        <strong>{t('panel.error')}</strong>
        {t(text)}
      </p>
      <code>{code}</code>
      <button type="button" class="button" onClick={retry}>
        {t('panel.retry')}
      </button>
    </div>
  );
}

export function Empty({ text }: { text: string }) {
  return (
    <div class="state">
      <p>
        <strong>{text}</strong>
        {t('panel.emptyHint')}
      </p>
    </div>
  );
}

const BARS = [42, 66, 54, 80, 61, 92, 74, 50, 70, 85];

export function Skeleton() {
  return (
    <div class="skeleton" role="status">
      <span class="sr-only">{t('panel.loading')}</span>
      {BARS.map((height, i) => (
        <i key={i} style={{ height: `${height}%` }} />
      ))}
    </div>
  );
}
