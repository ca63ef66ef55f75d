package peer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One run, watched only through the broker and /proc. Done: the group's committed offsets equal the end of every input
 * partition. First output: the output topic has a record (exactly-once: a committed one).
 */
class Trial {
  static final double LIMIT_SECONDS = 120;
  /** The rate is taken from this part of the output on: start, join and first compilation lie before it. */
  static final double STEADY_FROM = 0.25;

  private record Sample(double seconds, long output) {}

  private final Broker broker;
  private final String id, output;
  private final List<String> inputs;
  private final boolean exactlyOnce;
  private final long records;
  private final double brokerCpuBefore;
  private final List<Sample> samples = new ArrayList<>();
  private long written;
  private double first = Double.NaN, done = Double.NaN, brokerCpu;

  Trial(Broker broker, String id, String output, List<String> inputs, boolean exactlyOnce) throws Exception {
    this.broker = broker;
    this.id = id;
    this.output = output;
    this.inputs = inputs;
    this.exactlyOnce = exactlyOnce;
    long sum = 0;
    for (String topic : inputs) sum += broker.end(topic, false);
    records = sum;
    brokerCpuBefore = broker.cpuSeconds();
  }

  boolean isComplete() {
    return !Double.isNaN(done);
  }

  void watch(Child child) throws Exception {
    while (!isComplete() && child.isAlive() && child.seconds() < LIMIT_SECONDS) {
      // Looking costs the broker CPU time: often until the first output, seldom afterwards.
      Thread.sleep(Double.isNaN(first) ? 10 : 40);
      long end = broker.end(output, exactlyOnce);
      samples.add(new Sample(child.seconds(), end));
      if (Double.isNaN(first) && end > 0) first = child.seconds();
      if (broker.committed(id, inputs) >= records) done = child.seconds();
    }
    brokerCpu = broker.cpuSeconds() - brokerCpuBefore;
    written = broker.end(output, exactlyOnce);
  }

  String json(Harness.Spec spec, Child child) {
    Map<String, Object> r = new LinkedHashMap<>();
    r.put("name", spec.name());
    r.put("workload", spec.workload());
    r.put("guarantee", spec.guarantee());
    r.put("ok", isComplete());
    r.put("records", records);
    r.put("first_s", first);
    r.put("total_s", done);
    r.put("cpu_per_m", child.cpuSeconds() / records * 1e6);
    r.put("broker_cpu_per_m", brokerCpu / records * 1e6);
    r.put("records_per_s", rate());
    r.put("rss_mib", child.peakRssMib());
    r.put("output_records", written);
    return r.entrySet().stream().map(e -> "\"" + e.getKey() + "\": " + json(e.getValue())).collect(Collectors.joining(", ", "{", "}"));
  }

  /**
   * Input records a second from STEADY_FROM on, read from the growth of the output: commits, which come every second,
   * are too coarse for a program that is done after one.
   */
  private double rate() {
    if (!isComplete()) return Double.NaN;
    long all = samples.get(samples.size() - 1).output;
    Sample from = null, to = null;
    for (Sample s : samples) {
      if (from == null && s.output >= all * STEADY_FROM) from = s;
      if (to == null && s.output >= all) to = s;
    }
    if (all == 0 || to == from) return Double.NaN;
    return (double) records * (to.output - from.output) / all / (to.seconds - from.seconds);
  }

  private static String json(Object value) {
    if (value instanceof Double d) return Double.isNaN(d) ? "null" : String.format(Locale.ROOT, "%.4f", d);
    return value instanceof String ? "\"" + value + "\"" : value.toString();
  }
}
