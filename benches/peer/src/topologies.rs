//! One module a workload, doing what `java/peer/App.java` does.

use streams::prelude::*;

/// Passes records on, with one bit of the value turned.
#[topology]
pub(crate) mod pass {
    topology! {
        source input: stream<&[u8], &[u8]> = "in";
        sink out: stream<&[u8], Vec<u8>> = "out";

        input
            .map_values(|v| {
                let mut turned = v.to_vec();
                if let Some(byte) = turned.get_mut(20) {
                    *byte ^= 1;
                }
                turned
            })
            .to(out);
    }
}

/// Allows an account 500.00 a day.
#[topology]
pub(crate) mod bank {
    const DAY_MS: i64 = 86_400_000;
    const LIMIT: i64 = 50_000;

    fn number(bytes: &[u8], at: usize) -> i64 {
        let eight = bytes.get(at..).and_then(|b| b.first_chunk::<8>());
        eight.map_or(0, |b| i64::from_be_bytes(*b))
    }

    /// Value: transaction, amount in cents. State: day, total. Output: the value, and 1 or 0.
    fn decide(_: &&str, value: &&[u8], state: &mut [u8; 16], cx: &Context<'_>) -> [u8; 17] {
        let (amount, day) = (number(value, 8), cx.timestamp.div_euclid(DAY_MS));
        let total = if number(state, 0) == day { number(state, 8) } else { 0 };
        let allowed = total + amount <= LIMIT;
        if allowed {
            let (first, second) = state.split_at_mut(8);
            first.copy_from_slice(&day.to_be_bytes());
            second.copy_from_slice(&(total + amount).to_be_bytes());
        }
        let mut out = [0; 17];
        for (to, from) in out.iter_mut().zip(value.iter()) {
            *to = *from;
        }
        if let Some(last) = out.last_mut() {
            *last = u8::from(allowed);
        }
        out
    }

    topology! {
        source input: stream<&str, &[u8]> = "bank";
        sink out: stream<&str, [u8; 17]> = "out";
        store acct: kv<String, [u8; 16]>;

        input.transform(acct, decide).to(out);
    }
}
