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

/// Keeps half of the records, and half of their values.
#[topology]
pub(crate) mod filtermap {
    topology! {
        source input: stream<&[u8], &[u8]> = "in";
        sink out: stream<&[u8], &[u8]> = "out";

        input
            .filter(|_, v| v.get(15).is_some_and(|byte| byte & 1 == 0))
            .map_values(|v| v.get(..50).unwrap_or(v))
            .to(out);
    }
}

/// Counts by key; every update is given on.
#[topology]
pub(crate) mod count {
    topology! {
        source input: stream<&str, &[u8]> = "in";
        sink out: stream<&str, i64> = "out";

        input.group_by_key().count(counts).to_stream().to(out);
    }
}

/// The same, but of the updates of a key between two commits the last is given on.
#[topology]
pub(crate) mod count_on_commit {
    topology! {
        emit = on_commit;

        source input: stream<&str, &[u8]> = "in";
        sink out: stream<String, i64> = "out";

        input.group_by_key().count(counts).to_stream().to(out);
    }
}

/// Counts behind a repartition topic.
#[topology]
pub(crate) mod recount {
    topology! {
        source input: stream<&str, &[u8]> = "in";
        sink out: stream<String, i64> = "out";

        input.group_by(|k, _| -> &str { k }).count(counts).to_stream().to(out);
    }
}

/// Counts by key and minute.
#[topology]
pub(crate) mod window {
    topology! {
        source input: stream<&str, &[u8]> = "in";
        sink out: stream<Windowed<String>, i64> = "out";

        input
            .group_by_key()
            .window(tumbling(1m), grace(1m))
            .count(wcounts)
            .to_stream()
            .to(out);
    }
}

/// The first 50 bytes of both sides.
fn halves(left: &[u8], right: &[u8]) -> [u8; 100] {
    let mut joined = [0; 100];
    let (first, second) = joined.split_at_mut(50);
    for (to, from) in [(first, left), (second, right)] {
        for (to, from) in to.iter_mut().zip(from) {
            *to = *from;
        }
    }
    joined
}

/// Joins records with a table.
#[topology]
pub(crate) mod tablejoin {
    topology! {
        table tbl: table<String, Vec<u8>> = "tbl";
        source input: stream<String, &[u8]> = "in";
        sink out: stream<String, [u8; 100]> = "out";

        input.join(tbl, |left, right| super::halves(left, right)).to(out);
    }
}

/// Joins two streams within five seconds.
#[topology]
pub(crate) mod streamjoin {
    topology! {
        source left: stream<String, Vec<u8>> = "left";
        source right: stream<String, Vec<u8>> = "right";
        sink out: stream<String, [u8; 100]> = "out";

        left
            .join(right, |left, right| -> [u8; 100] { super::halves(left, right) }, within(5s), grace(60s))
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
