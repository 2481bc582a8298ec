/** Open deals by stage: need, ordered, shipped, paid. */
import type { DealStage } from '../api/operations';
import { Chart } from '../charts/chart';
import { categories, point, values } from '../charts/options';
import { pixels, sum } from '../format/decimal';
import { count, tonnes } from '../format/number';
import { t, term } from '../i18n';
import type { Deal, Unit } from './active-deals';

const STAGES: readonly DealStage[] = ['NEW_LEAD', 'QUALIFIED', 'NEED_DEFINED', 'OFFER_SENT', 'CONTRACT', 'IN_SUPPLY'];
const MEASURES = {
  need: { money: 'needAmount', tonnes: 'needTonnes' },
  ordered: { money: 'orderedAmount', tonnes: 'orderedTonnes' },
  shipped: { money: 'shippedAmount', tonnes: 'shippedTonnes' },
  paid: { money: 'paidAmount', tonnes: 'paidTonnes' },
} as const;

export function DealsByStage({ rows, unit }: { rows: Deal[]; unit: Unit }) {
  const stages = STAGES.filter((s) => rows.some((r) => r.stage === s));
  return (
    <Chart
      label={t('deals.byStage')}
      height={stages.length * 64 + 60}
      option={(theme) => {
        const colors = { need: theme['chart-soft'], ordered: theme['chart-mid'], shipped: theme['chart-accent'], paid: theme['chart-warm'] };
        return {
          xAxis: values(theme),
          yAxis: categories(theme, stages.map((s) => `${term('stage', s)} · ${count(rows.filter((r) => r.stage === s).length)}`), {
            inverse: true, axisLabel: { color: theme.ink },
          }),
          series: (Object.keys(MEASURES) as Array<keyof typeof MEASURES>).map((measure) => ({
            type: 'bar', name: t(`deals.${measure}`), color: colors[measure], barMaxWidth: 12, barGap: '10%',
            itemStyle: { borderRadius: [0, 3, 3, 0] },
            data: stages.map((s) => {
              const own = rows.filter((r) => r.stage === s).map((r) => r[MEASURES[measure][unit]]);
              if (unit === 'money') return point(sum(own));
              const total = own.reduce((a, b) => a + pixels(b), 0);
              return { value: total, text: `${tonnes(total.toFixed(1))} т` };
            }),
          })),
        };
      }}
    />
  );
}
