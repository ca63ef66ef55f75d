package peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The program under test, seen from outside: /proc, its life, its output in a file. */
class Child implements AutoCloseable {
  static final double TICKS_PER_SECOND = 100;   // USER_HZ, fixed on Linux
  static final int STOP_SECONDS = 15;
  final Path log;
  private final Process process;
  private final long started = System.nanoTime();

  Child(List<String> command, Path log) throws IOException {
    this.log = log;
    process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Since the start. */
  double seconds() {
    return (System.nanoTime() - started) / 1e9;
  }

  double cpuSeconds() {
    return cpuSeconds(process.pid());
  }

  /** User and system time of all threads. */
  static double cpuSeconds(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
    } catch (IOException e) {
      return Double.NaN;
    }
  }

  double peakRssMib() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")))
        if (line.startsWith("VmHWM")) return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024.0;
    } catch (IOException e) {
      // it has ended
    }
    return Double.NaN;
  }

  /** SIGTERM, as in production; SIGKILL when that does not help. */
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      process.waitFor();
    }
  }
}
