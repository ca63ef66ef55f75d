//! What differs between two shapes of a topology, and what that does to data.

use std::collections::BTreeMap;

use super::shape::{Data, Shape, StoreShape, TopicShape};

/// What a change does to data that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nobody would read it any more.
    Orphans,
    /// It would be read as what it is not, or looked for where it is not.
    Misreads,
    /// Nothing.
    Harmless,
}

/// A difference from the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it does.
    pub effect: Effect,
    /// What changed, in one sentence.
    pub what: String,
    /// What it would do to data, and the ways on.
    pub lines: Vec<String>,
}

impl Change {
    fn new(effect: Effect, what: String, lines: Vec<String>) -> Self {
        Self { effect, what, lines }
    }

    fn harmless(what: String) -> Self {
        let lines = vec!["nothing is lost by it: write it down with the `lock` command".to_owned()];
        Self::new(Effect::Harmless, what, lines)
    }
}

const ACCEPT: &str = "or, if that is meant: `lock --accept`";
const READERS: &str = "or make its readers ready for it, then `lock --accept`";
const RESET: &str = "or start anew: `reset` the application, then `lock --accept`";

/// All differences, in the order of names.
pub(super) fn between(then: &Shape, now: &Shape) -> Vec<Change> {
    let mut changes = Vec::new();
    for (name, old) in &then.stores {
        match now.stores.get(name) {
            None => changes.push(store_gone(name, old, then, now)),
            Some(new) => store(name, old, new, &mut changes),
        }
    }
    for name in now.stores.keys().filter(|name| !then.stores.contains_key(*name)) {
        changes.push(Change::harmless(format!("store `{name}` is new")));
    }
    for (name, old) in &then.topics {
        match now.topics.get(name) {
            None => changes.push(topic_gone(name, old, then, now)),
            Some(new) => topic(name, old, new, &mut changes),
        }
    }
    for (name, new) in now.topics.iter().filter(|(name, _)| !then.topics.contains_key(*name)) {
        changes.push(Change::harmless(format!("topic `{name}` ({}) is new", new.role)));
    }
    changes
}

/// A topology that the lock knows by another name.
pub(super) fn renamed(name: &str, now: &Shape, locked: &BTreeMap<String, Shape>) -> Option<Change> {
    let (old, _) = locked.iter().find(|(_, then)| *then == now)?;
    Some(Change::new(
        Effect::Orphans,
        format!("topology `{old}` is called `{name}` now"),
        vec![
            format!(
                "its application id would be `{name}`: offsets, stores and internal topics of `{old}` \
                 would be orphaned, and everything read from the beginning"
            ),
            format!("call the module `{old}` again, or set `application_id = \"{old}\"`"),
            format!("{ACCEPT}, and take `{old}` out of the file"),
        ],
    ))
}

fn store_gone(name: &str, old: &StoreShape, then: &Shape, now: &Shape) -> Change {
    let rows = old.data.as_ref().map_or_else(String::new, |data| format!(", {}", data.text()));
    let place = old.changelog.as_ref().map_or_else(
        || "on disk".to_owned(),
        |topic| format!("in `<application id>-{topic}`{rows}"),
    );
    let mut lines = vec![format!("what it holds {place}, would be orphaned")];
    let alike = |new: &StoreShape| {
        new.kind == old.kind
            && new.data.as_ref().map(Data::text) == old.data.as_ref().map(Data::text)
    };
    let new = now.stores.iter().find(|(n, new)| !then.stores.contains_key(*n) && alike(new));
    match new {
        Some((new, _)) => lines.push(format!("`{new}` is new and alike: call it `{name}` again")),
        None => lines.push(format!("call a store `{name}` again, of the same types")),
    }
    if let (Some(topic), Some(Data { key, value, .. })) = (&old.changelog, &old.data) {
        lines.push(format!(
            "or migrate: read the old rows as `table old: table<{key}, {value}> = \"<application \
             id>-{topic}\"` into the new store"
        ));
    }
    lines.push("or, if nobody needs it: `lock --accept`, and delete that topic".to_owned());
    Change::new(Effect::Orphans, format!("store `{name}` is gone"), lines)
}

fn store(name: &str, old: &StoreShape, new: &StoreShape, changes: &mut Vec<Change>) {
    if old.kind != new.kind {
        let what = format!("store `{name}` was a {} store and is a {} store", old.kind, new.kind);
        let lines = vec![
            "its rows would be read as what they are not".to_owned(),
            format!("give the new store another name than `{name}`"),
            RESET.to_owned(),
        ];
        changes.push(Change::new(Effect::Misreads, what, lines));
        return;
    }
    if let (Some(old), Some(new)) = (&old.data, &new.data) {
        changes.extend(data(&format!("store `{name}`"), false, old, new));
    }
    match (old.retention_ms, new.retention_ms) {
        (Some(old), Some(new)) if new < old => {
            let (old, new) = (duration(old), duration(new));
            let what = format!("store `{name}` keeps rows for {new} in place of {old}");
            let lines = vec![
                format!("rows that are older than {new} would be deleted"),
                format!("keep them: `retention({old})`"),
                ACCEPT.to_owned(),
            ];
            changes.push(Change::new(Effect::Orphans, what, lines));
        }
        (old, new) if old != new => {
            changes.push(Change::harmless(format!("store `{name}` keeps rows for longer")));
        }
        _ => {}
    }
}

