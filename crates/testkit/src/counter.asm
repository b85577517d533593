; A counter, with an event and a custom error. In Solidity's words:
;
;   contract Counter {
;       uint256 public number;
;       event Incremented(uint256 number);
;       error Refused(uint256 amount, address caller);
;       function increment() external { number += 1; emit Incremented(number); }
;       function refuse(uint256 amount) external view { revert Refused(amount, msg.sender); }
;   }
;
; Selectors and topics are Keccak-256 of the signatures above. `@name` is the place of a label.

        PUSH1 00 CALLDATALOAD PUSH1 e0 SHR
        DUP1 PUSH4 d09de08a EQ PUSH1 @increment JUMPI
        DUP1 PUSH4 8381f58a EQ PUSH1 @number JUMPI
        DUP1 PUSH4 a60a07b2 EQ PUSH1 @refuse JUMPI
        PUSH1 00 DUP1 REVERT

increment:
        JUMPDEST
        PUSH1 00 SLOAD PUSH1 01 ADD DUP1 PUSH1 00 SSTORE
        PUSH1 00 MSTORE
        PUSH32 20d8a6f5a693f9d1d627a598e8820f7a55ee74c183aa8f1a30e8d4e8dd9a8d84
        PUSH1 20 PUSH1 00 LOG1
        STOP

number:
        JUMPDEST
        PUSH1 00 SLOAD PUSH1 00 MSTORE
        PUSH1 20 PUSH1 00 RETURN

refuse:
        JUMPDEST
        PUSH4 18ff0ee4 PUSH1 e0 SHL PUSH1 00 MSTORE
        PUSH1 04 CALLDATALOAD PUSH1 04 MSTORE
        CALLER PUSH1 24 MSTORE
        PUSH1 44 PUSH1 00 REVERT
