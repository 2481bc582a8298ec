import { viewer } from './api/session';
import { t } from './i18n';
import { ActiveDealsPanel } from './panels/active-deals';
import { BalancePanel } from './panels/balance';
import { CashFlowPanel } from './panels/cash-flow';
import { FunnelPanel } from './panels/funnel';
import { GrossProfitPanel } from './panels/gross-profit';
import { IncomeExpensePanel } from './panels/income-expense';
import { Drawer } from './ui/drawer';
import { Header } from './ui/header';
import { Kpis } from './ui/kpis';
import { Login } from './ui/login';
import { KnownAtBanner } from './ui/period-picker';

export function App() {
  if (viewer.value === undefined) return null;
  if (viewer.value === null) return <Login />;
  return (
    <>
      <a class="skip" href="#reports">
        {t('skip')}
      </a>
      <Header />
      <main id="reports">
        <KnownAtBanner />
        <Kpis />
        <div class="panels">
          <GrossProfitPanel />
          <FunnelPanel />
          <ActiveDealsPanel />
          <CashFlowPanel />
          <IncomeExpensePanel />
          <BalancePanel />
        </div>
      </main>
      <Drawer />
    </>
  );
}
