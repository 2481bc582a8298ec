/** Open deals as rows: progress against the need, margin, debt, idle days; orders unfold under their deal. */
import { Fragment } from 'preact';
import { useState } from 'preact/hooks';
import { may } from '../api/session';
import { date } from '../format/date';
import { isZero, pixels } from '../format/decimal';
import { compact, days, money, tonnes } from '../format/number';
import { t, term } from '../i18n';
import { openDeal, openOrder } from '../state/drill';
import { Chevron } from '../ui/icons';
import { Money, Roubles } from '../ui/table';
import type { Data, Deal, Unit } from './active-deals';

/** A deal that has not moved for so many days is marked: two weeks is a truck's usual lead time. */
const IDLE_DAYS = 14;
const COLUMNS = 9;

export function DealsTable({ rows, total, unit }: { rows: Deal[]; total: Data['total']; unit: Unit }) {
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const toggle = (id: string) => {
    const next = new Set(unfolded);
    if (!next.delete(id)) next.add(id);
    setUnfolded(next);
  };
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label={t('deals.title')}>
      <table class="deals">
        <caption class="sr-only">{t('deals.title')}</caption>
        <thead>
          <tr>
            <th scope="col" class="is-text">{t('deals.deal')}</th>
            <th scope="col" class="is-text">{t('deals.stage')}</th>
            <th scope="col" class="is-text">{t('deals.progress')}</th>
            <th scope="col">{t('deals.need')}</th>
            {may('SEE_MARGIN') && <th scope="col">{t('deals.marginPlanned')}</th>}
            {may('SEE_MARGIN') && <th scope="col">{t('deals.marginEarned')}</th>}
            <th scope="col">{t('deals.debt')}</th>
            <th scope="col">{t('deals.advance')}</th>
            <th scope="col">{t('deals.idle')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((deal) => (
            <Fragment key={deal.dealId}>
              <DealRow deal={deal} unit={unit} open={unfolded.has(deal.dealId)} toggle={() => toggle(deal.dealId)} />
              {unfolded.has(deal.dealId) && <Orders deal={deal} />}
            </Fragment>
          ))}
        </tbody>
        <tfoot>
          <tr class="is-total">
            <th scope="row" class="is-text">{t('total')}</th>
            <td />
            <td class="is-text">
              <Legend />
            </td>
            <td><Roubles value={total.needAmount} /></td>
            {total.marginPlanned !== undefined && <td><Roubles value={total.marginPlanned} /></td>}
            {total.marginEarned !== undefined && <td><Roubles value={total.marginEarned} /></td>}
            <td><Roubles value={total.debt} /></td>
            <td><Roubles value={total.advance} /></td>
            <td />
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

function DealRow({ deal, unit, open, toggle }: { deal: Deal; unit: Unit; open: boolean; toggle: () => void }) {
  const idle = deal.daysWithoutMovement >= IDLE_DAYS;
  const blank = (value: string) => (isZero(value) ? <span class="is-faint">—</span> : <Roubles value={value} />);
  return (
    <tr class={open ? 'is-open' : ''}>
      <th scope="row" class="is-text">
        <div class="deal-name">
          <button type="button" class="fold" aria-expanded={open} aria-label={t(open ? 'collapse' : 'expand', { number: deal.number })} onClick={toggle}>
            <Chevron />
          </button>
          <span>
            <button type="button" class="row-button" onClick={() => openDeal(deal.dealId, `${deal.number} ${deal.customer}`)} aria-label={t('drill.open', { label: deal.number })}>
              <b>{deal.number}</b> {deal.customer}
            </button>
            <small title={deal.title}>{deal.title}</small>
          </span>
        </div>
      </th>
      <td class="is-text">
        <span class={`stage stage-${deal.stage.toLowerCase()}`}>{term('stage', deal.stage)}</span>
        <small>{deal.manager}</small>
      </td>
      <td class="is-text"><Progress deal={deal} unit={unit} /></td>
      <td>{unit === 'money' ? <Roubles value={deal.needAmount} /> : `${tonnes(deal.needTonnes)} т`}</td>
      {deal.marginPlanned !== undefined && <td>{blank(deal.marginPlanned)}</td>}
      {deal.marginEarned !== undefined && <td>{blank(deal.marginEarned)}</td>}
      <td>{blank(deal.debt)}</td>
      <td>{blank(deal.advance)}</td>
      <td>
        <span class={idle ? 'is-late' : ''} title={idle ? t('deals.stale') : undefined}>
          {idle ? '⚠ ' : ''}
          {days(deal.daysWithoutMovement)}
        </span>
        <small>{t('deals.inStage', { days: days(deal.daysInStage) })}</small>
      </td>
    </tr>
  );
}

const PARTS = ['ordered', 'shipped', 'paid'] as const;

/** Three bars on one track: how much of the need is ordered, shipped and paid. */
function Progress({ deal, unit }: { deal: Deal; unit: Unit }) {
  const inMoney = unit === 'money';
  const value = {
    ordered: inMoney ? deal.orderedAmount : deal.orderedTonnes,
    shipped: inMoney ? deal.shippedAmount : deal.shippedTonnes,
    paid: inMoney ? deal.paidAmount : deal.paidTonnes,
  };
  const need = inMoney ? deal.needAmount : deal.needTonnes;
  const show = (v: string) => (inMoney ? `${money(v)} ₽` : `${tonnes(v)} т`);
  const text = PARTS.map((p) => `${t(`deals.${p}`)}: ${show(value[p])}`).join(', ');
  const scale = Math.max(pixels(need), ...PARTS.map((p) => pixels(value[p])), 1e-9);
  return (
    <div class="progress" role="img" aria-label={text} title={text}>
      <div class="progress-track" style={{ '--need': `${(pixels(need) / scale) * 100}%` }}>
        {PARTS.map((p) => (
          <i key={p} class={`progress-${p}`} style={{ width: `${(pixels(value[p]) / scale) * 100}%` }} />
        ))}
      </div>
      {PARTS.some((p) => !isZero(value[p])) && (
        <small>
          {PARTS.map((p) => (
            <span key={p}>{isZero(value[p]) ? '—' : inMoney ? compact(value[p]) : tonnes(value[p])}</span>
          ))}
        </small>
      )}
    </div>
  );
}

function Legend() {
  return (
    <span class="progress-legend">
      {PARTS.map((p) => (
        <span key={p}>
          <i class={`progress-${p}`} aria-hidden="true" />
          {t(`deals.${p}`)}
        </span>
      ))}
    </span>
  );
}

function Orders({ deal }: { deal: Deal }) {
  return (
    <tr class="orders">
      <td colSpan={COLUMNS} class="is-text">
        {deal.orders.length === 0 ? (
          <p class="is-faint">{t('deals.noOrders')}</p>
        ) : (
          <table>
            <caption class="sr-only">{t('deals.orders')}</caption>
            <thead>
              <tr>
                <th scope="col" class="is-text">{t('deals.order')}</th>
                <th scope="col" class="is-text">{t('deals.status')}</th>
                <th scope="col">{t('deals.planned')}</th>
                <th scope="col">{t('deals.shippedOn')}</th>
                <th scope="col">{t('deals.tonnes')}</th>
                <th scope="col">{t('amount')}</th>
              </tr>
            </thead>
            <tbody>
              {deal.orders.map((o) => (
                <tr key={o.orderId} class="is-link" onClick={() => openOrder(o.orderId, o.number)}>
                  <th scope="row" class="is-text">
                    <button type="button" class="row-button" aria-label={t('drill.open', { label: o.number })}>{o.number}</button>
                  </th>
                  <td class="is-text"><span class={`status status-${o.status.toLowerCase()}`}>{term('status', o.status)}</span></td>
                  <td>{date(o.plannedOn)}</td>
                  <td>{o.shippedOn ? date(o.shippedOn) : '—'}</td>
                  <td>{tonnes(o.tonnes)}</td>
                  <td><Money value={o.amount} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </td>
    </tr>
  );
}
