package peer;

import java.util.Arrays;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Allows withdrawals of up to 500.00 a day per account. Value: transaction i64, amount i64 in cents.
 * State: day i64, total i64. Output: transaction, amount, and a byte 1 (allowed) or 0 (denied).
 */
class Bank implements Processor<String, byte[], String, byte[]> {
  static final String STORE = "acct";
  static final long LIMIT = 50_000, DAY_MS = 86_400_000L;
  private ProcessorContext<String, byte[]> context;
  private KeyValueStore<String, byte[]> totals;

  public void init(ProcessorContext<String, byte[]> context) {
    this.context = context;
    totals = context.getStateStore(STORE);
  }

  public void process(Record<String, byte[]> record) {
    byte[] value = record.value(), state = totals.get(record.key());
    long amount = long64(value, 8), day = Math.floorDiv(record.timestamp(), DAY_MS);
    long total = state != null && long64(state, 0) == day ? long64(state, 8) : 0;
    boolean allowed = total + amount <= LIMIT;
    if (allowed) {
      byte[] next = new byte[16];
      long64(next, 0, day);
      long64(next, 8, total + amount);
      totals.put(record.key(), next);
    }
    byte[] decision = Arrays.copyOf(value, 17);
    decision[16] = (byte) (allowed ? 1 : 0);
    context.forward(record.withValue(decision));
  }

  /** Big-endian. */
  static long long64(byte[] bytes, int at) {
    long x = 0;
    for (int i = 0; i < 8; i++) x = x << 8 | (bytes[at + i] & 255);
    return x;
  }

  static void long64(byte[] bytes, int at, long x) {
    for (int i = 7; i >= 0; i--) {
      bytes[at + i] = (byte) x;
      x >>= 8;
    }
  }
}
