//! `benches/peer/spec.txt`: which programs run which workloads.

use std::path::Path;

use crate::failure::{Failure, Result};

/// One line: a program on one workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    pub(crate) implementation: String,
    pub(crate) command: String,
    pub(crate) workload: String,
    pub(crate) guarantee: String,
    pub(crate) extra: String,
}

/// What the placeholders of a command stand for.
pub(crate) struct Places<'a> {
    pub(crate) class_path: String,
    pub(crate) release: &'a Path,
}

/// The lines of a spec file; `name` is for errors.
pub(crate) fn parse(text: &str, name: &Path) -> Result<Vec<Spec>> {
    let mut specs = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let fields: Vec<&str> = line.split('|').map(str::trim).collect();
        let [implementation, command, workload, guarantee, extra] = fields.as_slice() else {
            return Err(Failure::new(format!(
                "{}:{number}: expected implementation|command|workload|guarantee|extra, with the \
                 last `|` even where nothing follows",
                name.display()
            )));
        };
        specs.push(Spec {
            implementation: (*implementation).to_owned(),
            command: (*command).to_owned(),
            workload: (*workload).to_owned(),
            guarantee: (*guarantee).to_owned(),
            extra: (*extra).to_owned(),
        });
    }
    Ok(specs)
}

/// The lines of these workloads and guarantees, in the file's order.
pub(crate) fn select(
    specs: Vec<Spec>,
    workloads: &[String],
    guarantees: &[String],
) -> Result<Vec<Spec>> {
    let known = |wanted: &[String], field: fn(&Spec) -> &str| {
        let unknown = wanted.iter().find(|w| !specs.iter().any(|spec| field(spec) == **w));
        unknown.map(|unknown| {
            let mut all: Vec<&str> = specs.iter().map(field).collect();
            all.sort_unstable();
            all.dedup();
            Failure::new(format!("the spec has no line with {unknown}, only {}", all.join(", ")))
        })
    };
    if let Some(failure) = known(workloads, |spec| &spec.workload) {
        return Err(failure);
    }
    if let Some(failure) = known(guarantees, |spec| &spec.guarantee) {
        return Err(failure);
    }
    Ok(specs
        .into_iter()
        .filter(|spec| workloads.contains(&spec.workload) && guarantees.contains(&spec.guarantee))
        .collect())
}

impl Spec {
    /// Whether the command needs what cargo builds.
    pub(crate) fn is_ours(&self) -> bool {
        self.command.contains("{release}")
    }

    /// The line as the harness reads it, placeholders replaced.
    pub(crate) fn line(&self, places: &Places<'_>) -> Result<String> {
        let release = places.release.display().to_string();
        if self.is_ours() {
            without_space(&release)?;
        }
        without_space(&places.class_path)?;
        let java = format!(
            "java -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp {}",
            places.class_path
        );
        let command = self.command.replace("{java}", &java).replace("{release}", &release);
        let fields = [&self.implementation, &command, &self.workload, &self.guarantee, &self.extra];
        Ok(fields.map(String::as_str).join("|"))
    }
}

/// The harness splits a command at spaces.
fn without_space(path: &str) -> Result<()> {
    if path.contains([' ', '|']) {
        return Err(Failure::new(format!(
            "a path with a space or `|` cannot stand in a spec: {path}; set CARGO_TARGET_DIR and \
             STREAMS_KAFKA_CACHE to others"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]
    use super::*;

    const TEXT: &str = "\
# comment

kafka-streams|{java} -Xmx1g peer.App|pass|alos|
streams|{release}/streams-peer|pass|alos|--threads 2
streams|{release}/streams-peer|bank|eos|
";

    fn specs() -> Vec<Spec> {
        parse(TEXT, Path::new("spec.txt")).unwrap()
    }

    fn strings(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn placeholders_become_paths() {
        let release = Path::new("/t/release");
        let places = Places { class_path: "/c:/j/*".to_owned(), release };
        let lines: Vec<String> = specs().iter().map(|spec| spec.line(&places).unwrap()).collect();
        assert_eq!(
            lines[0],
            "kafka-streams|java -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp /c:/j/* -Xmx1g \
             peer.App|pass|alos|"
        );
        assert_eq!(lines[1], "streams|/t/release/streams-peer|pass|alos|--threads 2");
    }

    #[test]
    fn a_path_with_a_space_is_refused() {
        let places = Places { class_path: "/my jars/*".to_owned(), release: Path::new("/t") };
        assert!(specs()[0].line(&places).is_err());
    }

    #[test]
    fn workloads_and_guarantees_select_lines() {
        let selected = select(specs(), &strings(&["pass"]), &strings(&["alos"])).unwrap();
        let names: Vec<&str> = selected.iter().map(|spec| spec.implementation.as_str()).collect();
        assert_eq!(names, ["kafka-streams", "streams"]);
    }

    #[test]
    fn an_unknown_workload_is_named_with_those_that_exist() {
        let failure = select(specs(), &strings(&["pas"]), &strings(&["alos"])).unwrap_err();
        assert_eq!(failure.to_string(), "the spec has no line with pas, only bank, pass");
    }

    #[test]
    fn a_line_with_a_missing_field_is_named_by_its_number() {
        let failure = parse("#\na|b|c|d\n", Path::new("spec.txt")).unwrap_err().to_string();
        assert!(failure.starts_with("spec.txt:2: "), "{failure}");
    }
}
