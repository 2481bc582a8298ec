/** ДДС: where money came from, where it went, what is left on every account. */
import { useState } from 'preact/hooks';
import type { EChartsCoreOption } from '../charts/echarts';
import { Chart } from '../charts/chart';
import { categories, point, values } from '../charts/options';
import type { Theme } from '../charts/theme';
import { longMonth, month as monthName } from '../format/date';
import { money } from '../format/number';
import { sum } from '../format/decimal';
import { t, term } from '../i18n';
import { useReport } from '../api/report';
import type { CashFlow, CashFlowVariables } from '../api/operations';
import { openCashAccount, openCashArticle, openCashMonth } from '../state/drill';
import { knownAt, period, scope } from '../state/view';
import { Panel, usePanel } from '../ui/panel';
import { Pivot } from '../ui/pivot';
import { Choice } from '../ui/segmented';
import { Money, Roubles, Table } from '../ui/table';
import query from './cash-flow.graphql?raw';

type Data = NonNullable<CashFlow['report']>;
type Month = Data['months'][number];
type Account = Data['accounts'][number];
const VIEWS = ['articles', 'months', 'accounts'] as const;
const ACTIVITIES = ['OPERATING', 'INVESTING', 'FINANCING', 'NONE'] as const;

export function useCashFlow(visible: boolean) {
  const variables: CashFlowVariables = { period: period.value, filter: scope.value, knownAt: knownAt.value };
  return useReport<Data>(query, variables, visible);
}

export function CashFlowPanel() {
  const frame = usePanel();
  const [shown, setShown] = useState<(typeof VIEWS)[number]>('articles');
  const report = useCashFlow(frame.visible);

  return (
    <Panel<Data>
      name="cash-flow"
      frame={frame}
      title={t('cash.title')}
      definition={t('cash.definition')}
      report={report}
      isEmpty={(d) => d.months.length === 0 && d.accounts.length === 0}
      controls={
        frame.face === 'table' && (
          <Choice label={t('cash.view')} value={shown} choices={VIEWS.map((value) => ({ value, text: t(`cash.${value}`) }))} onPick={setShown} />
        )
      }
      plot={(data) => (
        <>
          <Chart
            label={t('cash.title')} height={280} option={(theme) => chart(theme, data.months)}
            onPick={(i) => data.months[i] && openCashMonth(data.months[i].month)}
          />
          <Accounts rows={data.accounts} short />
        </>
      )}
      table={(data) => {
        if (shown === 'months') return <Months rows={data.months} />;
        if (shown === 'accounts') return <Accounts rows={data.accounts} />;
        return (
          <Pivot
            caption={t('cash.articles')}
            result={t('cash.net')}
            sections={ACTIVITIES.map((key) => ({ key, title: term('activity', key), sign: 1 }))}
            lines={data.rows.map((r) => ({ key: r.articleId, label: r.article, section: r.activity, month: r.month, amount: r.net }))}
            onOpen={openCashArticle}
          />
        );
      }}
    />
  );
}

/** Money in above the axis, money out below it, the closing balance as a line. */
function chart(theme: Theme, months: Month[]): EChartsCoreOption {
  const bar = { type: 'bar', stack: 'flow', barMaxWidth: 32, cursor: 'pointer' };
  return {
    xAxis: categories(theme, months.map((m) => monthName(m.month)), { axisLabel: { color: theme.muted, hideOverlap: true }, axisLine: { onZero: false, lineStyle: { color: theme.line } } }),
    yAxis: values(theme),
    series: [
      { ...bar, name: t('cash.received'), color: theme['chart-accent'], itemStyle: { borderRadius: [3, 3, 0, 0] }, data: months.map((m) => point(m.received)) },
      {
        ...bar, name: t('cash.paid'), color: theme['chart-warm'], itemStyle: { borderRadius: [0, 0, 3, 3] },
        data: months.map((m) => ({ value: -Number(m.paid), text: `${money(m.paid)} ₽` })),
      },
      {
        type: 'line', name: t('cash.closing'), color: theme.ink, symbol: 'circle', symbolSize: 5, lineStyle: { width: 1.5 }, z: 5,
        data: months.map((m) => point(m.closing)),
      },
    ],
  };
}

function Months({ rows }: { rows: Month[] }) {
  return (
    <Table<Month>
      caption={t('cash.months')}
      rows={rows}
      rowKey={(r) => r.month}
      rowLabel={(r) => longMonth(r.month)}
      onOpen={(r) => openCashMonth(r.month)}
      columns={[
        { title: t('month'), text: true, cell: (r) => monthName(r.month) },
        { title: t('cash.opening'), cell: (r) => <Money value={r.opening} /> },
        { title: t('cash.received'), cell: (r) => <Money value={r.received} /> },
        { title: t('cash.paid'), cell: (r) => <Money value={r.paid} /> },
        { title: t('cash.closing'), cell: (r) => <Money value={r.closing} /> },
      ]}
    />
  );
}

/** `short`: whole roubles, to fit beside another panel. */
function Accounts({ rows, short = false }: { rows: Account[]; short?: boolean }) {
  const Sum = short ? Roubles : Money;
  const total: Account = {
    cashAccountId: 'total', name: '',
    opening: sum(rows.map((r) => r.opening)), received: sum(rows.map((r) => r.received)),
    paid: sum(rows.map((r) => r.paid)), closing: sum(rows.map((r) => r.closing)),
  };
  return (
    <Table<Account>
      caption={t('cash.accounts')}
      rows={rows}
      rowKey={(r) => r.cashAccountId}
      rowLabel={(r) => r.name}
      onOpen={(r) => openCashAccount(r.cashAccountId, r.name)}
      total={total}
      columns={[
        { title: t('cash.account'), text: true, cell: (r) => r.name },
        { title: t('cash.opening'), cell: (r) => <Sum value={r.opening} /> },
        { title: t('cash.received'), cell: (r) => <Sum value={r.received} /> },
        { title: t('cash.paid'), cell: (r) => <Sum value={r.paid} /> },
        { title: t('cash.closing'), cell: (r) => <Sum value={r.closing} /> },
      ]}
    />
  );
}
