import { may, viewer } from './api/session';
import { t } from './i18n';
import { ActiveDealsPanel } from './panels/active-deals';
import { BalancePanel } from './panels/balance';
import { CashFlowPanel } from './panels/cash-flow';
import { FunnelPanel } from './panels/funnel';
import { GrossProfitPanel } from './panels/gross-profit';
import { IncomeExpensePanel } from './panels/income-expense';
import { Drawer } from './ui/drawer';
import { NewFactor, NewPassword } from './ui/first-steps';
import { Header } from './ui/header';
import { Kpis } from './ui/kpis';
import { Login } from './ui/login';
import { KnownAtBanner } from './ui/period-picker';

export function App() {
  if (viewer.value === undefined) return null;
  if (viewer.value === null) return <Login />;
  if (viewer.value.mustChangePassword) return <NewPassword />;
  if (viewer.value.secondFactor === 'DUE') return <NewFactor />;
  return (
    <>
      <a class="skip" href="#reports">
        {t('skip')}
      </a>
      <Header />
      <main id="reports">
        <KnownAtBanner />
        {/* The tiles are figures of the four reports on the whole business. */}
        {may('SEE_MARGIN') && may('SEE_COST') && may('SEE_MONEY') && may('SEE_RESULTS') && may('SEE_DEALS') && <Kpis />}
        <div class="panels">
          {may('SEE_MARGIN') && may('SEE_COST') && <GrossProfitPanel />}
          {may('SEE_FUNNEL') && <FunnelPanel />}
          {may('SEE_DEALS') && may('SEE_PRICES') && <ActiveDealsPanel />}
          {may('SEE_MONEY') && <CashFlowPanel />}
          {may('SEE_RESULTS') && <IncomeExpensePanel />}
          {may('SEE_RESULTS') && <BalancePanel />}
        </div>
      </main>
      <Drawer />
    </>
  );
}
