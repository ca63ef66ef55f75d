import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.*;

/** The topologies of COMPARE.md in Java; prints what describe() says of each. */
public final class Compare {
    static final Serde<String> TEXT = Serdes.String();
    static final Serde<Long> NUMBER = Serdes.Long();

    // word_count {
    static Topology wordCount() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("lines", Consumed.with(TEXT, TEXT))
            .flatMapValues(line -> Arrays.asList(line.toLowerCase().split("\\s+")))
            .groupBy((key, word) -> word, Grouped.with("per_word", TEXT, TEXT))
            .count(Materialized.<String, Long, KeyValueStore<Bytes, byte[]>>as("per_word")
                .withKeySerde(TEXT).withValueSerde(NUMBER))
            .toStream()
            .to("counts", Produced.with(TEXT, NUMBER));
        return builder.build();
    }
    // }

    // spending {
    static Topology spending() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("payments", Consumed.with(TEXT, NUMBER))
            .filter((account, cents) -> cents > 0)
            .groupByKey(Grouped.with(TEXT, NUMBER))
            .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMinutes(5), Duration.ofSeconds(10)))
            .aggregate(() -> 0L, (account, cents, total) -> total + cents,
                Materialized.<String, Long, WindowStore<Bytes, byte[]>>as("spent")
                    .withKeySerde(TEXT).withValueSerde(NUMBER))
            .toStream()
            .filter((window, total) -> total > 1_000_00)
            .to("alerts", Produced.with(
                WindowedSerdes.timeWindowedSerdeFrom(String.class, Duration.ofMinutes(5).toMillis()), NUMBER));
        return builder.build();
    }
    // }

    // enrich {
    static Topology enrich() {
        StreamsBuilder builder = new StreamsBuilder();
        KTable<String, String> customers = builder.table("customers", Consumed.with(TEXT, TEXT),
            Materialized.<String, String, KeyValueStore<Bytes, byte[]>>as("customers"));
        builder.stream("orders", Consumed.with(TEXT, TEXT))
            .leftJoin(customers, (order, customer) -> customer == null ? "?" : customer + ": " + order)
            .split()
            .branch((key, text) -> text.equals("?"),
                Branched.withConsumer(unknown -> unknown.to("unknown", Produced.with(TEXT, TEXT))))
            .defaultBranch(
                Branched.withConsumer(known -> known.to("known", Produced.with(TEXT, TEXT))));
        return builder.build();
    }
    // }

    // matched {
    static Topology matched() {
        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, String> orders = builder.stream("orders", Consumed.with(TEXT, TEXT));
        KStream<String, Long> payments = builder.stream("payments", Consumed.with(TEXT, NUMBER));
        orders
            .selectKey((key, order) -> order.split(" ")[0])
            .join(payments, (order, cents) -> order + " paid " + cents,
                JoinWindows.ofTimeDifferenceAndGrace(Duration.ofMinutes(10), Duration.ofMinutes(1)),
                StreamJoined.with(TEXT, TEXT, NUMBER).withName("paid_join").withStoreName("paid_join"))
            .to("paid", Produced.with(TEXT, TEXT));
        return builder.build();
    }
    // }

    // latest {
    static final class Changes implements Processor<String, Long, String, Long> {
        private ProcessorContext<String, Long> context;
        private KeyValueStore<String, Long> seen;

        @Override
        public void init(ProcessorContext<String, Long> context) {
            this.context = context;
            this.seen = context.getStateStore("seen");
        }

        @Override
        public void process(Record<String, Long> reading) {
            Long last = seen.get(reading.key());
            seen.put(reading.key(), reading.value());
            context.forward(reading.withValue(last == null ? 0L : reading.value() - last));
        }
    }

    static Topology latest() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.addStateStore(Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore("seen"), TEXT, NUMBER));
        builder.stream("readings", Consumed.with(TEXT, NUMBER))
            .process(Changes::new, "seen")
            .filter((sensor, change) -> change != 0)
            .to("changes", Produced.with(TEXT, NUMBER));
        return builder.build();
    }
    // }

    public static void main(String[] args) {
        Map<String, Topology> all = new java.util.LinkedHashMap<>();
        all.put("word_count", wordCount());
        all.put("spending", spending());
        all.put("enrich", enrich());
        all.put("matched", matched());
        all.put("latest", latest());
        all.forEach((name, topology) -> System.out.print("# " + name + "\n" + topology.describe()));
    }
}
