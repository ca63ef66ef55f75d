package peer;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Runs each line of a spec file `name|command|workload|guarantee|extra arguments` as a child and appends one JSON object a
 * run to the results. Arguments: --run (a directory with the files `bootstrap` and `pids`), --spec, --results, --tmp,
 * --records, --reps.
 */
public class Harness {
  record Spec(String name, List<String> command, String workload, String guarantee, List<String> extra) {
    static Spec parse(String line) {
      String[] f = line.split("\\|", -1);
      return new Spec(f[0], words(f[1]), f[2], f[3], words(f[4]));
    }

    private static List<String> words(String text) {
      return text.isBlank() ? List.of() : List.of(text.trim().split(" +"));
    }

    /** The program's command line; `more` comes before the spec's own arguments. */
    List<String> command(Broker broker, String id, String output, Path dir, String... more) {
      List<String> all = new ArrayList<>(command);
      all.addAll(List.of("--bootstrap", broker.bootstrap, "--workload", workload, "--guarantee", guarantee, "--app-id", id,
          "--output", output, "--state-dir", dir.resolve("state").toString()));
      all.addAll(List.of(more));
      all.addAll(extra);
      return all;
    }

    List<String> inputs() {
      return Inputs.topics(workload, App.parse(extra.toArray(new String[0])));
    }
  }

  /** What every harness works with: the broker, the spec file's programs, the file of results. */
  record Bench(Broker broker, List<Spec> specs, PrintStream results) implements AutoCloseable {
    static Bench open(Map<String, String> o) throws IOException {
      Path run = Path.of(o.get("run"));
      List<Long> pids = Files.readAllLines(run.resolve("pids")).stream().map(Long::valueOf).toList();
      List<Spec> specs = Files.readAllLines(Path.of(o.get("spec"))).stream().map(Spec::parse).toList();
      PrintStream results = new PrintStream(new FileOutputStream(o.get("results"), true));
      return new Bench(new Broker(Files.readString(run.resolve("bootstrap")).trim(), pids), specs, results);
    }

    void add(String json) {
      results.println(json);
      results.flush();
    }

    @Override
    public void close() {
      results.close();
      broker.close();
    }
  }

  public static void main(String[] args) throws Exception {
    Map<String, String> o = App.parse(args);
    try (Bench bench = Bench.open(o)) {
      List<Spec> specs = bench.specs;
      Set<String> topics = new LinkedHashSet<>();
      for (Spec spec : specs) topics.addAll(spec.inputs());
      for (String topic : topics) Inputs.generate(bench.broker, topic, Long.parseLong(o.get("records")));
      // Repetitions are outermost, so that the machine's noise spreads over all implementations.
      for (int rep = 1; rep <= Integer.parseInt(o.get("reps")); rep++)
        for (int i = 0; i < specs.size(); i++) {
          String id = "peer-" + rep + "-" + i;
          System.err.println(specs.get(i).name + " " + specs.get(i).workload + " " + specs.get(i).guarantee + ", run " + rep);
          bench.add(run(bench.broker, specs.get(i), id, Path.of(o.get("tmp"), id)));
        }
    }
  }

  private static String run(Broker broker, Spec spec, String id, Path dir) throws Exception {
    String output = "out-" + id;
    Files.createDirectories(dir);
    broker.create(output);
    List<String> command = spec.command(broker, id, output, dir);
    Trial trial = new Trial(broker, id, output, spec.inputs(), spec.guarantee.equals("eos"));
    String json;
    try (Child child = new Child(command, dir.resolve("log"))) {
      trial.watch(child);
      json = trial.json(spec, child);
    }
    if (!trial.isComplete()) {
      System.err.println(spec.name + " did not finish " + spec.workload + "; its last output:");
      List<String> lines = Files.readAllLines(dir.resolve("log"));
      lines.stream().skip(Math.max(0, lines.size() - 15)).forEach(line -> System.err.println("  " + line));
    }
    broker.drop(id, output);
    remove(dir);
    return json;
  }

  private static void remove(Path dir) throws IOException {
    try (var paths = Files.walk(dir)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(path);
    }
  }
}
