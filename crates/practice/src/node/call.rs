//! `eth_call` and `eth_estimateGas`: running code without a transaction.

use std::sync::Arc;

use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_primitives::{Address, Bytes, TxKind, U256, hex};
use revm::ExecuteEvm;
use revm::context::TxEnv;
use revm::context::result::{EVMError, ExecutionResult, HaltReason, InvalidTransaction};
use serde_json::{Map, Value, json};

use super::params::{self, Params, invalid};
use super::rpc::RpcError;
use super::{NodeSnapshot, format};
use crate::chain::{Block, Ledger, block_env, cfg_env, evm};

/// The most gas a call may use. Source: Geth's default `--rpc.gascap`.
const CALL_GAS_MAX: u64 = 50_000_000;
/// Gas of a plain transfer.
const TRANSFER_GAS: u64 = 21_000;
/// Gas that a call with value hands to its callee on top. Source: yellow paper, `Gcallstipend`.
const CALL_STIPEND: u64 = 2_300;
/// An estimate may be this many thousandths too high. Source: Geth's `estimateGasErrorRatio`.
const ESTIMATE_SLACK_PER_MILLE: u64 = 15;

/// The transaction-like object of `eth_call`.
#[derive(Clone, Debug, Default)]
struct CallRequest {
    from: Address,
    to: Option<Address>,
    gas: Option<u64>,
    gas_price: Option<u128>,
    fee_cap: Option<u128>,
    tip: Option<u128>,
    value: U256,
    input: Bytes,
    access_list: AccessList,
}

impl NodeSnapshot {
    /// `eth_call`.
    pub(super) fn call(&self, params: Params<'_>) -> Result<Value, RpcError> {
        let request = CallRequest::read(params.object(0)?)?;
        params.refuse(2, "state overrides")?;
        params.refuse(3, "block overrides")?;
        let block = self.state_block(params.block(1)?)?;
        let gas = request.gas.unwrap_or(CALL_GAS_MAX).min(CALL_GAS_MAX);
        let result = self.run(&block, &request, gas)?;
        match &result {
            ExecutionResult::Success { output, .. } => Ok(format::data(output.data())),
            ExecutionResult::Revert { .. } | ExecutionResult::Halt { .. } => Err(failure(&result)),
        }
    }

    /// `eth_estimateGas`: the least gas with which the call succeeds, by bisection.
    pub(super) fn estimate_gas(&self, params: Params<'_>) -> Result<Value, RpcError> {
        let request = CallRequest::read(params.object(0)?)?;
        params.refuse(2, "state overrides")?;
        params.refuse(3, "block overrides")?;
        let block = self.state_block(params.block(1)?)?;
        let gas = request.gas.filter(|gas| *gas >= TRANSFER_GAS).unwrap_or(block.header.gas_limit);
        let most = request.affordable_gas(&block, gas.min(CALL_GAS_MAX))?;
        let succeeds =
            |gas: u64| self.run(&block, &request, gas).is_ok_and(|result| result.is_success());
        if request.is_plain_transfer(&block) && succeeds(TRANSFER_GAS) {
            return Ok(format::quantity(TRANSFER_GAS));
        }
        let result = self.run(&block, &request, most)?;
        if !result.is_success() {
            let starved =
                matches!(&result, ExecutionResult::Halt { reason: HaltReason::OutOfGas(_), .. });
            return Err(if starved { exceeds_allowance(most) } else { failure(&result) });
        }
        // The gas used is not enough where refunds or the 63/64 rule (EIP-150) come in.
        let guess = (result.gas().total_gas_spent() + CALL_STIPEND) * 64 / 63;
        let (mut low, mut high) = (result.tx_gas_used().saturating_sub(1), most);
        let mut probe = if guess < high { guess } else { low.midpoint(high) };
        while low + 1 < high && (high - low) * 1_000 >= high * ESTIMATE_SLACK_PER_MILLE {
            if succeeds(probe) {
                high = probe;
            } else {
                low = probe;
            }
            probe = low.midpoint(high).min(low.saturating_mul(2)).max(low + 1);
        }
        Ok(format::quantity(high))
    }

    fn run(
        &self,
        block: &Arc<Block>,
        request: &CallRequest,
        gas: u64,
    ) -> Result<ExecutionResult, RpcError> {
        let mut ledger = Ledger::new(block.state.clone(), self.view.hashes(block));
        let mut cfg = cfg_env(self.identity.chain_id);
        cfg.disable_nonce_check = true;
        cfg.disable_eip3607 = true;
        cfg.disable_block_gas_limit = true;
        cfg.disable_base_fee = request.gas_price.is_none() && request.fee_cap.is_none();
        let env = request.to_env(gas, block.state.nonce(request.from), self.identity.chain_id);
        let mut evm = evm(&mut ledger, cfg, block_env(&block.header));
        evm.transact_one(env).map_err(|error| {
            if let EVMError::Transaction(error) = error {
                return request.refusal(error, gas);
            }
            RpcError::new(-32603, error.to_string())
        })
    }
}

