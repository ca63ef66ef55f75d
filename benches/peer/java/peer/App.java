package peer;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.WindowedSerdes;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;

/** The workloads on Java's Kafka Streams. Arguments: `--key value`; see README.md. */
public class App {
  static final Serde<byte[]> B = Serdes.ByteArray();
  static final Serde<String> S = Serdes.String();
  static final Serde<Long> L = Serdes.Long();

  /** `--set k=v` may stand several times: any setting of Kafka Streams or its clients. */
  static Map<String, String> parse(String[] args) {
    Map<String, String> options = new LinkedHashMap<>();
    for (int i = 0; i + 1 < args.length; i += 2) {
      if (args[i].equals("--set")) options.merge("set", args[i + 1], (x, y) -> x + ";" + y);
      else options.put(args[i].substring(2), args[i + 1]);
    }
    return options;
  }

  /** Inputs.java knows the source topics of each workload. */
  static Topology topology(Map<String, String> o) {
    StreamsBuilder builder = new StreamsBuilder();
    String in = o.getOrDefault("input", "in"), out = o.get("output");
    switch (o.get("workload")) {
      case "pass" -> builder.stream(in, Consumed.with(B, B))
          .mapValues(v -> { byte[] r = v.clone(); r[20] ^= 1; return r; })
          .to(out, Produced.with(B, B));
      case "filtermap" -> builder.stream(in, Consumed.with(B, B))
          .filter((k, v) -> (v[15] & 1) == 0)
          .map((k, v) -> KeyValue.pair(k, Arrays.copyOf(v, 50)))
          .to(out, Produced.with(B, B));
      case "count" -> builder.stream(in, Consumed.with(S, B))
          .groupByKey(Grouped.with(S, B))
          .count(keyValue("counts", L))
          .toStream().to(out, Produced.with(S, L));
      case "recount" -> builder.stream(in, Consumed.with(S, B))   // count after a repartition topic
          .groupBy((k, v) -> k, Grouped.with(S, B))
          .count(keyValue("counts", L))
          .toStream().to(out, Produced.with(S, L));
      case "window" -> builder.stream(in, Consumed.with(S, B))
          .groupByKey(Grouped.with(S, B))
          .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMinutes(1), Duration.ofMinutes(1)))
          .count(Materialized.<String, Long, WindowStore<Bytes, byte[]>>as("wcounts").withKeySerde(S).withValueSerde(L))
          .toStream().to(out, Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class, 60_000), L));
      case "tablejoin" -> {
        KTable<String, byte[]> table = builder.table("tbl", Consumed.with(S, B), keyValue("tstore", B));
        builder.stream(in, Consumed.with(S, B)).join(table, App::halves, Joined.with(S, B, B)).to(out, Produced.with(S, B));
      }
      case "streamjoin" -> builder.stream("left", Consumed.with(S, B))
          .join(builder.stream("right", Consumed.with(S, B)), App::halves,
              JoinWindows.ofTimeDifferenceAndGrace(Duration.ofSeconds(5), Duration.ofSeconds(60)), StreamJoined.with(S, B, B))
          .to(out, Produced.with(S, B));
      case "bank" -> {
        boolean memory = o.getOrDefault("store", "rocks").equals("mem");
        StoreBuilder<KeyValueStore<String, byte[]>> store = Stores.keyValueStoreBuilder(
            memory ? Stores.inMemoryKeyValueStore(Bank.STORE) : Stores.persistentKeyValueStore(Bank.STORE), S, B);
        builder.addStateStore(cache(o) ? store.withCachingEnabled() : store.withCachingDisabled());
        builder.stream("bank", Consumed.with(S, B)).process(Bank::new, Bank.STORE).to(out, Produced.with(S, B));
      }
      default -> throw new IllegalArgumentException("no workload " + o.get("workload"));
    }
    return builder.build();
  }

  static <V> Materialized<String, V, KeyValueStore<Bytes, byte[]>> keyValue(String name, Serde<V> values) {
    return Materialized.<String, V, KeyValueStore<Bytes, byte[]>>as(name).withKeySerde(S).withValueSerde(values);
  }

  /** The first 50 bytes of both sides. */
  static byte[] halves(byte[] left, byte[] right) {
    byte[] joined = new byte[100];
    System.arraycopy(left, 0, joined, 0, 50);
    System.arraycopy(right, 0, joined, 50, 50);
    return joined;
  }

  static boolean cache(Map<String, String> o) {
    return !o.getOrDefault("cache", "on").equals("off");
  }

  static Properties properties(Map<String, String> o) {
    Properties p = new Properties();
    boolean exactlyOnce = o.getOrDefault("guarantee", "alos").equals("eos");
    p.put(StreamsConfig.APPLICATION_ID_CONFIG, o.get("app-id"));
    p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, o.get("bootstrap"));
    p.put(StreamsConfig.STATE_DIR_CONFIG, o.get("state-dir"));
    p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, o.getOrDefault("threads", "1"));
    p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, exactlyOnce ? StreamsConfig.EXACTLY_ONCE_V2 : StreamsConfig.AT_LEAST_ONCE);
    p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, o.getOrDefault("commit-ms", exactlyOnce ? "100" : "1000"));
    if (!cache(o)) p.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, "0");
    if (o.getOrDefault("store", "rocks").equals("mem"))
      p.put(StreamsConfig.DSL_STORE_SUPPLIERS_CLASS_CONFIG, BuiltInDslStoreSuppliers.InMemoryDslStoreSuppliers.class.getName());
    p.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    if (o.containsKey("set"))
      for (String setting : o.get("set").split(";")) {
        String[] pair = setting.split("=", 2);
        p.put(pair[0], pair[1]);
      }
    return p;
  }

  public static void main(String[] args) throws Exception {
    Map<String, String> o = parse(args);
    KafkaStreams streams = new KafkaStreams(topology(o), properties(o));
    long started = ManagementFactory.getRuntimeMXBean().getStartTime();
    streams.setStateListener((now, before) ->
        System.out.println("@@ state " + now + " " + (System.currentTimeMillis() - started)));
    streams.setUncaughtExceptionHandler(e -> {
      e.printStackTrace();
      return StreamThreadExceptionResponse.SHUTDOWN_APPLICATION;
    });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(10))));
    streams.start();
    Thread.sleep(600_000);   // the harness ends it by SIGTERM long before
    System.exit(3);
  }
}
