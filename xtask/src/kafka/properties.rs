//! The `server.properties` of one broker, which is a controller of the quorum too (KRaft).

use std::path::Path;

use super::cluster::Setup;

/// Loopback only: nothing here is meant to be reached from another machine.
pub(crate) const HOST: &str = "127.0.0.1";

/// After how many milliseconds a cluster for tests forgets a transactional id that is not used.
pub(crate) const IDLE_ID_MS: u32 = 25_000;

/// The ports of one node.
#[derive(Clone, Copy)]
pub(crate) struct Ports {
    pub(crate) broker: u16,
    pub(crate) controller: u16,
}

/// Where clients connect to.
pub(crate) fn bootstrap(nodes: &[Ports]) -> String {
    comma(nodes.iter().map(|node| format!("{HOST}:{}", node.broker)))
}

/// The properties of node `index` (from 0) of `nodes`; its log goes to `data`.
pub(crate) fn render(
    index: usize,
    ports: Ports,
    nodes: &[Ports],
    data: &Path,
    setup: Setup,
) -> String {
    let voters = nodes.iter().zip(1..).map(|(node, id)| format!("{id}@{HOST}:{}", node.controller));
    let replicas = nodes.len().min(3);
    let in_sync = if replicas < 3 { 1 } else { 2 };
    // With replicas, a broker that dies is missed soon. Without, one that is only slow would leave its
    // partitions without a leader.
    let (heartbeat, session) = if replicas < 3 { ("2000", "9000") } else { ("500", "3000") };
    let settings = [
        ("process.roles", "broker,controller".to_owned()),
        ("node.id", (index + 1).to_string()),
        ("controller.quorum.voters", comma(voters)),
        (
            "listeners",
            format!("PLAINTEXT://{HOST}:{},CONTROLLER://{HOST}:{}", ports.broker, ports.controller),
        ),
        ("advertised.listeners", format!("PLAINTEXT://{HOST}:{}", ports.broker)),
        ("controller.listener.names", "CONTROLLER".to_owned()),
        ("inter.broker.listener.name", "PLAINTEXT".to_owned()),
        ("log.dirs", data.display().to_string()),
        ("default.replication.factor", replicas.to_string()),
        ("min.insync.replicas", in_sync.to_string()),
        ("offsets.topic.replication.factor", replicas.to_string()),
        ("offsets.topic.num.partitions", "8".to_owned()),
        ("transaction.state.log.replication.factor", replicas.to_string()),
        ("transaction.state.log.min.isr", in_sync.to_string()),
        ("transaction.state.log.num.partitions", "8".to_owned()),
        ("share.coordinator.state.topic.replication.factor", replicas.to_string()),
        ("share.coordinator.state.topic.min.isr", in_sync.to_string()),
        ("broker.heartbeat.interval.ms", heartbeat.to_owned()),
        ("broker.session.timeout.ms", session.to_owned()),
        // Otherwise the first assignment of each group waits 3 s for more members.
        ("group.initial.rebalance.delay.ms", "0".to_owned()),
        ("group.streams.initial.rebalance.delay.ms", "0".to_owned()),
        // Tests of members that die need not wait as long as users may want to.
        ("group.min.session.timeout.ms", "1000".to_owned()),
        ("transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000".to_owned()),
        // A misspelt topic is an error, not a new topic.
        ("auto.create.topics.enable", "false".to_owned()),
        // Tests and benchmarks write records with timestamps of years ago.
        ("log.retention.ms", "-1".to_owned()),
        ("file.delete.delay.ms", "1000".to_owned()),
    ];
    let more: &[(&str, String)] = match setup {
        Setup::Plain => &[],
        Setup::ForTests => &[
            (
                "authorizer.class.name",
                "org.apache.kafka.metadata.authorizer.StandardAuthorizer".to_owned(),
            ),
            ("allow.everyone.if.no.acl.found", "true".to_owned()),
            ("transactional.id.expiration.ms", IDLE_ID_MS.to_string()),
            ("transaction.remove.expired.transaction.cleanup.interval.ms", "1000".to_owned()),
        ],
    };
    settings.iter().chain(more).map(|(name, value)| format!("{name}={value}\n")).collect()
}

fn comma(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODES: [Ports; 3] = [
        Ports { broker: 1, controller: 11 },
        Ports { broker: 2, controller: 12 },
        Ports { broker: 3, controller: 13 },
    ];

    #[test]
    fn three_nodes_replicate_and_vote() {
        let text = render(1, NODES[1], &NODES, Path::new("/d"), Setup::Plain);
        for line in [
            "node.id=2",
            "controller.quorum.voters=1@127.0.0.1:11,2@127.0.0.1:12,3@127.0.0.1:13",
            "listeners=PLAINTEXT://127.0.0.1:2,CONTROLLER://127.0.0.1:12",
            "min.insync.replicas=2",
            "offsets.topic.replication.factor=3",
            "log.dirs=/d",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is missing in\n{text}");
        }
        assert_eq!(bootstrap(&NODES), "127.0.0.1:1,127.0.0.1:2,127.0.0.1:3");
    }

    #[test]
    fn one_node_needs_no_replica() {
        let one = [NODES[0]];
        let text = render(0, one[0], &one, Path::new("/d"), Setup::Plain);
        assert!(text.contains("\nmin.insync.replicas=1\n"));
        assert!(text.contains("\ndefault.replication.factor=1\n"));
        assert!(!text.contains("authorizer"));
        let text = render(0, one[0], &one, Path::new("/d"), Setup::ForTests);
        assert!(text.contains("\nallow.everyone.if.no.acl.found=true\n"));
    }
}
