// The pure parts of the page: exact sums and calendar periods. Run by `npm run check`.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createServer } from 'vite';

let server, decimal, period;
before(async () => {
  server = await createServer({ configFile: false, logLevel: 'error', server: { middlewareMode: true, ws: false, watch: null }, appType: 'custom', optimizeDeps: { noDiscovery: true } });
  decimal = await server.ssrLoadModule('/src/format/decimal.ts');
  period = await server.ssrLoadModule('/src/state/period.ts');
});
after(() => server.close());

test('sums are exact where floats are not', () => {
  assert.equal(decimal.sum(['0.10', '0.20']), '0.30');
  assert.equal(decimal.sum(Array(1000).fill('0.01')), '10.00');
  assert.equal(decimal.sum(['9999999999999999.99', '0.01']), '10000000000000000.00');
  assert.equal(decimal.sum([]), '0.00');
});

test('signs survive', () => {
  assert.equal(decimal.subtract('1', '2.5'), '-1.50');
  assert.equal(decimal.sum(['-0.05', '0.02']), '-0.03');
  assert.ok(decimal.isNegative('-0.01'));
  assert.ok(!decimal.isNegative('-0.00'));
  assert.ok(decimal.isZero('-0.00') && !decimal.isZero('0.01'));
});

test('what is not money is refused, not cut', () => {
  for (const wrong of ['', '1,5', '1e3', 'NaN', '0.001']) assert.throws(() => decimal.cents(wrong), wrong);
  assert.equal(decimal.cents('1.500'), 150n);
});

test('presets cover whole calendar periods', () => {
  const on = (name, day) => Object.values(period.preset(name, day)).join(' ');
  assert.equal(on('month', '2026-02-10'), '2026-02-01 2026-02-28');
  assert.equal(on('month', '2028-02-10'), '2028-02-01 2028-02-29');
  assert.equal(on('previous', '2026-01-31'), '2025-12-01 2025-12-31');
  assert.equal(on('quarter', '2026-11-24'), '2026-10-01 2026-12-31');
  assert.equal(on('year', '2026-11-24'), '2026-01-01 2026-12-31');
  assert.equal(period.presetOf(period.preset('quarter', '2026-05-05'), '2026-05-05'), 'quarter');
  assert.equal(period.presetOf({ from: '2026-01-02', to: '2026-01-03' }, '2026-05-05'), undefined);
});

test('the business day is that of Moscow', () => {
  assert.equal(period.today(new Date('2025-12-31T21:30:00Z')), '2026-01-01');
  assert.equal(period.today(new Date('2025-12-31T20:30:00Z')), '2025-12-31');
});

test('a month is cut by the period it is drilled from', () => {
  assert.deepEqual(period.clip(period.monthOf('2026-03-01'), { from: '2026-03-10', to: '2026-05-02' }), { from: '2026-03-10', to: '2026-03-31' });
});
