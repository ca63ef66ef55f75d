package peer;

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The input topics. Deterministic: keys `k%09d`, uniform over 100,000, values of 100 bytes (bank: 16), timestamps from
 * a fixed midnight on, so that every implementation and every run reads the same records.
 */
class Inputs {
  static final int KEYS = 100_000;
  static final long MINUTES_10 = 600_000, DAYS_3 = 3 * 86_400_000L;
  static final long MIDNIGHT = 1_750_000_000_000L / 86_400_000L * 86_400_000L;   // UTC

  /** The source topics of a workload; `in` may be replaced by `--input`. */
  static List<String> topics(String workload, Map<String, String> options) {
    String in = options.getOrDefault("input", "in");
    return switch (workload) {
      case "pass", "filtermap", "count", "recount", "window" -> List.of(in);
      case "tablejoin" -> List.of(in, "tbl");
      case "streamjoin" -> List.of("left", "right");
      case "bank" -> List.of("bank");
      default -> throw new IllegalArgumentException("Inputs.java knows no workload " + workload);
    };
  }

  /** Writes a topic; `records` is the size of `in`, the others are parts of it. */
  static void generate(Broker broker, String topic, long records) throws Exception {
    switch (topic) {
      case "in" -> write(broker, topic, records, MINUTES_10);
      case "inh", "bank" -> write(broker, topic, records / 2, topic.equals("bank") ? DAYS_3 : MINUTES_10);
      case "left", "right" -> write(broker, topic, records / 4, MINUTES_10);
      case "tbl" -> write(broker, topic, KEYS, 1);
      default -> throw new IllegalArgumentException("Inputs.java knows no topic " + topic);
    }
  }

  private static void write(Broker broker, String topic, long records, long spanMs) throws Exception {
    broker.create(topic);
    Map<String, Object> settings = Map.of("bootstrap.servers", broker.bootstrap, "acks", "1", "enable.idempotence", false,
        "linger.ms", 20, "buffer.memory", 64L << 20);
    byte[][] keys = new byte[KEYS][];
    for (int k = 0; k < KEYS; k++) keys[k] = String.format("k%09d", k).getBytes();
    try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (long i = 0; i < records; i++) {
        byte[] key = keys[topic.equals("tbl") ? (int) i : Math.floorMod(mix(i), KEYS)];
        byte[] value = topic.equals("bank") ? withdrawal(i) : value(i);
        producer.send(new ProducerRecord<>(topic, null, MIDNIGHT + i * spanMs / records, key, value));
      }
    }
    System.err.println("input " + topic + ": " + broker.end(topic, false) + " records");
  }

  private static byte[] value(long i) {
    byte[] value = new byte[100];
    Bank.long64(value, 0, i);
    long x = i;
    for (int at = 8; at + 8 <= 100; at += 8) Bank.long64(value, at, x = mix(x));
    return value;
  }

  private static byte[] withdrawal(long i) {
    byte[] value = new byte[16];
    Bank.long64(value, 0, i);
    Bank.long64(value, 8, 100 + Math.floorMod(mix(~i), 20_000L));
    return value;
  }

  /** splitmix64 */
  private static long mix(long z) {
    z += 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