impl CallRequest {
    fn read(fields: &Map<String, Value>) -> Result<Self, RpcError> {
        let mut request = Self { input: input(fields)?, ..Self::default() };
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
            request
                .read_field(name, value)
                .map_err(|error| invalid(0, &format!("{name}: {error}")))?;
        }
        if request.gas_price.is_some() && (request.fee_cap.is_some() || request.tip.is_some()) {
            let both = "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified";
            return Err(RpcError::server(both));
        }
        Ok(request)
    }

    fn read_field(&mut self, name: &str, value: &Value) -> Result<(), String> {
        let price = || {
            let price = params::big_quantity(value)?;
            u128::try_from(price).map(Some).map_err(|_| "price > 128 bits".to_owned())
        };
        match name {
            "from" => self.from = params::address(value)?,
            "to" => self.to = Some(params::address(value)?),
            "gas" => self.gas = Some(params::quantity(value)?),
            "gasPrice" => self.gas_price = price()?,
            "maxFeePerGas" => self.fee_cap = price()?,
            "maxPriorityFeePerGas" => self.tip = price()?,
            "value" => self.value = params::big_quantity(value)?,
            "accessList" => self.access_list = access_list(value)?,
            // The nonce and chain id do not change what a call gives; the rest was read before.
            _ => {}
        }
        Ok(())
    }

    fn to_env(&self, gas: u64, nonce: u64, chain_id: u64) -> TxEnv {
        let dynamic = self.fee_cap.is_some();
        let tx_type = match (dynamic, self.access_list.is_empty()) {
            (true, _) => 2,
            (false, false) => 1,
            (false, true) => 0,
        };
        TxEnv {
            tx_type,
            caller: self.from,
            gas_limit: gas,
            gas_price: self.fee_cap.or(self.gas_price).unwrap_or_default(),
            kind: self.to.map_or(TxKind::Create, TxKind::Call),
            value: self.value,
            data: self.input.clone(),
            nonce,
            chain_id: Some(chain_id),
            access_list: self.access_list.clone(),
            gas_priority_fee: dynamic.then(|| self.tip.unwrap_or_default()),
            ..TxEnv::default()
        }
    }

    fn is_plain_transfer(&self, block: &Block) -> bool {
        let has_code = |to| block.state.account(to).is_some_and(|account| !account.code.is_empty());
        self.input.is_empty() && self.to.is_some_and(|to| !has_code(to))
    }

    /// The gas that the sender can pay for, at most `gas`.
    fn affordable_gas(&self, block: &Block, gas: u64) -> Result<u64, RpcError> {
        let price = self.fee_cap.or(self.gas_price).unwrap_or_default();
        if price == 0 {
            return Ok(gas);
        }
        let balance = block.state.balance(self.from);
        let left = balance.checked_sub(self.value);
        let left = left.ok_or_else(|| RpcError::server("insufficient funds for transfer"))?;
        Ok(u64::try_from(left / U256::from(price)).unwrap_or(u64::MAX).min(gas))
    }

    /// Why the call could not even start, in Geth's words.
    fn refusal(&self, error: InvalidTransaction, gas: u64) -> RpcError {
        let from = self.from;
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the others cannot come of a call or say enough"
        )]
        let text = match error {
            InvalidTransaction::LackOfFundForMaxFee { fee, balance } => {
                format!(
                    "insufficient funds for gas * price + value: address {from} have {balance} want {fee}"
                )
            }
            InvalidTransaction::CallGasCostMoreThanGasLimit { initial_gas, gas_limit } => {
                format!("intrinsic gas too low: have {gas_limit}, want {initial_gas}")
            }
            InvalidTransaction::GasPriceLessThanBasefee => {
                let cap = self.fee_cap.or(self.gas_price).unwrap_or_default();
                format!(
                    "max fee per gas less than block base fee: address {from}, maxFeePerGas: {cap}"
                )
            }
            other => other.to_string(),
        };
        RpcError::server(format!("err: {text} (supplied gas {gas})"))
    }
}

/// The call's data, which may come under either of two names.
fn input(fields: &Map<String, Value>) -> Result<Bytes, RpcError> {
    let field = |name: &str| {
        let value = fields.get(name).filter(|value| !value.is_null());
        value
            .map(params::bytes)
            .transpose()
            .map_err(|error| invalid(0, &format!("{name}: {error}")))
    };
    match (field("input")?, field("data")?) {
        (Some(input), Some(data)) if input != data => Err(RpcError::server(
            "both \"data\" and \"input\" are set and not equal. Please use \"input\" to pass transaction call data",
        )),
        (input, data) => Ok(input.or(data).unwrap_or_default()),
    }
}

