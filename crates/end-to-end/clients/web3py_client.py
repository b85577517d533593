"""web3.py with its default settings through the gateway.

Prints `step NAME` as it goes, so that the test can kill nodes in between, and one line of JSON.
"""

import json
import os

import web3
from web3 import Web3
from web3.exceptions import ContractCustomError

ABI = json.loads("""[
    {"type": "constructor", "inputs": [], "stateMutability": "nonpayable"},
    {"type": "function", "name": "number", "inputs": [], "stateMutability": "view",
     "outputs": [{"name": "", "type": "uint256"}]},
    {"type": "function", "name": "increment", "inputs": [], "outputs": [],
     "stateMutability": "nonpayable"},
    {"type": "function", "name": "refuse", "outputs": [], "stateMutability": "view",
     "inputs": [{"name": "amount", "type": "uint256"}]},
    {"type": "event", "name": "Incremented", "anonymous": false,
     "inputs": [{"name": "number", "type": "uint256", "indexed": false}]},
    {"type": "error", "name": "Refused",
     "inputs": [{"name": "amount", "type": "uint256"}, {"name": "caller", "type": "address"}]}
]""")
PEER = Web3.to_checksum_address("0x000000000000000000000000000000000000e8e8")

summary = {"client": f"web3.py {web3.__version__}"}


def step(name):
    print(f"step {name}", flush=True)


w3 = Web3(Web3.HTTPProvider(os.environ["URL_UNDER_TEST"]))
account = w3.eth.account.from_key(os.environ["KEY"])


def send(transaction):
    """Signs and sends a transaction; gives its hash."""
    transaction["nonce"] = w3.eth.get_transaction_count(account.address, "pending")
    transaction.setdefault("chainId", w3.eth.chain_id)
    if "gas" not in transaction:
        transaction["gas"] = w3.eth.estimate_gas(transaction)
    if "maxFeePerGas" not in transaction:
        tip = w3.eth.max_priority_fee
        transaction["maxPriorityFeePerGas"] = tip
        transaction["maxFeePerGas"] = 2 * w3.eth.get_block("latest")["baseFeePerGas"] + tip
    return w3.eth.send_raw_transaction(account.sign_transaction(transaction).raw_transaction)


step("reads")
assert w3.is_connected() and w3.eth.chain_id == 31337
block = w3.eth.get_block("latest")
assert w3.eth.get_block(block["hash"])["number"] == block["number"]
assert w3.eth.get_balance(account.address) > 0 and w3.eth.gas_price > 0

step("transfer")
before = w3.eth.get_balance(PEER)
sent = send({"from": account.address, "to": PEER, "value": 12345})
step("transfer-sent")
receipt = w3.eth.wait_for_transaction_receipt(sent)
assert receipt["status"] == 1
assert w3.eth.get_balance(PEER) - before == 12345
summary["transfer"] = receipt["blockNumber"]

step("deploy")
factory = w3.eth.contract(abi=ABI, bytecode=os.environ["CODE"])
sent = send({"from": account.address, "data": factory.constructor().data_in_transaction})
step("deploy-sent")
address = w3.eth.wait_for_transaction_receipt(sent)["contractAddress"]
contract = w3.eth.contract(address=address, abi=ABI)
assert contract.functions.number().call() == 0

step("call")
transaction = {"from": account.address, "to": address, "data": contract.encode_abi("increment")}
incremented = w3.eth.wait_for_transaction_receipt(send(transaction))
assert contract.functions.number().call() == 1
logs = contract.events.Incremented().get_logs(from_block=incremented["blockNumber"])
assert logs[0]["args"]["number"] == 1
summary["contract"] = address

step("revert")
try:
    contract.functions.refuse(42).call({"from": account.address})
    raise AssertionError("the call must revert")
except ContractCustomError as error:
    data = error.data
    expected = "0x18ff0ee4" + f"{42:064x}" + account.address[2:].lower().rjust(64, "0")
    assert data == expected, data
    summary["revert"] = data

step("batches")
with w3.batch_requests() as batch:
    for _ in range(100):
        batch.add(w3.eth.get_block(receipt["blockNumber"]))
        batch.add(contract.functions.number())
    answers = batch.execute()
assert all(answer["hash"] == receipt["blockHash"] for answer in answers[::2])
assert all(answer == 1 for answer in answers[1::2])
summary["batched"] = len(answers)

print(json.dumps(summary))
