package peer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * How long a record takes from its producer to a reader of committed results, at a steady rate: each value carries when it
 * was sent. Arguments: as Harness, without --records; --rate (records a second), --commit-ms (intervals, separated by
 * commas), --warm-ups (repetitions before the first that counts). Lines of the spec must be of `pass`.
 */
public class Latency {
  static final int WARM_SECONDS = 10, SECONDS = 15, START_SECONDS = 60;
  /** After the last record that counts. */
  static final int LAST_MS = 1500;

  public static void main(String[] args) throws Exception {
    Map<String, String> o = App.parse(args);
    int rate = Integer.parseInt(o.get("rate"));
    try (Harness.Bench bench = Harness.Bench.open(o)) {
      // The broker's and this process's compilers take up to one of two cores for minutes, and everything waits for them.
      for (int rep = 1 - Integer.parseInt(o.get("warm-ups")); rep <= Integer.parseInt(o.get("reps")); rep++)
        for (String interval : o.get("commit-ms").split(","))
          for (Harness.Spec spec : bench.specs()) {
            String id = "latency-" + rep + "-" + interval + "-" + spec.name() + "-" + spec.guarantee();
            System.err.println(spec.name() + " " + spec.guarantee() + ", a commit every " + interval + " ms, " + (rep < 1 ? "to warm up" : "run " + rep));
            String json = run(bench.broker(), spec, interval, rate, id, Path.of(o.get("tmp"), id));
            if (rep >= 1) bench.add(json);
          }
    }
  }

  private static String run(Broker broker, Harness.Spec spec, String interval, int rate, String id, Path dir) throws Exception {
    if (!spec.workload().equals("pass")) throw new IllegalArgumentException("latency is measured of pass, not of " + spec.workload());
    String input = "in-" + id, output = "out-" + id;
    Files.createDirectories(dir);
    broker.create(input);
    broker.create(output);
    List<String> command = spec.command(broker, id, output, dir, "--input", input, "--commit-ms", interval);
    String level = spec.guarantee().equals("eos") ? "read_committed" : "read_uncommitted";
    long[] latencies = new long[rate * (SECONDS + 1)];
    int count = 0;
    double cpu;
    Child child = new Child(command, dir.resolve("log"));
    try (var producer = new KafkaProducer<>(Map.<String, Object>of("bootstrap.servers", broker.bootstrap, "linger.ms", 0, "acks", "all"),
            new ByteArraySerializer(), new ByteArraySerializer());
        var consumer = new KafkaConsumer<>(Map.<String, Object>of("bootstrap.servers", broker.bootstrap, "isolation.level", level),
            new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(IntStream.range(0, Broker.PARTITIONS).mapToObj(p -> new TopicPartition(output, p)).toList());
      consumer.seekToBeginning(consumer.assignment());
      producer.send(new ProducerRecord<>(input, "k".getBytes(), new byte[100])).get();
      while (consumer.poll(Duration.ofMillis(100)).isEmpty())
        if (!child.isAlive() || child.seconds() > START_SECONDS) throw new IllegalStateException(spec.name() + " gives no output: " + Files.readString(child.log));
      long start = System.nanoTime(), from = start + WARM_SECONDS * 1_000_000_000L, to = from + SECONDS * 1_000_000_000L;
      Thread writer = new Thread(() -> write(producer, input, rate, start, to));
      writer.start();
      double before = Double.NaN;
      while (System.nanoTime() < to + LAST_MS * 1_000_000L) {
        for (var record : consumer.poll(Duration.ofMillis(100))) {
          long sent = Bank.long64(record.value(), 0), now = System.nanoTime();
          if (sent >= from && sent < to && count < latencies.length) latencies[count++] = now - sent;
        }
        if (Double.isNaN(before) && System.nanoTime() >= from) before = child.cpuSeconds();
      }
      writer.join();
      cpu = (child.cpuSeconds() - before) / (SECONDS + LAST_MS / 1000.0);
    } finally {
      child.close();
    }
    broker.drop(id, output);
    broker.drop(id, input);
    long[] sorted = Arrays.copyOf(latencies, count);
    Arrays.sort(sorted);
    // What the program says of its commits at its end, if it does.
    String commit = Files.readAllLines(child.log).stream().filter(line -> line.startsWith("@@ commit-p50-ms ")).map(line -> line.substring(17)).findFirst().orElse("null");
    return String.format(Locale.ROOT,
        "{\"name\": \"%s\", \"guarantee\": \"%s\", \"commit_interval_ms\": %s, \"sent\": %d, \"seen\": %d, \"p50_ms\": %.2f, \"p99_ms\": %.2f, \"max_ms\": %.2f, \"cores\": %.3f, \"commit_p50_ms\": %s}",
        spec.name(), spec.guarantee(), interval, (long) rate * SECONDS, count, at(sorted, .5), at(sorted, .99), at(sorted, 1), cpu, commit);
  }

  private static double at(long[] sorted, double quantile) {
    if (sorted.length == 0) return -1;   // the run counts for nothing anyway
    return sorted[(int) Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))] / 1e6;
  }

  private static void write(KafkaProducer<byte[], byte[]> producer, String input, int rate, long start, long to) {
    for (long i = 0; ; i++) {
      long due = start + i * 1_000_000_000L / rate, now;
      while ((now = System.nanoTime()) < due) LockSupport.parkNanos(Math.min(due - now, 500_000));
      if (now >= to) return;
      byte[] value = new byte[100];
      Bank.long64(value, 0, now);
      producer.send(new ProducerRecord<>(input, String.format("k%09d", i * 7919 % Inputs.KEYS).getBytes(), value));
    }
  }
}