fn access_list(value: &Value) -> Result<AccessList, String> {
    let entries = value.as_array().ok_or("want a list")?;
    let entry = |entry: &Value| {
        let keys = entry.get("storageKeys").and_then(Value::as_array).ok_or("want storageKeys")?;
        let address = params::address(entry.get("address").unwrap_or(&Value::Null))?;
        let storage_keys = keys.iter().map(params::hash).collect::<Result<_, _>>()?;
        Ok::<_, String>(AccessListItem { address, storage_keys })
    };
    Ok(AccessList(entries.iter().map(entry).collect::<Result<_, _>>()?))
}

fn exceeds_allowance(gas: u64) -> RpcError {
    RpcError::server(format!("gas required exceeds allowance ({gas})"))
}

/// A revert or a halt as Geth answers it.
fn failure(result: &ExecutionResult) -> RpcError {
    match result {
        ExecutionResult::Success { .. } => RpcError::new(-32603, "a success is no failure"),
        ExecutionResult::Revert { output, .. } => {
            let reason =
                revert_reason(output).map_or(String::new(), |reason| format!(": {reason}"));
            let data = json!(hex::encode_prefixed(output));
            RpcError { code: 3, message: format!("execution reverted{reason}"), data: Some(data) }
        }
        ExecutionResult::Halt { reason, .. } => RpcError::server(halt_text(reason)),
    }
}

fn halt_text(reason: &HaltReason) -> String {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the rest is named well enough by its own name"
    )]
    match reason {
        HaltReason::OutOfGas(_) => "out of gas".to_owned(),
        HaltReason::OpcodeNotFound | HaltReason::InvalidFEOpcode => {
            "invalid opcode: INVALID".to_owned()
        }
        HaltReason::InvalidJump => "invalid jump destination".to_owned(),
        HaltReason::StackOverflow => "stack limit reached 1024 (1023)".to_owned(),
        HaltReason::CallTooDeep => "max call depth exceeded".to_owned(),
        HaltReason::CreateCollision => "contract address collision".to_owned(),
        HaltReason::CreateContractSizeLimit => "max code size exceeded".to_owned(),
        other => format!("execution halted: {other:?}"),
    }
}

/// The words in a revert: those of `Error(string)`, or of a Solidity panic.
fn revert_reason(output: &[u8]) -> Option<String> {
    let (selector, arguments) = output.split_at_checked(4)?;
    let word = |at: usize| Some(U256::from_be_slice(arguments.get(at..at.checked_add(32)?)?));
    match selector {
        [0x08, 0xc3, 0x79, 0xa0] => {
            let at = usize::try_from(word(0)?).ok()?;
            let len = usize::try_from(word(at)?).ok()?;
            let start = at.checked_add(32)?;
            let text = arguments.get(start..start.checked_add(len)?)?;
            Some(String::from_utf8_lossy(text).into_owned())
        }
        [0x4e, 0x48, 0x7b, 0x71] => Some(panic_text(word(0)?)),
        _ => None,
    }
}

/// Source: the Solidity documentation, "Panic via assert and Error via require".
fn panic_text(code: U256) -> String {
    let text = match u64::try_from(code).unwrap_or(u64::MAX) {
        0x00 => "generic panic",
        0x01 => "assert(false)",
        0x11 => "arithmetic underflow or overflow",
        0x12 => "division or modulo by zero",
        0x21 => "enum overflow",
        0x22 => "invalid encoded storage byte array accessed",
        0x31 => "out-of-bounds array access; popping on an empty array",
        0x32 => "out-of-bounds access of an array or bytesN",
        0x41 => "out of memory",
        0x51 => "uninitialized function",
        _ => return format!("unknown panic code: {code:#x}"),
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revert_reasons_are_read_and_hostile_ones_do_no_harm() {
        let mut message = hex!("08c379a0").to_vec();
        message.extend(U256::from(32).to_be_bytes::<32>());
        message.extend(U256::from(4).to_be_bytes::<32>());
        message.extend(b"nope");
        assert_eq!(revert_reason(&message).as_deref(), Some("nope"));
        let mut hostile = hex!("08c379a0").to_vec();
        hostile.extend([0xff; 64]);
        assert_eq!(revert_reason(&hostile), None);
        let mut panic = hex!("4e487b71").to_vec();
        panic.extend(U256::from(0x11).to_be_bytes::<32>());
        assert_eq!(revert_reason(&panic).as_deref(), Some("arithmetic underflow or overflow"));
        assert_eq!(revert_reason(&[]), None);
    }
}
