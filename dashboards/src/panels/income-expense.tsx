/** Доходы и расходы: what was earned and what it cost, on accrual, month by month. */
import type { EChartsCoreOption } from '../charts/echarts';
import { Chart } from '../charts/chart';
import { categories, point, values } from '../charts/options';
import type { Theme } from '../charts/theme';
import { month as monthName } from '../format/date';
import { subtract, sum } from '../format/decimal';
import { t } from '../i18n';
import { useReport } from '../api/report';
import type { IncomeExpense, IncomeExpenseVariables } from '../api/operations';
import { openIncomeExpense } from '../state/drill';
import { knownAt, period, scope } from '../state/view';
import { Panel, usePanel } from '../ui/panel';
import { Pivot } from '../ui/pivot';
import query from './income-expense.graphql?raw';

type Data = NonNullable<IncomeExpense['report']>;
type Row = Data['rows'][number];

/** One line of the table: an account, and its article where it has one. */
const lineKey = (r: Row) => `${r.account}|${r.articleId ?? ''}`;

export function IncomeExpensePanel() {
  const frame = usePanel();
  const variables: IncomeExpenseVariables = { period: period.value, filter: scope.value, knownAt: knownAt.value };
  const report = useReport<Data>(query, variables, frame.visible);

  return (
    <Panel<Data>
      name="income-expense"
      frame={frame}
      title={t('ie.title')}
      note={t('vat.net')}
      definition={t('ie.definition')}
      report={report}
      isEmpty={(d) => d.rows.length === 0}
      plot={(data) => (
        <Chart
          label={t('ie.title')} height={320} option={(theme) => chart(theme, data)}
          onPick={(i) => data.months[i] && openIncomeExpense(null, t('ie.title'), data.months[i].month)}
        />
      )}
      table={(data) => (
        <Pivot
          caption={t('ie.title')}
          result={t('ie.profit')}
          sections={[
            { key: 'INCOME', title: t('ie.income'), sign: 1 },
            { key: 'EXPENSE', title: t('ie.expense'), sign: -1 },
          ]}
          lines={data.rows.map((r) => ({ key: lineKey(r), label: r.label, section: r.section, month: r.month, amount: r.amount }))}
          onOpen={openIncomeExpense}
        />
      )}
    />
  );
}

/** Income beside the stack of expenses, profit as a line through them. */
function chart(theme: Theme, data: Data): EChartsCoreOption {
  const cogs = data.months.map((m) => sum(data.rows.filter((r) => r.month === m.month && r.account === 'cogs').map((r) => r.amount)));
  const bar = { type: 'bar', barMaxWidth: 22, cursor: 'pointer' };
  return {
    xAxis: categories(theme, data.months.map((m) => monthName(m.month))),
    yAxis: values(theme),
    series: [
      { ...bar, name: t('ie.income'), color: theme['chart-accent'], itemStyle: { borderRadius: [3, 3, 0, 0] }, data: data.months.map((m) => point(m.income)) },
      { ...bar, stack: 'expense', name: t('ie.cogs'), color: theme['chart-soft'], data: cogs.map((c) => point(c)) },
      {
        ...bar, stack: 'expense', name: t('ie.operating'), color: theme['chart-warm'], itemStyle: { borderRadius: [3, 3, 0, 0] },
        data: data.months.map((m, i) => point(subtract(m.expense, cogs[i] ?? '0'))),
      },
      {
        type: 'line', name: t('ie.profit'), color: theme.ink, symbol: 'circle', symbolSize: 5, lineStyle: { width: 1.5 }, z: 5,
        data: data.months.map((m) => ({ ...point(m.profit), itemStyle: Number(m.profit) < 0 ? { color: theme['chart-loss'] } : {} })),
      },
    ],
  };
}
