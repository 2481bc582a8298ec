// The director's page in a browser: logs in and looks at every panel.
//
//   SHPUNT_URL=http://127.0.0.1:8080 SHPUNT_LOGIN=director SHPUNT_PASSWORD=… node run.mjs
//
// With SHPUNT_SHOTS=folder it leaves screenshots there. Exit code 1 and the failed checks otherwise.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from './browser.mjs';

const url = process.env.SHPUNT_URL ?? 'http://127.0.0.1:8080';
const login = process.env.SHPUNT_LOGIN ?? 'director';
const password = process.env.SHPUNT_PASSWORD ?? '';
const shots = process.env.SHPUNT_SHOTS;
if (shots) mkdirSync(shots, { recursive: true });

const PANELS = ['gross-profit', 'funnel', 'active-deals', 'cash-flow', 'income-expense', 'balance'];
const WAIT = 15_000;
const problems = [];
let done = 0;

async function check(name, body) {
  try {
    await body();
    done += 1;
    console.log(`ok    ${name}`);
  } catch (error) {
    problems.push(name);
    console.log(`FAIL  ${name}: ${String(error.message).split('\n')[0]}`);
  }
}
function must(truth, message) {
  if (!truth) throw new Error(message);
}

const panel = (page, name, state) => page.locator(`[data-panel=${name}]${state ? `[data-state=${state}]` : ''}`);
const face = (page, name, index) => panel(page, name).locator('.panel-controls .segmented').last().locator('label').nth(index).click();
const shot = async (page, name) => shots && page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });

async function visit(browser, options, path) {
  const context = await browser.newContext({ timezoneId: 'Europe/Moscow', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT);
  const noise = [];
  page.on('pageerror', (error) => noise.push(error.message));
  page.on('console', (line) => line.type() === 'error' && !/401|favicon/.test(line.text()) && noise.push(line.text()));
  await page.goto(url + path);
  return { page, noise, context };
}

async function enter(page) {
  await page.fill('input[name=login]', login);
  await page.fill('input[name=password]', password);
  await page.click('button[type=submit]');
  await page.waitForSelector('.kpis');
}

const ready = async (page) => {
  for (const name of PANELS) await panel(page, name, 'ready').waitFor();
};

const browser = await launch();
try {
  const { page, noise, context } = await visit(browser, { viewport: { width: 1440, height: 1000 }, locale: 'ru-RU' }, '/?period=all');

  await check('a wrong password is refused in words', async () => {
    await page.fill('input[name=login]', login);
    await page.fill('input[name=password]', 'not-the-password');
    await page.click('button[type=submit]');
    must((await page.textContent('[role=alert]')).includes('Неверный'), 'no refusal shown');
  });
  await check('login opens the reports', () => enter(page));
  for (const name of PANELS) await check(`${name} shows its plot`, () => panel(page, name, 'ready').waitFor());
  await check('every key figure is there', async () => {
    await page.waitForFunction(() => [...document.querySelectorAll('.tile')].every((t) => t.getAttribute('aria-busy') !== 'true'));
    const blank = await page.locator('.tile-value', { hasText: '—' }).count();
    must(blank === 0, `${blank} tiles without a figure`);
  });
  await check('charts are drawn as SVG', async () => {
    await page.waitForFunction(() => document.querySelectorAll('.chart svg path').length > 20);
  });
  await check('freshness is shown in seconds', async () => {
    must(/\d с/.test(await page.textContent('.fresh')), 'no lag in the badge');
  });
  await check('the balance balances', async () => {
    must(/^-?0(\.00?)?$/.test(await page.getAttribute('[data-check]', 'data-check')), 'the check row is not zero');
  });
  await page.waitForTimeout(600);
  await shot(page, 'ru-desktop');

  for (const name of PANELS) {
    await check(`${name} has a table behind its plot`, async () => {
      await face(page, name, 1);
      must((await panel(page, name).locator('tbody tr').count()) > 0, 'no rows');
    });
  }
  await shot(page, 'ru-desktop-tables');

  await check('a number opens the entries behind it', async () => {
    await panel(page, 'balance').locator('tbody .row-button').first().click();
    await page.waitForSelector('.drawer tbody tr');
    must(/\d,\d\d/.test(await page.textContent('.drawer tbody')), 'no amounts in the entries');
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => !document.querySelector('.drawer')?.open);
  });
  await check('a deal unfolds its orders', async () => {
    await page.locator('[data-panel=active-deals] .fold').first().click();
    await page.waitForSelector('[data-panel=active-deals] tr.orders');
  });
  for (const by of ['CUSTOMER', 'MANAGER', 'PRODUCT', 'BATCH', 'DEAL', 'ORDER']) {
    await check(`gross profit by ${by.toLowerCase()}`, async () => {
      await panel(page, 'gross-profit').locator('select').first().selectOption(by);
      must(new URL(page.url()).searchParams.get('by') === by, 'the link does not say so');
      await page.waitForTimeout(50);
      await panel(page, 'gross-profit', 'ready').waitFor();
    });
  }
  await check('the period is in the link', async () => {
    await page.click('.period > button');
    await page.locator('.presets button').nth(3).click();
    must(!new URL(page.url()).searchParams.has('period'), 'the year is the default period');
    await page.goBack();
    must(new URL(page.url()).searchParams.get('period') === 'all', 'back does not undo it');
  });
  await check('English is one click away', async () => {
    await page.locator('.top-user .segmented label').nth(1).click();
    await page.getByRole('heading', { name: 'Gross profit', exact: true }).first().waitFor();
    must(new URL(page.url()).searchParams.get('lang') === 'en', 'the link does not say so');
    await ready(page);
  });
  const cookies = await context.cookies();
  await context.close();

  const dark = await visit(browser, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, colorScheme: 'dark', locale: 'ru-RU' }, '/');
  await check('a phone shows the same without sideways scrolling', async () => {
    await dark.context.addCookies(cookies);
    await dark.page.goto(`${url}/?period=all&lang=ru`);
    await ready(dark.page);
    for (const width of [390, 360]) {
      await dark.page.setViewportSize({ width, height: 780 });
      await dark.page.waitForTimeout(300);
      const over = await dark.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      must(over <= 0, `the page is ${over} px wider than ${width} px`);
    }
    await shot(dark.page, 'ru-phone-dark');
  });
  await check('logging out closes the reports', async () => {
    await dark.page.locator('.top-user .quiet-button').click();
    await dark.page.waitForSelector('input[name=password]');
    await dark.page.reload();
    await dark.page.waitForSelector('input[name=password]');
  });
  await check('nothing was written to the console', async () => {
    const all = [...noise, ...dark.noise];
    must(all.length === 0, all.slice(0, 3).join(' | '));
  });
} finally {
  await browser.close();
}
console.log(JSON.stringify({ e2e: problems.length === 0 ? 'ok' : 'failed', passed: done, failed: problems }));
process.exit(problems.length === 0 ? 0 : 1);
