package peer;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/** What the harness asks of the broker. */
class Broker implements AutoCloseable {
  static final int PARTITIONS = 4;
  static final int CREATE_SECONDS = 30;
  final String bootstrap;
  private final List<Long> pids;
  private final Admin admin;

  Broker(String bootstrap, List<Long> pids) {
    this.bootstrap = bootstrap;
    this.pids = pids;
    admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
  }

  /** The controller answers before the broker has the topic; returns when both have. */
  void create(String topic) throws Exception {
    admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1))).all().get();
    long deadline = System.nanoTime() + CREATE_SECONDS * 1_000_000_000L;
    while (true) {
      try {
        end(topic, false);
        return;
      } catch (ExecutionException e) {
        if (System.nanoTime() > deadline) throw e;
      }
    }
  }

  /** The sum of the end offsets; of committed transactions only, when `committed`. */
  long end(String topic, boolean committed) throws Exception {
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    for (int p = 0; p < PARTITIONS; p++) latest.put(new TopicPartition(topic, p), OffsetSpec.latest());
    var level = committed ? IsolationLevel.READ_COMMITTED : IsolationLevel.READ_UNCOMMITTED;
    var ends = admin.listOffsets(latest, new ListOffsetsOptions(level)).all().get();
    return ends.values().stream().mapToLong(end -> end.offset()).sum();
  }

  /** The sum of the offsets that a group has committed on these topics. */
  long committed(String group, List<String> topics) throws Exception {
    try {
      long sum = 0;
      for (var entry : admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().entrySet())
        if (entry.getValue() != null && topics.contains(entry.getKey().topic())) sum += entry.getValue().offset();
      return sum;
    } catch (ExecutionException e) {
      return 0;   // the group does not exist yet
    }
  }

  /** An application's output and internal topics. */
  void drop(String application, String output) throws Exception {
    List<String> topics = admin.listTopics().names().get().stream()
        .filter(topic -> topic.equals(output) || topic.startsWith(application + "-")).toList();
    try {
      admin.deleteTopics(topics).all().get();
    } catch (ExecutionException e) {
      System.err.println("warning: topics of " + application + " stay: " + e.getMessage());
    }
  }

  double cpuSeconds() {
    return pids.stream().mapToDouble(Child::cpuSeconds).sum();
  }

  public void close() {
    admin.close();
  }
}
