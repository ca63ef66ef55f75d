//! Processors, state stores and punctuators.

use streams::prelude::*;

super::entries!(
    process_values_count,
    dedup,
    punctuate_stream_time,
    punctuate_wall_clock,
    store_operations,
    stamp,
    stream_time,
    processor_api_routing,
);

#[topology]
mod process_values_count {
    use crate::topologies::shown;

    #[derive(Default)]
    pub(super) struct Count;

    impl FixedKeyProcessor for Count {
        type Key = Option<String>;
        type ValueIn = Option<String>;
        type ValueOut = String;
        type Stores<'s> = &'s mut stores::counts;

        fn process(
            &mut self,
            key: &Option<String>,
            value: &Option<String>,
            counts: &mut stores::counts,
            cx: &mut FixedKeyContext<'_, String>,
        ) -> Processed {
            let Some(key) = key else {
                cx.forward("no key".to_owned());
                return Ok(());
            };
            let n = counts.get(key)?.map_or(0, |(n, _)| *n) + 1;
            cx.forward(format!("{}#{n}", shown(value.as_ref())));
            match value {
                Some(_) => counts.put(key, n, cx.timestamp)?,
                None => counts.delete(key)?,
            };
            Ok(())
        }
    }

    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<Option<String>, String> = "out";
        store counts: kv<String, i64>;

        input.process_values(Count, counts).to(out);
    }
}

#[topology]
mod dedup {
    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<Option<String>, String> = "out";
        store seen: kv<String, Option<i64>>;

        input
            .filter(|v| v.is_some())
            .map(|k, v| -> (String, Option<String>) { (v.clone().unwrap_or_default(), k.clone()) })
            .transform(seen, |id, key, seen, cx| {
                let fresh = seen.is_none_or(|t| (cx.timestamp - t).abs() >= 10_000);
                if fresh {
                    *seen = Some(cx.timestamp);
                }
                fresh.then(|| (key.clone(), id.clone()))
            })
            .flat_map(|_, found| found.clone())
            .to(out);
    }
}

/// Counts by key, and forwards and forgets the counts when a schedule is due.
macro_rules! counts_until_punctuated {
    ($name:ident, $clock:ident every $interval:literal) => {
        #[topology]
        mod $name {
            #[derive(Default)]
            pub(super) struct Count;

            impl Processor for Count {
                type KeyIn = Option<String>;
                type ValueIn = Option<String>;
                type KeyOut = String;
                type ValueOut = i64;
                type Stores<'s> = &'s mut stores::counts;

                fn process(
                    &mut self,
                    key: &Option<String>,
                    _: &Option<String>,
                    counts: &mut stores::counts,
                    cx: &mut ProcessorContext<'_, String, i64>,
                ) -> Processed {
                    if let Some(key) = key {
                        let n = counts.get(key)?.map_or(0, |(n, _)| *n);
                        counts.put(key, n + 1, cx.timestamp)?;
                    }
                    Ok(())
                }

                fn punctuate(
                    &mut self,
                    _: Punctuation,
                    counts: &mut stores::counts,
                    cx: &mut ProcessorContext<'_, String, i64>,
                ) -> Processed {
                    let rows = counts.all()?.rows()?;
                    for row in rows {
                        counts.delete(&row.key)?;
                        cx.forward(row.key, row.value);
                    }
                    Ok(())
                }
            }

            topology! {
                source input: stream<Option<String>, Option<String>> = "in";
                sink out: stream<String, i64> = "out";
                store counts: kv<String, i64>;

                input.process(Count, counts, punctuate($clock every $interval)).to(out);
            }
        }
    };
}

counts_until_punctuated!(punctuate_stream_time, stream_time every 10s);
counts_until_punctuated!(punctuate_wall_clock, wall_clock every 1s);

#[topology]
mod store_operations {
    use streams::store::Found;

    use crate::topologies::{after_colon, before_colon};

    #[derive(Default)]
    pub(super) struct Run;

    fn shown(previous: Option<i64>) -> String {
        previous.map_or("null".to_owned(), |n| n.to_string())
    }

    fn listed(
        entries: impl Iterator<Item = streams::Result<Found<String, i64>>>,
    ) -> streams::Result<String> {
        entries.map(|row| row.map(|row| format!("{}{};", row.key, row.value))).collect()
    }

