//! alloy through the gateway: the same steps as the scripts of the other clients.

use alloy_primitives::{Address, Bytes, U256, address, hex};
use alloy_provider::network::{EthereumWallet, TransactionBuilder};
use alloy_provider::{Provider, ProviderBuilder};
use alloy_rpc_client::BatchRequest;
use alloy_rpc_types_eth::{BlockNumberOrTag, Filter, TransactionReceipt, TransactionRequest};
use alloy_signer_local::PrivateKeySigner;
use testkit::contract;

const PEER: Address = address!("000000000000000000000000000000000000e9e9");

/// What the steps need: the client, who it signs for, and who to tell where it is.
struct Session<'a, P> {
    provider: P,
    account: Address,
    step: &'a dyn Fn(&str),
}

/// Runs all steps; `step` hears the name of each.
pub(crate) async fn run(url: &str, key: &str, code: &str, step: &dyn Fn(&str)) {
    let signer: PrivateKeySigner = key.parse().expect("a private key");
    let account = signer.address();
    let provider = ProviderBuilder::new()
        .wallet(EthereumWallet::from(signer))
        .connect_http(url.parse().expect("a URL"));
    let session = Session { provider, account, step };
    session.reads().await;
    let receipt = session.transfer().await;
    let contract = session.contract(code).await;
    session.revert(contract).await;
    session.batches(&receipt, contract).await;
}

impl<P: Provider> Session<'_, P> {
    async fn reads(&self) {
        (self.step)("reads");
        assert_eq!(self.provider.get_chain_id().await.expect("a chain id"), 31_337);
        let block = self.provider.get_block_by_number(BlockNumberOrTag::Latest).await;
        let block = block.expect("an answer").expect("a latest block");
        let same = self.provider.get_block_by_hash(block.header.hash).await;
        let same = same.expect("an answer").expect("the same block");
        assert_eq!(same.header.number, block.header.number);
        assert!(self.provider.get_gas_price().await.expect("a gas price") > 0);
    }

    async fn send(&self, transaction: TransactionRequest, step: &str) -> TransactionReceipt {
        let pending = self.provider.send_transaction(transaction).await.expect("it is taken");
        (self.step)(step);
        let receipt = pending.get_receipt().await.expect("a receipt");
        assert!(receipt.status());
        receipt
    }

    async fn transfer(&self) -> TransactionReceipt {
        (self.step)("transfer");
        let before = self.provider.get_balance(PEER).await.expect("a balance");
        let transaction =
            TransactionRequest::default().with_to(PEER).with_value(U256::from(12_345));
        let receipt = self.send(transaction, "transfer-sent").await;
        let after = self.provider.get_balance(PEER).await.expect("a balance");
        assert_eq!(after - before, U256::from(12_345));
        receipt
    }

    async fn number(&self, contract: Address) -> U256 {
        let input: Bytes = contract::NUMBER.parse().expect("call data");
        let call = TransactionRequest::default().with_to(contract).with_input(input);
        let answer = self.provider.call(call).await.expect("the call answers");
        U256::from_be_slice(&answer)
    }

    async fn contract(&self, code: &str) -> Address {
        (self.step)("deploy");
        let code: Bytes = code.parse().expect("code");
        let receipt =
            self.send(TransactionRequest::default().with_deploy_code(code), "deploy-sent").await;
        let contract = receipt.contract_address.expect("a contract");
        assert_eq!(self.number(contract).await, U256::ZERO);
        (self.step)("call");
        let input: Bytes = contract::INCREMENT.parse().expect("call data");
        let call = TransactionRequest::default().with_to(contract).with_input(input);
        let receipt = self.send(call, "call-sent").await;
        assert_eq!(self.number(contract).await, U256::from(1));
        let filter = Filter::new().address(contract).from_block(receipt.block_number.unwrap_or(0));
        let logs = self.provider.get_logs(&filter).await.expect("logs");
        assert_eq!(logs[0].data().data.as_ref(), U256::from(1).to_be_bytes::<32>());
        contract
    }

    async fn revert(&self, contract: Address) {
        (self.step)("revert");
        let argument = format!("{}{:064x}", contract::REFUSE, 42);
        let input: Bytes = argument.parse().expect("call data");
        let call = TransactionRequest::default()
            .with_from(self.account)
            .with_to(contract)
            .with_input(input);
        let error = self.provider.call(call).await.expect_err("the call reverts");
        let data = error.as_error_resp().and_then(|payload| payload.as_revert_data());
        let caller = hex::encode(self.account);
        let expected = format!("{}{:064x}{caller:0>64}", contract::REFUSED, 42);
        assert_eq!(data.expect("revert data").to_string(), expected);
    }

    async fn batches(&self, receipt: &TransactionReceipt, contract: Address) {
        (self.step)("batches");
        let call = serde_json::json!([{"to": contract, "data": contract::NUMBER}, "latest"]);
        let block = serde_json::json!([format!("{:#x}", receipt.block_number.unwrap_or(0)), false]);
        let client = self.provider.client();
        let mut batch = BatchRequest::new(client);
        let mut waiting = Vec::new();
        for _ in 0..100 {
            let block = batch.add_call("eth_getBlockByNumber", &block).expect("valid params");
            let call = batch.add_call("eth_call", &call).expect("valid params");
            waiting.push((block, call));
        }
        batch.send().await.expect("the batch is answered");
        for (block, call) in waiting {
            let block: serde_json::Value = block.await.expect("a block");
            let number: U256 = call.await.expect("a number");
            assert_eq!(block["hash"], format!("{:#x}", receipt.block_hash.unwrap_or_default()));
            assert_eq!(number, U256::from(1));
        }
    }
}
