/** The few numbers a director reads first. Every tile takes its figure from a report below, never from a source of its own. */
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { Spark } from '../charts/spark';
import { compactMoney, money, percent, signedCompactMoney } from '../format/number';
import { isNegative, subtract, sum } from '../format/decimal';
import { t } from '../i18n';
import { useActiveDeals } from '../panels/active-deals';
import { useBalance } from '../panels/balance';
import { useCashFlow } from '../panels/cash-flow';
import { useGrossProfit } from '../panels/gross-profit';
import { useVisible } from './use-visible';

export function Kpis() {
  const box = useRef<HTMLElement>(null);
  const visible = useVisible(box);
  const profit = useGrossProfit('MONTH', visible);
  const cash = useCashFlow(visible);
  const deals = useActiveDeals(visible);
  const balance = useBalance(visible);

  const total = profit.data?.total;
  const months = profit.data?.rows ?? [];
  const accounts = cash.data?.accounts;
  const opening = accounts && sum(accounts.map((a) => a.opening));
  const closing = accounts && sum(accounts.map((a) => a.closing));
  const line = (account: string) => {
    const rows = balance.data?.rows.filter((r) => r.account === account);
    return rows && sum(rows.map((r) => r.amount));
  };
  const amount = (value: string | undefined) => value && <Amount value={value} />;

  return (
    <section class="kpis" ref={box} aria-label={t('kpi')}>
      <Tile
        name="revenue" value={amount(total?.revenue)} failed={!!profit.error}
        note={total && t('kpi.withVat', { amount: compactMoney(total.revenueWithVat) })} spark={months.map((m) => m.revenue)}
      />
      <Tile
        name="grossProfit" value={amount(total?.grossProfit)} failed={!!profit.error}
        note={total && t('kpi.withVat', { amount: compactMoney(total.grossProfitWithVat) })} spark={months.map((m) => m.grossProfit)}
      />
      <Tile
        name="margin" value={total && percent(total.marginPercent)} failed={!!profit.error}
        note={total && t('kpi.markup', { percent: percent(total.markupPercent) })} spark={months.map((m) => m.marginPercent ?? '0')}
      />
      <Tile
        name="contribution" value={amount(total?.contribution)} failed={!!profit.error}
        note={total && t('kpi.direct', { amount: compactMoney(total.directExpenses) })} spark={months.map((m) => m.contribution)}
      />
      <Tile
        name="cash" value={amount(closing)} failed={!!cash.error}
        note={opening && closing && t('kpi.flow', { amount: signedCompactMoney(subtract(closing, opening)) })}
        spark={(cash.data?.months ?? []).map((m) => m.closing)}
      />
      <Tile
        name="debt" value={amount(line('receivables'))} failed={!!balance.error}
        note={deals.data && t('kpi.activeDeals', { n: compactMoney(deals.data.total.debt) })}
      />
      <Tile
        name="advance" value={amount(line('customer_advances'))} failed={!!balance.error}
        note={deals.data && t('kpi.activeDeals', { n: compactMoney(deals.data.total.advance) })}
      />
    </section>
  );
}

function Amount({ value }: { value: string }) {
  return (
    <span class={isNegative(value) ? 'is-negative' : ''} title={`${money(value)} ₽`}>
      {compactMoney(value)}
    </span>
  );
}

type Name = 'revenue' | 'grossProfit' | 'margin' | 'contribution' | 'cash' | 'debt' | 'advance';
interface TileProps {
  name: Name;
  value: ComponentChildren;
  note: ComponentChildren;
  failed: boolean;
  spark?: string[];
}

function Tile({ name, value, note, failed, spark = [] }: TileProps) {
  return (
    <div class="tile" data-kpi={name} aria-busy={!value && !failed}>
      <p class="tile-name">{t(`kpi.${name}`)}</p>
      <p class="tile-value">{value || (failed ? '—' : <span class="tile-blank" />)}</p>
      <p class="tile-note">{value ? note : ''}</p>
      <Spark values={spark} />
    </div>
  );
}
