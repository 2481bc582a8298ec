// The SDL against the rules of graphql-eslint (schema, relay). Prints one JSON line: findings left, and each rule that is
// bent with the reason. Ends with 1 when anything is found.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import plugin from '@graphql-eslint/eslint-plugin';
import { ESLint } from 'eslint';

const path = fileURLToPath(new URL('../../api/schema.graphql', import.meta.url));

/** Rules that are not taken as they come, and why. */
const bent = {
  'description-style': ['off', 'the printer of the SDL writes a description of one line inline and a longer one as a block'],
  'relay-arguments': [['error', { includeBoth: false }], 'lists go forward only: keyset cursors behind the newest row'],
  'relay-edge-types': [
    ['error', { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false }],
    'short lists of one row (lines of an order, rows of a report) are plain lists; edges of rows without an id of their own exist',
  ],
  'strict-id-in-types': [
    ['error', {
      exceptions: {
        suffixes: ['Payload', 'Error', 'Connection', 'Edge', 'Change', 'Report', 'Row', 'Total', 'Month'],
        types: [
          'ActiveDealOrder', 'AdditionalExpenseShare', 'AsOf', 'BatchBalance', 'BatchBuyBack', 'BatchCut',
          'BatchMovement', 'BatchPassport', 'BatchReservation', 'BatchSupply', 'CashFlowAccount', 'CurrencyRevaluation',
          'DealCompletion', 'DirectExpensePart', 'DirectExpenseShare', 'DiscountLimit', 'ExchangeRate', 'FreightQuote',
          'FreightRate', 'FunnelStage', 'GoodsPrice', 'GoodsQuantity', 'GrossProfitBridge', 'GrossProfitPart',
          'JudgedPrice', 'LedgerAccount', 'MarginChanges', 'MarginDrift', 'MarginMinimum', 'MarginTotals', 'Money',
          'OfferLine', 'OrderCompletion', 'OrderCorrectionLine', 'OrderCustody', 'OrderDelivery', 'OrderLineMargin',
          'OrderLoad', 'OrderMargin', 'OrderReturnLine', 'OrderShortage', 'OrderTruck', 'PageInfo', 'PartyGroup', 'PaymentRule',
          'Period', 'PeriodCheck', 'PeriodCheckExample', 'PeriodClose', 'PriceListPrice', 'PriceQuote', 'PriceResult',
          'PriceSettings', 'Profile', 'PurchaseDemand', 'PurchaseNeed', 'RequestOffcut', 'RequestPart',
          'RequestSolution', 'RequestVariant', 'RoleSetting', 'ServedPieces', 'SignInProvider', 'StageMove',
          'StockCountLine', 'StockMeasures', 'SupplierOrderDelivery', 'SupplierPrice', 'SupplierReturnLine',
          'SupplierScore', 'TaxRegime', 'TeamMember', 'TruckLoad',
        ],
      },
    }],
    'values, answers, changes told and rows of reports have no identity; the types named are found through their owner',
  ],
};

const rules = {
  ...plugin.configs['flat/schema-recommended'].rules,
  ...plugin.configs['flat/schema-relay'].rules,
};
for (const [name, [rule]] of Object.entries(bent)) rules[`@graphql-eslint/${name}`] = rule;

const eslint = new ESLint({
  overrideConfigFile: true,
  overrideConfig: [{
    files: ['**/*.graphql'],
    languageOptions: { parser: plugin.parser, parserOptions: { graphQLConfig: { schema: path } } },
    plugins: { '@graphql-eslint': plugin },
    rules,
  }],
});
const [{ messages }] = await eslint.lintText(readFileSync(path, 'utf8'), { filePath: 'schema.graphql' });
for (const { ruleId, line, message } of messages) console.error(`api/schema.graphql:${line} ${ruleId}: ${message.split('\n')[0]}`);
const reasons = Object.fromEntries(Object.entries(bent).map(([name, [, reason]]) => [name, reason]));
console.log(JSON.stringify({ rules: Object.keys(rules).length, findings: messages.length, bent: reasons }));
process.exitCode = messages.length > 0 ? 1 : 0;
