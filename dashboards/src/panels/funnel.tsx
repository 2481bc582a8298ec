/** Воронка: how leads become deals, where they stop, and how long a stage takes. */
import { count, duration, percent, roubles, compactMoney } from '../format/number';
import { month as monthName } from '../format/date';
import { t, term } from '../i18n';
import { useReport } from '../api/report';
import type { Funnel, FunnelGroup, FunnelVariables } from '../api/operations';
import { look, period, scope, view } from '../state/view';
import { Panel, usePanel } from '../ui/panel';
import { Choice } from '../ui/segmented';
import { Money, Table } from '../ui/table';
import query from './funnel.graphql?raw';

type Data = NonNullable<Funnel['report']>;
type Stage = Data['stages'][number];
type Group = Data['groups'][number];
const GROUPS: readonly FunnelGroup[] = ['CHANNEL', 'MANAGER', 'MONTH'];

export function FunnelPanel() {
  const frame = usePanel();
  const by = view.value.funnel;
  const variables: FunnelVariables = { period: period.value, groupBy: by, filter: scope.value };
  const report = useReport<Data>(query, variables, frame.visible);

  return (
    <Panel<Data>
      name="funnel"
      frame={frame}
      title={t('funnel.title')}
      definition={t('funnel.definition')}
      report={report}
      isEmpty={(d) => d.leads === 0}
      controls={
        <Choice<FunnelGroup>
          label={t('funnel.view')} value={by} choices={GROUPS.map((value) => ({ value, text: t(`funnel.by.${value}`) }))}
          onPick={(value) => look({ funnel: value })}
        />
      }
      plot={(data) => (
        <>
          <Shape stages={data.stages.filter((s) => s.stage !== 'LOST')} />
          <Split data={data} />
          <Groups rows={data.groups} by={by} short />
        </>
      )}
      table={(data) => (
        <>
          <Stages rows={data.stages} />
          <Groups rows={data.groups} by={by} />
        </>
      )}
    />
  );
}

const ROW = 34;

/** Trapezoids from the width of one stage to the width of the next, beside their figures. */
function Shape({ stages }: { stages: Stage[] }) {
  const most = Math.max(1, ...stages.map((s) => s.reached));
  const half = (s: Stage | undefined) => ((s?.reached ?? 0) / most) * 50;
  return (
    <div class="funnel" role="table" aria-label={t('funnel.title')}>
      <div class="funnel-row funnel-head" role="row">
        <span role="columnheader">{t('funnel.stage')}</span>
        <span role="columnheader">{t('funnel.reached')}</span>
        <span role="columnheader">{t('funnel.fromPrevious')}</span>
        <span role="columnheader" class="funnel-time">{t('funnel.time')}</span>
      </div>
      {stages.map((s, i) => {
        const top = half(s);
        const bottom = half(stages[i + 1] ?? s);
        return (
          <div class="funnel-row" role="row" key={s.stage}>
            <span role="cell" class="funnel-name">
              {term('stage', s.stage)}
            </span>
            <span role="cell" class="funnel-bar">
              <svg viewBox={`0 0 100 ${ROW}`} preserveAspectRatio="none" aria-hidden="true">
                <polygon
                  class={`funnel-step-${i}`}
                  points={`${50 - top},0 ${50 + top},0 ${50 + bottom},${ROW - 2} ${50 - bottom},${ROW - 2}`}
                />
              </svg>
              <b>{count(s.reached)}</b>
            </span>
            <span role="cell" class="funnel-rate" title={`${t('funnel.fromFirst')}: ${percent(s.conversionFromFirst)}`}>
              {percent(s.conversionFromPrevious)}
            </span>
            <span role="cell" class="funnel-time" title={`${t('funnel.median')} / ${t('funnel.p90')}`}>
              {s.medianHours === null ? '—' : `${duration(s.medianHours)} / ${duration(s.p90Hours)}`}
            </span>
          </div>
        );
      })}
    </div>
  );
}

/** Won + open + lost = leads. */
function Split({ data }: { data: Data }) {
  const parts = [
    { key: 'won', text: t('funnel.won'), value: data.won },
    { key: 'open', text: t('funnel.open'), value: data.open },
    { key: 'lost', text: t('funnel.lost'), value: data.lost },
  ];
  return (
    <div class="split" role="group" aria-label={t('funnel.split')}>
      <div class="split-bar" aria-hidden="true">
        {parts.map((p) => p.value > 0 && <i key={p.key} class={`split-${p.key}`} style={{ flexGrow: p.value }} />)}
      </div>
      <ul>
        {parts.map((p) => (
          <li key={p.key}>
            <i class={`split-${p.key}`} aria-hidden="true" />
            {p.text} <b>{count(p.value)}</b>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Stages({ rows }: { rows: Stage[] }) {
  return (
    <Table<Stage>
      caption={t('funnel.stages')}
      rows={rows}
      rowKey={(r) => r.stage}
      columns={[
        { title: t('funnel.stage'), text: true, cell: (r) => term('stage', r.stage) },
        { title: t('funnel.reached'), cell: (r) => count(r.reached) },
        { title: t('funnel.fromPrevious'), cell: (r) => percent(r.conversionFromPrevious) },
        { title: t('funnel.fromFirst'), cell: (r) => percent(r.conversionFromFirst) },
        { title: t('funnel.median'), cell: (r) => duration(r.medianHours) },
        { title: t('funnel.p90'), cell: (r) => duration(r.p90Hours) },
        { title: t('funnel.current'), cell: (r) => count(r.current) },
        { title: t('funnel.currentAmount'), cell: (r) => roubles(r.currentAmount) },
      ]}
    />
  );
}

function Groups({ rows, by, short = false }: { rows: Group[]; by: FunnelGroup; short?: boolean }) {
  const name = (r: Group) => (by === 'MONTH' ? monthName(r.key) : r.label);
  const win = {
    title: t('funnel.win'),
    cell: (r: Group) => (
      <span class="meter">
        <i style={{ width: `${Number(r.winPercent ?? 0)}%` }} />
        <span>{percent(r.winPercent)}</span>
      </span>
    ),
  };
  return (
    <Table<Group>
      caption={t(`funnel.by.${by}`)}
      rows={rows}
      rowKey={(r) => r.key}
      columns={
        short
          ? [
              { title: t(`funnel.by.${by}`), text: true, cell: name },
              { title: t('funnel.leads'), cell: (r) => count(r.leads) },
              { title: t('funnel.won'), cell: (r) => count(r.won) },
              win,
              { title: t('funnel.wonAmount'), cell: (r) => <span title={`${roubles(r.wonAmount)} ₽`}>{compactMoney(r.wonAmount)}</span> },
            ]
          : [
              { title: t(`funnel.by.${by}`), text: true, cell: name },
              { title: t('funnel.leads'), cell: (r) => count(r.leads) },
              { title: t('funnel.qualified'), cell: (r) => count(r.qualified) },
              { title: t('funnel.won'), cell: (r) => count(r.won) },
              { title: t('funnel.lost'), cell: (r) => count(r.lost) },
              { title: t('funnel.open'), cell: (r) => count(r.open) },
              win,
              { title: t('funnel.wonAmount'), cell: (r) => <Money value={r.wonAmount} /> },
            ]
      }
    />
  );
}
