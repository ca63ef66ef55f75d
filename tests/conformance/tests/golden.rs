//! Every recorded case of a topology that the language can write is equal.

use std::collections::BTreeSet;

use conformance::{CaseFile, Disks, Kept, Outcome, golden, own, run};

#[test]
fn recorded_cases_are_equal_in_outputs_and_stores() {
    every_case(&Kept::Memory);
}

#[test]
fn recorded_cases_are_equal_when_every_read_is_from_disk() {
    match Disks::new() {
        Ok(disks) => every_case(&Kept::RocksDb(disks)),
        Err(message) => panic!("{message}"),
    }
}

fn every_case(kept: &Kept) {
    let mut cases = CaseFile::find(&[golden()]).unwrap_or_default();
    assert_eq!(cases.len(), 600, "the project's copy of the cases");
    cases.extend(CaseFile::find(&[own()]).unwrap_or_default());
    let all = cases.len();
    let (mut equal, mut waiting, mut failures) = (0, BTreeSet::new(), Vec::new());
    for case in cases {
        match case.read().and_then(|text| run(&text, kept)) {
            Ok(Outcome::Equal) => equal += 1,
            Ok(Outcome::NotWritten) => {
                let name = case.name();
                waiting.insert(name.rsplit_once('-').map_or(name.clone(), |(n, _)| n.to_owned()));
            }
            Ok(Outcome::Different(difference)) => {
                failures.push(format!("{}: {difference}", case.name()));
            }
            Err(message) => failures.push(format!("{}: {message}", case.name())),
        }
    }
    assert!(failures.is_empty(), "{} cases differ:\n{}", failures.len(), failures.join("\n"));
    assert!(waiting.is_empty(), "{} topologies are missing: {waiting:?}", waiting.len());
    assert_eq!(equal, all);
}
