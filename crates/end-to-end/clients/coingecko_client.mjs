// CoinGecko's own TypeScript client through our `simple/price`; then every venue is cut and the client must be told.
// Prints `step NAME` as it goes, and one line of JSON.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const { NPM, URL_UNDER_TEST, PACKAGE } = process.env;
const require = createRequire(`${NPM}/`);
const { Coingecko } = require(PACKAGE);
const manifest = require(`${NPM}/package.json`).dependencies[PACKAGE];

const step = (name) => console.log(`step ${name}`);
const summary = { client: `coingecko-typescript ${manifest}` };
const client = new Coingecko({
  baseURL: `${URL_UNDER_TEST}/api/v3`, environment: null, proAPIKey: 'none', demoAPIKey: 'none', maxRetries: 0,
});
const ask = () => client.simple.price.get({
  ids: 'bitcoin,tether', vs_currencies: 'usd', include_last_updated_at: true,
});

step('price');
const prices = await ask();
summary.price = prices.bitcoin.usd;
summary.tether = prices.tether.usd;
assert.ok(Math.abs(prices.bitcoin.last_updated_at - Date.now() / 1000) < 10);
assert.equal(prices.bitcoin.seawall_status, 'live');
const bySymbol = await client.simple.price.get({ symbols: 'btc', vs_currencies: 'usd', precision: '2' });
assert.ok(Math.abs(bySymbol.btc.usd / summary.price - 1) < 0.01);

step('cut');
for (let tries = 0; tries < 300 && !summary.refused; tries += 1) {
  try {
    await ask();
    await new Promise((resolve) => setTimeout(resolve, 100));
  } catch (error) {
    assert.equal(error.status, 503);
    assert.match(error.message, /no price: halted/);
    summary.refused = error.message.slice(0, 120);
  }
}
assert.ok(summary.refused, 'an old price was given for half a minute');

console.log(JSON.stringify(summary));
