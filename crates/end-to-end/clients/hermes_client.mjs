// Pyth's Hermes client through our Hermes interface: feeds, latest, a time, the stream; then every venue is cut and the
// client must be told. Prints `step NAME` as it goes, and one line of JSON.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const { NPM, URL_UNDER_TEST, PACKAGE } = process.env;
const require = createRequire(`${NPM}/`);
const { HermesClient } = require(PACKAGE);
const manifest = require(`${NPM}/package.json`).dependencies[PACKAGE];

const step = (name) => console.log(`step ${name}`);
const summary = { client: `hermes-client ${manifest.replace(/.*@/, '')}` };
const client = new HermesClient(URL_UNDER_TEST, { httpRetries: 0 });
const until = async (what, ask) => {
  for (let tries = 0; tries < 300; tries += 1) {
    const found = await ask();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`not in time: ${what}`);
};

step('feeds');
const feeds = await client.getPriceFeeds({ query: 'btc', assetType: 'crypto' });
assert.equal(feeds.length, 1);
assert.equal(feeds[0].attributes.symbol, 'BTC/USD');
const { id } = feeds[0];
assert.match(id, /^[0-9a-f]{64}$/);

step('latest');
const number = ({ price, expo }) => Number(price) * 10 ** expo;
const latest = await client.getLatestPriceUpdates([`0x${id}`], { parsed: true });
const [parsed] = latest.parsed;
assert.equal(parsed.id, id);
summary.price = number(parsed.price);
summary.ema = number(parsed.ema_price);
summary.conf = Number(parsed.price.conf) * 10 ** parsed.price.expo;
assert.equal(parsed.metadata.seawall_status, 'live');
assert.equal(latest.seawall[0].symbol, 'BTC/USD');
assert.ok(Math.abs(parsed.price.publish_time - Date.now() / 1000) < 10);
const base64 = await client.getLatestPriceUpdates([id], { encoding: 'base64', parsed: false });
assert.equal(base64.parsed ?? null, null);
assert.equal(Buffer.from(base64.binary.data[0], 'base64').length, 32);
await assert.rejects(client.getLatestPriceUpdates(['0xabcd']), /404.*not found/);

step('time');
const then = await client.getPriceUpdatesAtTimestamp(parsed.price.publish_time, [id], { parsed: true });
assert.ok(then.parsed[0].price.publish_time >= parsed.price.publish_time - 1);
const caps = await client.getLatestPublisherCaps({ parsed: true });
assert.equal(caps.parsed[0].publisher_stake_caps.length, 0);
if (client.getLatestTwaps) {
  const twap = await client.getLatestTwaps([id], 60, { parsed: true });
  summary.twap = number(twap.parsed[0].twap);
  assert.ok(Number(twap.parsed[0].down_slots_ratio) >= 0);
}

step('stream');
const messages = [];
const source = await client.getPriceUpdatesStream([id], { parsed: true });
source.onmessage = (event) => messages.push(JSON.parse(event.data));
await until('four messages', () => messages.length >= 4);
assert.equal(messages[0].parsed[0].metadata.seawall_status, 'live');
assert.ok(messages[3].parsed[0].metadata.slot > messages[0].parsed[0].metadata.slot);
summary.streamed = number(messages[3].parsed[0].price);

step('cut');
const refused = await until('a refusal', () => client
  .getLatestPriceUpdates([id], { parsed: true })
  .then(() => null, (error) => String(error)));
assert.match(refused, /503/);
assert.match(refused, /BTC\/USD has no price: halted/);
summary.refused = refused.slice(0, 120);
const told = await until('a message without a price', () => messages.find(({ parsed: of }) => of.length === 0));
assert.equal(told.seawall[0].status, 'halted');
source.close();

console.log(JSON.stringify(summary));
