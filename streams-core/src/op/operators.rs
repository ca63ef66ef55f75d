//! The words of the language as methods, for editors: completion after a dot, and on hover what an
//! operator does. Nothing calls them.

/// What code for editors calls a word of the language on.
#[derive(Clone, Copy, Debug)]
pub struct Operators(());

/// See [`Operators`].
pub fn operators() -> Operators {
    Operators(())
}

macro_rules! operators {
    ($($(#[$doc:meta])* $word:ident)*) => {
        impl Operators {
            $($(#[$doc])* pub fn $word(self) {})*
        }
    };
}

operators! {
    /// `aggregate(store: S = initial, |key, value, state| { … })`: the values of each key gathered in a
    /// state; over tables with a second closure that subtracts, over sessions with one that merges.
    aggregate
    /// `branch { pattern if guard => sink, pattern => .operator(…), else => sink }`: each record goes to the
    /// first arm whose pattern fits its value.
    branch
    /// `cogroup(|key, value, state| { … })`, then `cogroup(other_group, |key, value, state| { … })`: several
    /// groups in one state; ends in `aggregate(store: S = initial)`.
    cogroup
    /// `call(async_fn, concurrency = 8, timeout = 2s)`: asks an outside service, results in order.
    call
    /// `count(store)`: how many records each key has had, as `i64`.
    count
    /// `filter(|key, value| condition)`: the records for which the condition holds.
    filter
    /// `filter_not(|key, value| condition)`: the records for which the condition does not hold.
    filter_not
    /// `flat_map(|key, value| [(key, value), …])`: any number of records for each; the key counts as changed.
    flat_map
    /// `flat_map_values(|value| [value, …])`: any number of values for each, under the same key.
    flat_map_values
    /// `for_each(|key, value| { … })`: does something with each record and ends the chain.
    for_each
    /// `group_by(|key, value| new_key)`: groups by a new key; of a table `group_by(|key, value| (group, value))`.
    group_by
    /// `group_by_key()`: groups by the key that the records have.
    group_by_key
    /// `join(table, |left, right| value)`, or with a stream `join(other, |left, right| value, within(5m))`.
    join
    /// As `join`; what finds no partner is given on with `None`.
    left_join
    /// As `join`, of two streams or two tables; what finds no partner on either side is given on.
    outer_join
    /// `map(|key, value| (new_key, new_value))`: a new record for each; the key counts as changed.
    map
    /// `map_values(|key, value| new_value)`: a new value for each record.
    map_values
    /// `peek(|key, value| { … })`: looks at each record and gives it on.
    peek
    /// `process(Type, store, punctuate(stream_time every 10s))`: gives each record to a processor of yours.
    process
    /// `process_values(Type, store)`: as `process`, and the keys stay.
    process_values
    /// `reduce(store, |old, new| value)`: the values of each key made into one.
    reduce
    /// `repartition(name)`: sends the records through a topic, so that they are partitioned by their key.
    repartition
    /// `select_key(|key, value| new_key)`: a new key for each record.
    select_key
    /// `suppress(until_close)`: each window's result once, when the window has closed; `suppress(until(10s))`:
    /// of a key's updates only the last, so long after the first.
    suppress
    /// `to(sink)`: writes the records to a sink's topic and ends the chain.
    to
    /// `to_stream()`: a table's updates as a stream.
    to_stream
    /// `to_table(store)`: the latest record of each key as a table.
    to_table
    /// `to_topic(|key, value| name)`: writes each record to the topic that the function names.
    to_topic
    /// `transform(store, |key, value, state| new_value)`: a new value for each record, made with its key's state.
    transform
    /// `window(tumbling(5m), grace(10s))`: the group's records by windows of event time.
    window
}