    impl Processor for Run {
        type KeyIn = Option<String>;
        type ValueIn = Option<String>;
        type KeyOut = String;
        type ValueOut = String;
        type Stores<'s> = &'s mut stores::sums;

        fn process(
            &mut self,
            key: &Option<String>,
            value: &Option<String>,
            sums: &mut stores::sums,
            cx: &mut ProcessorContext<'_, String, String>,
        ) -> Processed {
            let (Some(key), Some(value)) = (key, value) else { return Ok(()) };
            let number = after_colon(value).parse().unwrap_or(0);
            let answer = match before_colon(value) {
                "add" => {
                    let old = sums.get(key)?.map_or(0, |(n, _)| *n);
                    sums.put(key, old + number, cx.timestamp)?;
                    return Ok(());
                }
                "init" => format!("was {}", shown(sums.put_if_absent(key, number, cx.timestamp)?)),
                "del" => format!("deleted {}", shown(sums.delete(key)?)),
                "from" => listed(sums.range(key.clone()..="z".to_owned())?)?,
                _ => listed(sums.range("a".to_owned()..=key.clone())?.reversed())?,
            };
            cx.forward(key.clone(), answer);
            Ok(())
        }
    }

    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<String, String> = "out";
        store sums: kv<String, i64>;

        input.process(Run, sums).to(out);
    }
}

#[topology]
mod stamp {
    #[derive(Default)]
    pub(super) struct Stamp;

    impl Processor for Stamp {
        type KeyIn = Option<String>;
        type ValueIn = Option<i64>;
        type KeyOut = Option<String>;
        type ValueOut = Option<i64>;
        type Stores<'s> = ();

        fn process(
            &mut self,
            key: &Option<String>,
            value: &Option<i64>,
            (): (),
            cx: &mut ProcessorContext<'_, Option<String>, Option<i64>>,
        ) -> Processed {
            let shift = value.unwrap_or(0).rem_euclid(1000);
            let (timestamp, stamp) = (cx.timestamp, cx.timestamp.to_string());
            cx.forward(key.clone(), *value).at(timestamp + shift).header("stamp", &stamp);
            if shift == 7 {
                cx.forward(Some("seven".to_owned()), *value).at(0).header("stamp", &stamp);
            }
            Ok(())
        }
    }

    topology! {
        source input: stream<Option<String>, Option<i64>> = "in";
        sink out: stream<Option<String>, Option<i64>> = "out";

        input.process(Stamp).to(out);
    }
}

#[topology]
mod stream_time {
    topology! {
        source in1: stream<Option<String>, Option<String>> = "in1";
        source in2: stream<Option<String>, Option<String>> = "in2";
        sink out: stream<Option<String>, i64> = "out";

        let both = merge(in1, in2);
        both.map_values(|_, _, cx| cx.stream_time).to(out);
    }
}

#[topology]
mod processor_api_routing {
    /// Which of the sinks a record goes to.
    pub(super) enum Routed {
        Negative(Option<i64>),
        Other(Option<i64>),
    }

    #[derive(Default)]
    pub(super) struct Route;

    impl Processor for Route {
        type KeyIn = Option<String>;
        type ValueIn = Option<i64>;
        type KeyOut = Option<String>;
        type ValueOut = Routed;
        type Stores<'s> = ();

        fn process(
            &mut self,
            key: &Option<String>,
            value: &Option<i64>,
            (): (),
            cx: &mut ProcessorContext<'_, Option<String>, Routed>,
        ) -> Processed {
            match value {
                Some(v) if *v < 0 => {
                    cx.forward(key.clone(), Routed::Negative(Some(-v)));
                }
                Some(v) => {
                    cx.forward(key.clone(), Routed::Other(Some(*v)));
                }
                None => {
                    cx.forward(key.clone(), Routed::Negative(None));
                    cx.forward(key.clone(), Routed::Other(None));
                }
            }
            Ok(())
        }
    }

    topology! {
        source input: stream<Option<String>, Option<i64>> = "in";
        sink negative: stream<Option<String>, Option<i64>> = "neg";
        sink other: stream<Option<String>, Option<i64>> = "all";

        input.process(Route).branch {
            Routed::Negative(v) => .map_values(|_| *v).to(negative),
            Routed::Other(v) => .map_values(|_| *v).to(other),
        };
    }
}
