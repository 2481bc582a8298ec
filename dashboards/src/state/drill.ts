/** The entries behind a number: which of them the drawer shows. One place knows how a number is asked for. */
import { signal } from '@preact/signals';
import type { GrossProfitGroup, LedgerEntryFilter } from '../api/operations';
import { date, longMonth } from '../format/date';
import { knownAt, period, scope, view } from './view';
import { clip, monthOf, type Period } from './period';

export interface Drill {
  title: string;
  note: string;
  filter: LedgerEntryFilter;
}

export const drill = signal<Drill | null>(null);

/** The accounts of the profit ladder, of money, and of the whole result. */
const PROFIT = ['revenue', 'cogs', 'order_expenses'];
const RESULT = [
  'revenue', 'other_income', 'cogs', 'order_expenses', 'payroll', 'advertising', 'overheads', 'write_offs', 'depreciation',
  'interest_expense', 'exchange_differences', 'penalties', 'income_tax', 'rounding',
];

function open(title: string, days: Period, filter: LedgerEntryFilter): void {
  const whole = days.from.endsWith('-01') && monthOf(days.from).to === days.to;
  drill.value = {
    title,
    note: whole ? longMonth(days.from) : `${date(days.from)} – ${date(days.to)}`,
    filter: { period: days, companyId: scope.value?.companyId ?? null, knownAt: knownAt.value, ...filter },
  };
}

/** Reports over the ledger are narrowed by channel and manager; the balance and a deal are shown whole. */
const narrowed = (): LedgerEntryFilter => ({ channelId: scope.value?.channelId ?? null, employeeId: scope.value?.managerId ?? null });

const within = (month: string | null): Period => (month ? clip(monthOf(month), period.value) : period.value);

export function openGrossProfit(by: GrossProfitGroup, key: string, label: string): void {
  const dimension: Record<GrossProfitGroup, LedgerEntryFilter> = {
    MONTH: {}, DEAL: { dealId: key }, ORDER: { orderId: key }, ORDER_LINE: { orderLineId: key }, BATCH: { batchId: key },
    PRODUCT: { productId: key }, CUSTOMER: { partyId: key }, MANAGER: { employeeId: key },
  };
  open(label, within(by === 'MONTH' ? key : null), { ...narrowed(), accounts: PROFIT, basis: view.value.basis, ...dimension[by] });
}

export function openCashArticle(articleId: string, label: string, month: string | null): void {
  open(label, within(month), { ...narrowed(), accounts: ['cash'], articleId });
}

export function openCashAccount(cashAccountId: string, label: string): void {
  open(label, period.value, { ...narrowed(), accounts: ['cash'], cashAccountId });
}

export function openCashMonth(month: string): void {
  open(longMonth(month), within(month), { ...narrowed(), accounts: ['cash'] });
}

/** `line` is "account|article"; null means every line of income and expense. */
export function openIncomeExpense(line: string | null, label: string, month: string | null): void {
  const [account = '', articleId = ''] = line?.split('|') ?? [];
  open(label, within(month), { ...narrowed(), accounts: account ? [account] : RESULT, articleId: articleId || null });
}

/** A balance is the sum of everything up to its day; "profit" stands for the whole result. */
export function openBalance(account: string, label: string, at: string): void {
  open(label, { from: '2000-01-01', to: at }, { accounts: account === 'profit' ? RESULT : [account] });
}

export function openDeal(dealId: string, label: string): void {
  open(label, { from: '2000-01-01', to: '2100-01-01' }, { dealId });
}

export function openOrder(orderId: string, label: string): void {
  open(label, { from: '2000-01-01', to: '2100-01-01' }, { orderId });
}
