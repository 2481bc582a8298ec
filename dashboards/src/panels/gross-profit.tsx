/** Валовая прибыль: how much was earned, on what and by whom. */
import type { EChartsCoreOption } from '../charts/echarts';
import { Chart } from '../charts/chart';
import { bar, categories, point, values } from '../charts/options';
import type { Theme } from '../charts/theme';
import { month as monthName } from '../format/date';
import { compare } from '../format/decimal';
import { compact, count, percent, tonnes } from '../format/number';
import { t } from '../i18n';
import { useReport } from '../api/report';
import type { GrossProfit, GrossProfitFields as Row, GrossProfitGroup, GrossProfitVariables } from '../api/operations';
import { openGrossProfit } from '../state/drill';
import { knownAt, look, period, scope, view } from '../state/view';
import { Panel, usePanel } from '../ui/panel';
import { Choice, Segmented } from '../ui/segmented';
import { Money, Table, type Column } from '../ui/table';
import query from './gross-profit.graphql?raw';

type Data = NonNullable<GrossProfit['report']>;
const GROUPS: readonly GrossProfitGroup[] = ['MONTH', 'CUSTOMER', 'MANAGER', 'PRODUCT', 'BATCH', 'DEAL', 'ORDER', 'ORDER_LINE'];
const TOP = 12;

/** Also asked by the tiles above: the same question is sent once. */
export function useGrossProfit(groupBy: GrossProfitGroup, visible: boolean) {
  const variables: GrossProfitVariables = {
    period: period.value, groupBy, basis: view.value.basis, filter: scope.value, knownAt: knownAt.value,
  };
  return useReport<Data>(query, variables, visible);
}

export function GrossProfitPanel() {
  const frame = usePanel();
  const { by, vat, basis } = view.value;
  const report = useGrossProfit(by, frame.visible);
  const open = (row: Row) => openGrossProfit(by, row.key, name(row, by));

  return (
    <Panel<Data>
      name="gross-profit"
      frame={frame}
      title={t('gp.title')}
      definition={t('gp.definition')}
      report={report}
      isEmpty={(d) => d.rows.length === 0}
      controls={
        <>
          <Choice<GrossProfitGroup>
            label={t('gp.by')} value={by} choices={GROUPS.map((value) => ({ value, text: t(`gp.by.${value}`) }))}
            onPick={(value) => look({ by: value })}
          />
          <Choice
            label={t('gp.basis')} value={basis}
            choices={(['POSTED', 'SHIPPED'] as const).map((value) => ({ value, text: t(`gp.basis.${value}`) }))}
            onPick={(value) => look({ basis: value })}
          />
          <Segmented
            label={t('vat')} value={vat}
            choices={(['net', 'gross'] as const).map((value) => ({ value, text: t(`vat.${value}`) }))}
            onPick={(value) => look({ vat: value })}
          />
        </>
      }
      plot={(data) => <Plot data={data} by={by} vat={vat} open={open} />}
      table={(data) => (
        <Table<Row>
          caption={t('gp.title')}
          columns={columns(by, vat)}
          rows={by === 'MONTH' ? data.rows : ranked(data.rows, vat)}
          rowKey={(r) => r.key}
          rowLabel={(r) => name(r, by)}
          onOpen={open}
          total={data.total}
        />
      )}
    />
  );
}

type Vat = 'net' | 'gross';
const profit = (r: Row, vat: Vat) => (vat === 'net' ? r.grossProfit : r.grossProfitWithVat);
const name = (r: Row, by: GrossProfitGroup) => (by === 'MONTH' ? monthName(r.key) : r.label);
const ranked = (rows: Row[], vat: Vat) => [...rows].sort((a, b) => compare(profit(b, vat), profit(a, vat)));

