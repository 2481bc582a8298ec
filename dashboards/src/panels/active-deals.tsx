/** Активные сделки: every open deal, how far it has come, and which of them stand still. */
import { useState } from 'preact/hooks';
import { useReport } from '../api/report';
import { may } from '../api/session';
import type { ActiveDeals, ActiveDealsVariables } from '../api/operations';
import { compare } from '../format/decimal';
import { count } from '../format/number';
import { t } from '../i18n';
import { scope } from '../state/view';
import { Panel, usePanel } from '../ui/panel';
import { Choice, Segmented } from '../ui/segmented';
import { DealsByStage } from './active-deals-chart';
import { DealsTable } from './active-deals-table';
import query from './active-deals.graphql?raw';

export type Data = NonNullable<ActiveDeals['report']>;
export type Deal = Data['rows'][number];
export type Unit = 'money' | 'tonnes';

const ORDERS = {
  need: (a: Deal, b: Deal) => compare(b.needAmount, a.needAmount),
  debt: (a: Deal, b: Deal) => compare(b.debt, a.debt),
  idle: (a: Deal, b: Deal) => b.daysWithoutMovement - a.daysWithoutMovement,
};
type Order = keyof typeof ORDERS;
const PAGE = 10;

export function useActiveDeals(visible: boolean) {
  const variables: ActiveDealsVariables = { filter: scope.value, margin: may('SEE_MARGIN') };
  return useReport<Data>(query, variables, visible);
}

export function ActiveDealsPanel() {
  const frame = usePanel('table');
  const [order, setOrder] = useState<Order>('need');
  const [unit, setUnit] = useState<Unit>('money');
  const [shown, setShown] = useState(PAGE);
  const report = useActiveDeals(frame.visible);

  return (
    <Panel<Data>
      name="active-deals"
      frame={frame}
      title={t('deals.title')}
      {...(report.data ? { note: count(report.data.total.deals) } : {})}
      definition={t('deals.definition')}
      report={report}
      isEmpty={(d) => d.rows.length === 0}
      emptyText={t('deals.empty')}
      controls={
        <>
          {frame.face === 'table' && (
            <Choice<Order>
              label={t('deals.sort')} value={order} onPick={setOrder}
              choices={(['need', 'debt', 'idle'] as const).map((value) => ({ value, text: t(`deals.sort.${value}`) }))}
            />
          )}
          <Segmented<Unit>
            label={t('deals.units')} value={unit} onPick={setUnit}
            choices={(['money', 'tonnes'] as const).map((value) => ({ value, text: t(`deals.${value}`) }))}
          />
        </>
      }
      plot={(data) => <DealsByStage rows={data.rows} unit={unit} />}
      table={(data) => {
        const rows = [...data.rows].sort(ORDERS[order]);
        const hidden = rows.length - shown;
        return (
          <>
            <DealsTable rows={rows.slice(0, shown)} total={data.total} unit={unit} />
            {rows.length > PAGE && (
              <p class="panel-foot">
                {hidden > 0 && (
                  <button type="button" class="button" onClick={() => setShown(shown + 4 * PAGE)}>
                    {t('more', { n: count(Math.min(hidden, 4 * PAGE)) })}
                  </button>
                )}
                {shown > PAGE && (
                  <button type="button" class="button" onClick={() => setShown(PAGE)}>
                    {t('less')}
                  </button>
                )}
              </p>
            )}
          </>
        );
      }}
    />
  );
}
