// ethers 6 with its default settings (batches of up to 100 calls) through the gateway.
// Prints `step NAME` as it goes, so that the test can kill nodes in between, and one line of JSON.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const { NPM, URL_UNDER_TEST, KEY, CODE } = process.env;
const { ethers } = createRequire(`${NPM}/`)('ethers');

const ABI = [
  'function number() view returns (uint256)',
  'function increment()',
  'function refuse(uint256 amount) view',
  'event Incremented(uint256 number)',
  'error Refused(uint256 amount, address caller)',
];
const PEER = '0x000000000000000000000000000000000000e6e6';

const step = (name) => console.log(`step ${name}`);
const summary = { client: `ethers ${ethers.version}` };

const provider = new ethers.JsonRpcProvider(URL_UNDER_TEST);
const wallet = new ethers.Wallet(KEY, provider);
const heads = [];
provider.on('block', (number) => heads.push(number));

step('reads');
assert.equal((await provider.getNetwork()).chainId, 31337n);
const block = await provider.getBlock('latest');
assert.equal((await provider.getBlock(block.hash)).number, block.number);
assert.ok((await provider.getBalance(wallet.address)) > 0n);
assert.ok((await provider.getFeeData()).gasPrice > 0n);

step('transfer');
const before = await provider.getBalance(PEER);
const sent = await wallet.sendTransaction({ to: PEER, value: 12345n });
step('transfer-sent');
const receipt = await sent.wait();
assert.equal(receipt.status, 1);
assert.equal((await provider.getBalance(PEER)) - before, 12345n);
assert.equal((await provider.getTransaction(sent.hash)).blockNumber, receipt.blockNumber);
summary.transfer = receipt.blockNumber;

step('deploy');
const factory = new ethers.ContractFactory(ABI, CODE, wallet);
const contract = await factory.deploy();
step('deploy-sent');
await contract.waitForDeployment();
assert.equal(await contract.number(), 0n);

step('call');
const incremented = await (await contract.increment()).wait();
assert.equal(await contract.number(), 1n);
assert.equal(incremented.logs.length, 1);
const found = await contract.queryFilter(contract.filters.Incremented(), incremented.blockNumber);
assert.equal(found[0].args.number, 1n);
summary.contract = await contract.getAddress();

step('revert');
const refused = await contract.refuse(42n).then(() => null, (error) => error);
assert.equal(refused?.code, 'CALL_EXCEPTION');
assert.equal(refused.revert.name, 'Refused');
assert.deepEqual([...refused.revert.args], [42n, wallet.address]);
summary.revert = refused.data;

step('batches');
const reads = [];
for (let turn = 0; turn < 250; turn += 1) {
  reads.push(provider.getBlock(receipt.blockNumber), contract.number());
}
const answers = await Promise.all(reads);
for (let turn = 0; turn < answers.length; turn += 2) {
  assert.equal(answers[turn].hash, receipt.blockHash);
  assert.equal(answers[turn + 1], 1n);
}
summary.batched = answers.length;

step('heads');
assert.ok(heads.length > 0);
assert.deepEqual(heads, [...heads].sort((a, b) => a - b));
summary.heads = heads.length;

provider.destroy();
console.log(JSON.stringify(summary));
