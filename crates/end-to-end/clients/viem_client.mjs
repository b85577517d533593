// viem through the gateway: once with its default settings, once with batching switched on.
// Prints `step NAME` as it goes, so that the test can kill nodes in between, and one line of JSON.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const { NPM, URL_UNDER_TEST, KEY, CODE } = process.env;
const require = createRequire(`${NPM}/`);
const viem = require('viem');
const { privateKeyToAccount } = require('viem/accounts');
const { foundry } = require('viem/chains');

const abi = viem.parseAbi([
  'constructor()',
  'function number() view returns (uint256)',
  'function increment()',
  'function refuse(uint256 amount) view',
  'event Incremented(uint256 number)',
  'error Refused(uint256 amount, address caller)',
]);
const PEER = '0x000000000000000000000000000000000000e7e7';

const step = (name) => console.log(`step ${name}`);
const summary = { client: `viem ${require('viem/package.json').version}` };

const account = privateKeyToAccount(KEY);
const client = viem.createPublicClient({ chain: foundry, transport: viem.http(URL_UNDER_TEST) });
const wallet = viem.createWalletClient({
  account, chain: foundry, transport: viem.http(URL_UNDER_TEST),
});
const heads = [];
const unwatch = client.watchBlockNumber({ onBlockNumber: (number) => heads.push(number) });

step('reads');
assert.equal(await client.getChainId(), 31337);
const block = await client.getBlock();
assert.equal((await client.getBlock({ blockHash: block.hash })).number, block.number);
assert.ok((await client.getBalance({ address: account.address })) > 0n);
assert.ok((await client.getGasPrice()) > 0n);

step('transfer');
const before = await client.getBalance({ address: PEER });
const hash = await wallet.sendTransaction({ to: PEER, value: 12345n });
step('transfer-sent');
const receipt = await client.waitForTransactionReceipt({ hash });
assert.equal(receipt.status, 'success');
assert.equal((await client.getBalance({ address: PEER })) - before, 12345n);
summary.transfer = Number(receipt.blockNumber);

step('deploy');
const deployed = await wallet.deployContract({ abi, bytecode: CODE });
step('deploy-sent');
const { contractAddress: address } = await client.waitForTransactionReceipt({ hash: deployed });
assert.equal(await client.readContract({ address, abi, functionName: 'number' }), 0n);

step('call');
const call = await wallet.writeContract({ address, abi, functionName: 'increment' });
const incremented = await client.waitForTransactionReceipt({ hash: call });
assert.equal(await client.readContract({ address, abi, functionName: 'number' }), 1n);
const logs = await client.getContractEvents({
  address, abi, eventName: 'Incremented', fromBlock: incremented.blockNumber,
});
assert.equal(logs[0].args.number, 1n);
summary.contract = address;

step('revert');
const refused = await client
  .simulateContract({ account, address, abi, functionName: 'refuse', args: [42n] })
  .then(() => null, (error) => error);
const cause = refused?.walk((error) => error instanceof viem.ContractFunctionRevertedError);
assert.equal(cause?.data?.errorName, 'Refused');
assert.deepEqual(cause.data.args, [42n, account.address]);
summary.revert = cause.raw;

step('batches');
const batching = viem.createPublicClient({
  chain: foundry, transport: viem.http(URL_UNDER_TEST, { batch: true }),
});
const reads = [];
for (let turn = 0; turn < 250; turn += 1) {
  reads.push(batching.getBlock({ blockNumber: receipt.blockNumber }));
  reads.push(batching.readContract({ address, abi, functionName: 'number' }));
}
const answers = await Promise.all(reads);
for (let turn = 0; turn < answers.length; turn += 2) {
  assert.equal(answers[turn].hash, receipt.blockHash);
  assert.equal(answers[turn + 1], 1n);
}
summary.batched = answers.length;

step('heads');
unwatch();
assert.ok(heads.length > 0);
assert.ok(heads.every((number, at) => at === 0 || number > heads[at - 1]));
summary.heads = heads.length;

console.log(JSON.stringify(summary));