fn topic_gone(name: &str, old: &TopicShape, then: &Shape, now: &Shape) -> Change {
    let alike = |new: &TopicShape| new.role == old.role && new.data == old.data;
    let new = now.topics.iter().find(|(n, new)| !then.topics.contains_key(*n) && alike(new));
    let renamed = new.map(|(new, _)| format!("`{new}` is new and alike: call it `{name}` again"));
    let what = format!("topic `{name}` ({}) is gone", old.role);
    match old.role.as_str() {
        "source" => {
            let mut lines = vec![
                "records in it that have not been read would be orphaned; another topic in its place is \
                 read from where `reset = …` says, not from where this one was left"
                    .to_owned(),
            ];
            lines.extend(renamed.map(|line| {
                format!("{line} (a topic that is only called otherwise on the broker: `topics.{name} = …`)")
            }));
            lines.push(ACCEPT.to_owned());
            Change::new(Effect::Orphans, what, lines)
        }
        "repartition" => {
            let mut lines = vec![
                "records on their way through it would be orphaned".to_owned(),
                "run the old program until its input is processed, and stop it before the new one starts"
                    .to_owned(),
            ];
            lines.extend(renamed.map(|line| format!("or: {line}")));
            lines.push(ACCEPT.to_owned());
            Change::new(Effect::Orphans, what, lines)
        }
        _ => Change::harmless(format!("{what}: who reads it gets nothing more")),
    }
}

fn topic(name: &str, old: &TopicShape, new: &TopicShape, changes: &mut Vec<Change>) {
    let for_others = matches!(old.role.as_str(), "sink" | "dead letters");
    changes.extend(data(&format!("topic `{name}`"), for_others, &old.data, &new.data));
    if old.partitions != new.partitions {
        let text = |n: Option<i32>| n.map_or_else(|| "none".to_owned(), |n| n.to_string());
        let (was, is) = (text(old.partitions), text(new.partitions));
        let what = format!("topic `{name}` is declared with {is} partitions in place of {was}");
        let changes_place = old.partitions.is_some() && new.partitions.is_some();
        if changes_place && matches!(old.role.as_str(), "source" | "repartition") {
            let lines = vec![
                "keys would go to other partitions than those whose tasks have their state"
                    .to_owned(),
                format!(
                    "go back to {was}; or send the records through `.repartition(name, partitions = {was})`"
                ),
                RESET.to_owned(),
            ];
            changes.push(Change::new(Effect::Misreads, what, lines));
        } else {
            changes.push(Change::harmless(what));
        }
    }
    if old.role != new.role {
        let what = format!("topic `{name}` was a {} and is a {}", old.role, new.role);
        changes.push(Change::harmless(what));
    }
}

/// What differs in keys and values; `for_others` is what the topology writes and does not read.
fn data(of: &str, for_others: bool, old: &Data, new: &Data) -> Option<Change> {
    let mut lines = Vec::new();
    let what = if old.text() != new.text() {
        lines.push(match for_others {
            true => "who reads it would find what was written as the one, and then as the other"
                .to_owned(),
            false => {
                "what is in it was written as the one, and would be read as the other".to_owned()
            }
        });
        lines.push(
            "go back to it, or leave it as it is and give the new one another name".to_owned(),
        );
        format!("{of} was {} and is {}", old.text(), new.text())
    } else if old.schema_hash != new.schema_hash {
        for was in old.schema.iter().filter(|text| !new.schema.contains(text)) {
            lines.push(format!("was: {was}"));
        }
        for is in new.schema.iter().filter(|text| !old.schema.contains(text)) {
            lines.push(format!("is:  {is}"));
        }
        lines.push(match for_others {
            true => "who reads it would find both forms".to_owned(),
            false => "what is in it has the old form".to_owned(),
        });
        lines.push(
            "if the new type reads the old form (as with `#[serde(default)]` on what is added): `lock --accept`"
                .to_owned(),
        );
        lines.push("if not: go back to it, or give the new type another store or topic".to_owned());
        format!("{of} holds a type with another definition")
    } else {
        return None;
    };
    lines.push(if for_others { READERS } else { RESET }.to_owned());
    Some(Change::new(Effect::Misreads, what, lines))
}

/// `7d`, `90s`: in the largest unit that has no rest.
fn duration(ms: i64) -> String {
    const UNITS: [(&str, i64); 4] =
        [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];
    let whole = UNITS.iter().find(|(_, unit)| ms != 0 && ms % unit == 0);
    whole.map_or_else(|| format!("{ms}ms"), |(name, unit)| format!("{}{name}", ms / unit))
}
