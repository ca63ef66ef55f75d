import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.Properties;
import java.util.stream.Stream;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.WindowedSerdes;
import org.apache.kafka.streams.processor.StateRestoreListener;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.VersionedKeyValueStore;
import org.apache.kafka.streams.state.VersionedRecord;
import org.apache.kafka.streams.state.WindowStore;

/** The topologies of this crate on Java's Kafka Streams: TOPOLOGY BOOTSTRAP APPLICATION-ID STATE-DIR IN OUT. Ends on SIGTERM. */
public class Interop {
  static final Serde<String> S = Serdes.String();
  static final Serde<Long> L = Serdes.Long();

  static void build(StreamsBuilder builder, String name, String in, String out) {
    KStream<String, String> events = builder.stream(in, Consumed.with(S, S));
    KGroupedStream<String, String> grouped = events.groupByKey(Grouped.with(S, S));
    switch (name) {
      case "count" -> grouped
          .count(Materialized.<String, Long, KeyValueStore<Bytes, byte[]>>as("counts").withKeySerde(S).withValueSerde(L))
          .toStream().to(out, Produced.with(S, L));
      case "recount" -> events.groupBy((k, v) -> v, Grouped.with("recounts", S, S))
          .count(Materialized.<String, Long, KeyValueStore<Bytes, byte[]>>as("recounts").withKeySerde(S).withValueSerde(L))
          .toStream().to(out, Produced.with(S, L));
      case "windowed" -> grouped.windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofSeconds(10)))
          .count(Materialized.<String, Long, WindowStore<Bytes, byte[]>>as("per_window").withKeySerde(S).withValueSerde(L))
          .toStream().to(out, Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class, 10_000), L));
      case "session" -> grouped.windowedBy(SessionWindows.ofInactivityGapWithNoGrace(Duration.ofSeconds(5)))
          .count(Materialized.<String, Long, SessionStore<Bytes, byte[]>>as("per_session").withKeySerde(S).withValueSerde(L))
          .toStream().to(out, Produced.with(WindowedSerdes.sessionWindowedSerdeFrom(String.class), L));
      case "versioned" -> {
        builder.addStateStore(Stores.versionedKeyValueStoreBuilder(
            Stores.persistentVersionedKeyValueStore("versions", Duration.ofMinutes(10)), S, L));
        events.process(Counting::new, "versions").to(out, Produced.with(S, L));
      }
      case "bank" -> {
        Serde<long[][]> json = Serdes.serdeFrom((topic, v) -> bytes(v), (topic, b) -> rows(b));
        builder.addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("spent"), S, json));
        events.process(Deciding::new, "spent").to(out, Produced.with(S, L));
      }
      default -> throw new IllegalArgumentException("no topology " + name);
    }
  }

  static final ObjectMapper JSON = new ObjectMapper();

  static byte[] bytes(long[][] v) {
    try {
      return v == null ? null : JSON.writeValueAsBytes(v);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  static long[][] rows(byte[] b) {
    try {
      return b == null ? null : JSON.readValue(b, long[][].class);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Counts from what the store has of the record's time; half a minute ago there were thirty less. */
  static class Counting extends ContextualProcessor<String, String, String, Long> {
    public void process(Record<String, String> r) {
      VersionedKeyValueStore<String, Long> store = context().getStateStore("versions");
      VersionedRecord<Long> last = store.get(r.key(), r.timestamp());
      long count = (last == null ? 0 : last.value()) + 1;
      store.put(r.key(), count, r.timestamp());
      VersionedRecord<Long> before = store.get(r.key(), r.timestamp() - 30_000);
      long then = before == null ? 0 : before.value();
      context().forward(r.withValue(then == Math.max(count - 30, 0) ? count : -then));
    }
  }

  /** What was withdrawn in the last 20 seconds, one unit each time. */
  static class Deciding extends ContextualProcessor<String, String, String, Long> {
    public void process(Record<String, String> r) {
      KeyValueStore<String, long[][]> store = context().getStateStore("spent");
      long at = Long.parseLong(r.value());
      long[][] before = store.get(r.key());
      Stream<long[]> all = Stream.concat(before == null ? Stream.of() : Arrays.stream(before), Stream.of(new long[] {at, 1}));
      long[][] now = all.filter(row -> row[0] > at - 20_000).toArray(long[][]::new);
      store.put(r.key(), now);
      context().forward(r.withValue(Arrays.stream(now).mapToLong(row -> row[1]).sum()));
    }
  }

  /** A line for the tests: what, how many records, milliseconds since the start. */
  static void say(String what, long records) {
    long started = ManagementFactory.getRuntimeMXBean().getStartTime();
    System.out.println("@@ " + what + " " + records + " " + (System.currentTimeMillis() - started));
    System.out.flush();
  }

  public static void main(String[] args) throws Exception {
    Properties p = new Properties();
    p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[1]);
    p.put(StreamsConfig.APPLICATION_ID_CONFIG, args[2]);
    p.put(StreamsConfig.STATE_DIR_CONFIG, args[3]);
    p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, "100");
    p.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, "0");
    p.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    // Java's members do not leave the group at their end: the next one waits for this.
    p.put(StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), "6000");
    p.put(StreamsConfig.consumerPrefix(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG), "1000");
    StreamsBuilder builder = new StreamsBuilder();
    build(builder, args[0], args[4], args[5]);
    KafkaStreams streams = new KafkaStreams(builder.build(), p);
    streams.setUncaughtExceptionHandler(e -> {
      e.printStackTrace();
      return StreamThreadExceptionResponse.SHUTDOWN_APPLICATION;
    });
    streams.setGlobalStateRestoreListener(new StateRestoreListener() {
      public void onRestoreStart(TopicPartition p, String store, long from, long to) { say("restore-start", 0); }
      public void onBatchRestored(TopicPartition p, String store, long to, long records) {}
      public void onRestoreEnd(TopicPartition p, String store, long records) { say("restore-end", records); }
    });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(30))));
    streams.start();
    Thread.sleep(600_000);
  }
}