function columns(by: GrossProfitGroup, vat: Vat): Array<Column<Row>> {
  const money = (title: string, pick: (r: Row) => string): Column<Row> => ({ title, cell: (r) => <Money value={pick(r)} /> });
  return [
    { title: t(`gp.by.${by}`), text: true, cell: (r) => name(r, by) },
    money(t('gp.revenue'), (r) => (vat === 'net' ? r.revenue : r.revenueWithVat)),
    money(t('gp.cogs'), (r) => (vat === 'net' ? r.cogs : r.cogsWithVat)),
    money(t('gp.grossProfit'), (r) => profit(r, vat)),
    // Direct expenses are kept net of VAT, so the ladder goes on only in that view.
    ...(vat === 'net'
      ? [
          money(t('gp.direct'), (r) => r.directExpenses),
          money(t('gp.contribution'), (r) => r.contribution),
          { title: t('gp.margin'), cell: (r: Row) => percent(r.marginPercent) },
          { title: t('gp.markup'), cell: (r: Row) => percent(r.markupPercent) },
          { title: t('gp.tonnes'), cell: (r: Row) => tonnes(r.tonnes) },
          money(t('gp.perTonne'), (r) => r.grossProfitPerTonne),
        ]
      : [{ title: t('gp.tonnes'), cell: (r: Row) => tonnes(r.tonnes) }]),
  ];
}

function Plot({ data, by, vat, open }: { data: Data; by: GrossProfitGroup; vat: Vat; open: (row: Row) => void }) {
  if (by === 'MONTH') {
    return (
      <Chart label={t('gp.title')} height={320} option={(theme) => months(theme, data.rows, vat)} onPick={(i) => data.rows[i] && open(data.rows[i])} />
    );
  }
  const top = ranked(data.rows, vat).slice(0, TOP);
  return (
    <>
      <Chart
        label={t('gp.title')} height={Math.max(160, top.length * 24 + 44)}
        option={(theme, width) => ranking(theme, width, top, by, vat)}
        onPick={(i) => top[i] && open(top[i])}
      />
      {data.rows.length > TOP && <p class="panel-foot">{t('gp.top', { n: count(TOP), all: count(data.rows.length) })}</p>}
    </>
  );
}

/** Revenue as a stack of what it went to, with the margin as a line. */
function months(theme: Theme, rows: Row[], vat: Vat): EChartsCoreOption {
  const stack = (label: string, color: string, pick: (r: Row) => string, radius = 0) => ({
    type: 'bar', stack: 'revenue', name: label, color, barMaxWidth: 44, cursor: 'pointer',
    itemStyle: { borderRadius: [radius, radius, 0, 0] }, data: rows.map((r) => bar(theme, pick(r))),
  });
  const bars =
    vat === 'net'
      ? [
          stack(t('gp.cogs'), theme['chart-soft'], (r) => r.cogs),
          stack(t('gp.direct'), theme['chart-warm'], (r) => r.directExpenses),
          stack(t('gp.contribution'), theme['chart-accent'], (r) => r.contribution, 3),
        ]
      : [
          stack(t('gp.cogs'), theme['chart-soft'], (r) => r.cogsWithVat),
          stack(t('gp.grossProfit'), theme['chart-accent'], (r) => r.grossProfitWithVat, 3),
        ];
  const line = {
    type: 'line', name: t('gp.marginFull'), yAxisIndex: 1, color: theme.ink, symbol: 'circle', symbolSize: 5,
    lineStyle: { width: 1.5 }, z: 5,
    data: rows.map((r) => (r.marginPercent === null ? null : point(r.marginPercent, percent(r.marginPercent)))),
  };
  return {
    xAxis: categories(theme, rows.map((r) => monthName(r.key))),
    yAxis: [
      values(theme),
      values(theme, { axisLabel: { color: theme.muted, formatter: (v: number) => `${compact(v)} %` }, splitLine: { show: false }, alignTicks: true }),
    ],
    series: vat === 'net' ? [...bars, line] : bars,
  };
}

function ranking(theme: Theme, width: number, rows: Row[], by: GrossProfitGroup, vat: Vat): EChartsCoreOption {
  return {
    grid: { top: 4, left: 8, right: 56 },
    legend: { show: false },
    xAxis: values(theme),
    yAxis: categories(theme, rows.map((r) => name(r, by)), {
      inverse: true,
      axisLabel: { color: theme.ink, width: Math.min(220, width * 0.36), overflow: 'truncate' },
    }),
    series: [
      {
        type: 'bar', name: t('gp.grossProfit'), barMaxWidth: 16, cursor: 'pointer',
        label: {
          show: true, position: 'right', color: theme.muted, fontSize: 11,
          formatter: (p: { dataIndex: number }) => percent(rows[p.dataIndex]?.marginPercent ?? null),
        },
        data: rows.map((r) => ({
          ...point(profit(r, vat)),
          itemStyle: { color: Number(profit(r, vat)) < 0 ? theme['chart-loss'] : theme['chart-accent'], borderRadius: 3 },
        })),
      },
    ],
  };
}
